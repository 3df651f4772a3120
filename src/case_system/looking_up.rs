//! Which numbers have the names that the mapping knows? Read at the start, and once a day again.
//!
//! A number that changes while we run is told and nothing is read with the old one: somebody has to look whether the
//! case system was set up anew.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::http::HttpCaseSystem;
use super::paging;
use super::reading::next_in_header;
use super::{CaseFault, FeedPosition};
use crate::mapping::{Asked, Lookup, Page};

/// How long numbers are taken to hold.
const HOLDS: SignedDuration = SignedDuration::from_hours(24);

/// The values that were looked up, and when.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    values: Arc<BTreeMap<String, String>>,
    at: Arc<Mutex<Timestamp>>,
}

impl HttpCaseSystem {
    /// Reads every list that the mapping looks numbers up in.
    ///
    /// # Errors
    /// A name that is not there, in words that say what is; or a list that cannot be read.
    pub async fn look_up(&self) -> Result<BTreeMap<String, String>, CaseFault> {
        let mut values = BTreeMap::new();
        for (name, lookup) in self.mapping.lookups() {
            let list = self.list(lookup).await?;
            let found = lookup.values(&list).map_err(|why| {
                let place = &lookup.request.path;
                self.unproven(place, format!("the lookup `{name}`: {why}"))
            })?;
            values.extend(found);
        }
        Ok(values)
    }

    /// The same case system, whose mapping was compiled with these values.
    #[must_use]
    pub fn named(mut self, values: BTreeMap<String, String>, now: Timestamp) -> Self {
        self.looked = Some(Looked {
            values: Arc::new(values),
            at: Arc::new(Mutex::new(now)),
        });
        self
    }

    /// Once a day: whether the names still have the numbers that everything was compiled with.
    pub(super) async fn is_still_named(&self, now: Timestamp) -> Result<(), CaseFault> {
        let Some(looked) = &self.looked else {
            return Ok(());
        };
        let at = *looked.at.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(at) < HOLDS {
            return Ok(());
        }
        let fresh = self.look_up().await?;
        let changed = fresh
            .iter()
            .find(|(name, number)| looked.values.get(*name) != Some(*number));
        if let Some((name, number)) = changed {
            let before = looked.values.get(name).map_or("none", String::as_str);
            let why = format!(
                "`{name}` is now the number {number} and was {before}; start again once that is right"
            );
            return Err(CaseFault::Unproven(why));
        }
        *looked.at.lock().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(())
    }

    async fn list(&self, lookup: &Lookup) -> Result<Vec<(String, String)>, CaseFault> {
        let request = &lookup.request;
        let mut position = FeedPosition::default();
        let mut all = Vec::new();
        loop {
            let asked = Asked {
                token: position.token.as_deref(),
                offset: position.offset,
                pages: position.pages,
                ..Asked::default()
            };
            let put = self.asked(request, &asked)?;
            let answer = self.ask_list(&put, self.budget(request)).await?;
            if answer.is_empty {
                return Ok(all);
            }
            let charset = answer.charset.as_deref();
            let read = self.mapping.lookup_page(lookup, &answer.bytes, charset);
            let (pairs, mut page): (_, Page) =
                read.map_err(|fault| self.unproven(&put.path, fault.words))?;
            all.extend(pairs);
            next_in_header(request, &answer, &mut page);
            let next = paging::turn(request, &position, &page);
            match next.map_err(|why| self.unproven(&put.path, why))? {
                Some(next) => position = self.linked(request, &put.path, next)?,
                None => return Ok(all),
            }
        }
    }
}

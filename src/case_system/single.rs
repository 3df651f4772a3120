//! How is one step read by itself, and what becomes of a list that only names steps?
//!
//! A step that is kept in several places is read in pieces: first the step, then what belongs to it.

use std::time::Duration;

use jiff::Timestamp;

use super::http::{Answer, HttpCaseSystem, not_mapped};
use super::{CaseFault, Means};
use crate::mapping::{Asked, Page, Quarantined, Request};
use crate::practice::ids::Digest;
use crate::practice::news::{Mention, Says};
use crate::practice::sighting::Road;

/// What reading one step by itself came to.
pub(super) enum Alone {
    /// It was read; one item of the case system may be several steps, or none of ours. The path is for messages.
    Read(Box<Page>, String),
    /// It is withheld from us.
    Hidden,
    /// It has been deleted.
    Gone,
    /// It is not found, which proves nothing yet.
    Missing,
}

impl HttpCaseSystem {
    /// Reads one step by its id, in so many pieces as the mapping says, all within `budget`.
    pub(super) async fn alone(
        &self,
        step: &str,
        budget: Duration,
        (now, road): (Timestamp, Road),
    ) -> Result<Alone, CaseFault> {
        let request = self.mapping.single().ok_or_else(|| not_mapped("step"))?;
        let calls = u32::try_from(request.also().len() + 1).unwrap_or(u32::MAX);
        let budget = budget / calls;
        let asked = Asked {
            step: Some(step),
            ..Asked::default()
        };
        let put = self.asked(request, &asked)?;
        let answer = match self.ask(&put, budget).await {
            Ok(answer) => answer,
            Err(CaseFault::Means(Means::Hidden, _)) => return Ok(Alone::Hidden),
            Err(CaseFault::Means(Means::Gone, _)) => return Ok(Alone::Gone),
            Err(CaseFault::Means(Means::Missing, _)) => return Ok(Alone::Missing),
            Err(fault) => return Err(fault),
        };
        let whole = if request.also().is_empty() {
            answer
        } else {
            self.joined(request, step, answer, (&put.path, budget))
                .await?
        };
        let reading = self.reading(now, road, whole.charset);
        let page = self
            .mapping
            .page(request.read_as(), &whole.bytes, &reading)
            .map_err(|fault| self.unproven(&put.path, fault.words))?;
        self.is_of_here(page.ahead.environment.as_deref(), &put.path)?;
        Ok(Alone::Read(Box::new(page), put.path))
    }

    /// Reads the other pieces of a step and joins them to the first.
    async fn joined(
        &self,
        request: &Request,
        step: &str,
        answer: Answer,
        (path, budget): (&str, Duration),
    ) -> Result<Answer, CaseFault> {
        let charset = answer.charset.as_deref();
        let first = self.mapping.first(request, &answer.bytes, charset);
        let first = first.map_err(|fault| self.unproven(path, fault.words))?;
        self.is_of_here(first.environment.as_deref(), path)?;
        let mut pieces = Vec::new();
        for (piece, given) in request.also().iter().zip(&first.given) {
            // Without what its address needs there is nothing to ask for: no form has been begun.
            let Some(given) = given else { continue };
            let asked = Asked {
                step: Some(step),
                given,
                ..Asked::default()
            };
            let put = self.asked(&piece.request, &asked)?;
            let budget = piece
                .request
                .ask
                .timeout
                .map_or(budget, |own| own.min(budget));
            match self.ask_list(&put, budget).await {
                Ok(answer) if answer.is_empty => {}
                Ok(answer) => pieces.push((piece.name.as_str(), answer)),
                Err(CaseFault::Means(Means::Missing | Means::Gone, _)) => {}
                Err(CaseFault::Means(_, why)) => return Err(self.unproven(&put.path, why)),
                Err(fault) => return Err(fault),
            }
        }
        let answers = pieces.iter();
        let answers = answers
            .map(|(name, answer)| (*name, answer.bytes.as_slice(), answer.charset.as_deref()));
        let bytes = self.mapping.join(request, &first, answers);
        let bytes = bytes.map_err(|fault| self.unproven(path, fault.words))?;
        Ok(Answer {
            bytes,
            charset: Some("utf-8".to_owned()),
            ..answer
        })
    }

    /// Reads each step that a page only names, and puts what it shows on the page. One that cannot be understood is set
    /// aside alone; if the case system cannot be read, neither can the page.
    pub(super) async fn follow_ids(
        &self,
        page: &mut Page,
        now: Timestamp,
        road: Road,
    ) -> Result<(), CaseFault> {
        for id in std::mem::take(&mut page.named) {
            let budget = self.settings.total_timeout;
            let says = match self.alone(&id, budget, (now, road)).await {
                Ok(Alone::Read(one, _)) => {
                    page.records.extend(one.records);
                    page.mentions.extend(one.mentions);
                    page.quarantined.extend(one.quarantined);
                    continue;
                }
                Ok(Alone::Missing) => continue,
                Ok(Alone::Hidden) => Says::Hidden,
                Ok(Alone::Gone) => Says::Deleted,
                Err(CaseFault::Unproven(reason) | CaseFault::Means(_, reason)) => {
                    page.quarantined.push(Quarantined {
                        fingerprint: Digest::of(format!("{id}: {reason}").as_bytes()).0,
                        step: Some(id),
                        path: ".".to_owned(),
                        reason,
                    });
                    continue;
                }
                Err(fault) => return Err(fault),
            };
            let steps = self.mapping.parts_of(&id).into_iter();
            page.mentions.extend(steps.map(|step| Mention {
                step,
                says,
                at: None,
            }));
        }
        Ok(())
    }
}

//! How is one page of a list read, and where does it go on?
//!
//! An answer of another environment is refused whole (P17), rows of a group that a page cuts are left to the next one
//! (P32), and a link leads only to the same host.

use std::time::Duration;

use jiff::Timestamp;

use super::http::{Answer, HttpCaseSystem};
use super::paging;
use super::{CaseFault, FeedPage, FeedPosition, GoingOn};
use crate::clock::Clock;
use crate::mapping::{Asked, Next, Page, Paging, Put, Reading, Request};
use crate::practice::sighting::Road;

impl HttpCaseSystem {
    pub(super) fn reading(&self, now: Timestamp, road: Road, charset: Option<String>) -> Reading {
        Reading {
            source: self.settings.source.clone(),
            now,
            road,
            charset,
            keying: self.keying.clone(),
        }
    }

    /// How long a request of this kind may take.
    pub(super) fn budget(&self, request: &Request) -> Duration {
        request.ask.timeout.unwrap_or(self.settings.total_timeout)
    }

    /// One page of a list, proven, and where it goes on.
    pub(super) async fn read(
        &self,
        request: &Request,
        position: &FeedPosition,
        now: Timestamp,
        road: Road,
    ) -> Result<FeedPage, CaseFault> {
        self.is_still_named(now).await?;
        let put = self.asked(request, &asked_from(position, now))?;
        let answer = self.ask_list(&put, self.budget(request)).await?;
        let reading = self.reading(now, road, answer.charset.clone());
        let mut page = if answer.is_empty {
            Page::default()
        } else {
            self.mapping
                .page(request, &answer.bytes, &reading)
                .map_err(|fault| self.unproven(&put.path, fault.words))?
        };
        self.is_of_here(page.ahead.environment.as_deref(), &put.path)?;
        next_in_header(request, &answer, &mut page);
        self.follow_ids(&mut page, now, road).await?;
        let next =
            paging::turn(request, position, &page).map_err(|why| self.unproven(&put.path, why))?;
        let mut next = next
            .map(|next| self.linked(request, &put.path, next))
            .transpose()?;
        if let Some(next) = &mut next {
            // Rows of a group that goes on over the next page are read again with it.
            let held = page
                .hold_back()
                .map_err(|fault| self.unproven(&put.path, fault.words))?;
            next.offset -= held;
            if held > 0 && request.paging == Paging::LastId {
                next.token.clone_from(&page.last_id);
                if next.token == position.token {
                    let why = "one group of rows fills the whole page; raise `page_size`";
                    return Err(self.unproven(&put.path, why));
                }
            }
        }
        Ok(FeedPage {
            sightings: page.records,
            mentions: page.mentions,
            quarantined: page.quarantined,
            next,
            server_time: page.server_time.or_else(|| self.date_of(&answer)),
            count: page.count,
            going_on: GoingOn {
                cursor: request.ask.cursor,
                high_water: page.ahead.high_water,
                overlap: request.ask.overlap,
                moves: matches!(request.paging, Paging::Offset | Paging::Page),
                total: page.total,
            },
        })
    }

    /// The case system's clock as HTTP has it, where ours is the real one as well.
    pub(super) fn date_of(&self, answer: &Answer) -> Option<Timestamp> {
        if !matches!(self.reach.clock, Some(Clock::System)) {
            return None;
        }
        let date = answer.headers.get("date")?;
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(date)
            .ok()
    }

    /// Refuses an answer of another environment than ours (P17).
    pub(super) fn is_of_here(&self, said: Option<&str>, path: &str) -> Result<(), CaseFault> {
        match self.mapping.elsewhere(said) {
            Some(why) => Err(self.unproven(path, why)),
            None => Ok(()),
        }
    }

    /// The position with its link made whole; refused if it leads to another host.
    pub(super) fn linked(
        &self,
        request: &Request,
        path: &str,
        next: FeedPosition,
    ) -> Result<FeedPosition, CaseFault> {
        if request.paging != Paging::Link {
            return Ok(next);
        }
        let link = next.token.as_deref().unwrap_or_default();
        let whole = self.url(path)?.join(link);
        let whole = whole.map_err(|_| self.unproven(path, "its next link is no address"))?;
        // Asking for its address refuses another host.
        let token = self.url(whole.as_str())?.to_string();
        Ok(FeedPosition {
            token: Some(token),
            ..next
        })
    }

    pub(super) fn asked(&self, request: &Request, asked: &Asked<'_>) -> Result<Put, CaseFault> {
        self.mapping
            .read_request(request, asked)
            .map_err(|fault| self.unproven("", format!("its request cannot be made: {fault}")))
    }
}

/// A token or link that stands in a header takes the place of one in the body.
pub(super) fn next_in_header(request: &Request, answer: &Answer, page: &mut Page) {
    let Some(name) = &request.ask.next_header else {
        return;
    };
    let value = answer
        .headers
        .get(&name.to_lowercase())
        .map(|value| value.trim());
    let next = match request.paging {
        Paging::Link => value.and_then(link_next),
        _ => value.filter(|value| !value.is_empty()).map(str::to_owned),
    };
    page.next = next.map_or(Next::End, Next::Token);
}

/// The target of `rel="next"` in a `Link` header (RFC 8288), or the header's value if it is a bare address.
fn link_next(value: &str) -> Option<String> {
    if !value.contains('<') {
        return Some(value.to_owned()).filter(|value| !value.is_empty());
    }
    value.split('<').skip(1).find_map(|part| {
        let (target, parameters) = part.split_once('>')?;
        let parameters = parameters.to_lowercase().replace(' ', "");
        let is_next = parameters.contains("rel=\"next\"") || parameters.contains("rel=next");
        is_next.then(|| target.trim().to_owned())
    })
}

/// Where a list is read on from.
pub(super) fn asked_from(position: &FeedPosition, now: Timestamp) -> Asked<'_> {
    Asked {
        // Never from a future that only our own clock knows of (P12).
        since: position.since.map(|since| since.min(now)),
        token: position.token.as_deref(),
        offset: position.offset,
        pages: position.pages,
        high_water: position.high_water.as_deref(),
        step: None,
        given: &[],
    }
}

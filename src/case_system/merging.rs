//! Whose records became one? A page of the case system's list, asked for and believed as any other (M20).

use jiff::Timestamp;

use super::http::HttpCaseSystem;
use super::paging;
use super::reading::{asked_from, next_in_header};
use super::{CaseFault, FeedPosition, GoingOn, MergePage};
use crate::mapping::{Merges, Page, Paging};
use crate::practice::sighting::Road;

impl HttpCaseSystem {
    pub(super) async fn read_merges(
        &self,
        list: &Merges,
        position: &FeedPosition,
        now: Timestamp,
    ) -> Result<MergePage, CaseFault> {
        self.is_still_named(now).await?;
        let request = &list.request;
        let put = self.asked(request, &asked_from(position, now))?;
        let answer = self.ask_list(&put, self.budget(request)).await?;
        let reading = self.reading(now, Road::Feed, answer.charset.clone());
        let read = if answer.is_empty {
            Ok((Vec::new(), Page::default()))
        } else {
            self.mapping.merges_page(list, &answer.bytes, &reading)
        };
        let (merges, mut page) = read.map_err(|fault| self.unproven(&put.path, fault.words))?;
        self.is_of_here(page.ahead.environment.as_deref(), &put.path)?;
        next_in_header(request, &answer, &mut page);
        let next =
            paging::turn(request, position, &page).map_err(|why| self.unproven(&put.path, why))?;
        let next = next.map(|next| self.linked(request, &put.path, next));
        Ok(MergePage {
            merges,
            quarantined: page.quarantined,
            next: next.transpose()?,
            server_time: page.server_time.or_else(|| self.date_of(&answer)),
            going_on: GoingOn {
                cursor: request.ask.cursor,
                high_water: page.ahead.high_water,
                overlap: request.ask.overlap,
                moves: matches!(request.paging, Paging::Offset | Paging::Page),
                total: page.total,
            },
        })
    }
}

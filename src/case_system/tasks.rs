//! Which tasks stand open for us? Every page of the list, or none of it.

use super::http::HttpCaseSystem;
use super::paging;
use super::{CaseFault, FeedPosition, OpenTask};
use crate::mapping::Asked;

/// Pages of one list; more is a list that has no end.
const PAGES: u32 = 100;

impl HttpCaseSystem {
    pub(super) async fn open_tasks(&self) -> Result<Vec<OpenTask>, CaseFault> {
        let Some(tasks) = self.mapping.tasks() else {
            let why = "the mapping has no table `[tasks]`; add it".to_owned();
            return Err(CaseFault::Unproven(why));
        };
        let mut found: Vec<OpenTask> = Vec::new();
        let mut position = FeedPosition::default();
        for _ in 0..PAGES {
            let asked = Asked {
                token: position.token.as_deref(),
                offset: position.offset,
                pages: position.pages,
                ..Asked::default()
            };
            let put = self.asked(&tasks.request, &asked)?;
            let answer = self.ask_list(&put, self.budget(&tasks.request)).await?;
            if answer.is_empty {
                return Ok(found);
            }
            let read = self
                .mapping
                .task_page(tasks, &answer.bytes, answer.charset.as_deref())
                .map_err(|fault| self.unproven(&put.path, fault.words))?;
            if read.unreadable > 0 {
                tracing::warn!(
                    tasks = read.unreadable,
                    "tasks without an id or a step were passed over; look at `[tasks]`"
                );
            }
            // A row that moves between two pages may be met twice.
            let known: Vec<OpenTask> = found.clone();
            found.extend(read.tasks.into_iter().filter(|task| !known.contains(task)));
            let next = paging::turn(&tasks.request, &position, &read.page);
            match next.map_err(|why| self.unproven(&put.path, why))? {
                Some(next) => position = self.linked(&tasks.request, &put.path, next)?,
                None => return Ok(found),
            }
        }
        Err(self.unproven("", "its list of tasks has no end"))
    }
}

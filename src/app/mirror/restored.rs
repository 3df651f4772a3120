//! The case system was restored from a backup: what has to be looked at again (P19)?
//!
//! The feed is read from its beginning, and shows again whatever there is, in the versions of that time. What it does
//! not show was made after the backup, or so it seems: each such step, closed ones too, is looked for by the sweeps and
//! vanishes as any other does. Only the limit on how many are believed at once does not hold, since it is known why.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::bookmark::{Bookmark, WentBack};
use crate::app::{App, AppFault};
use crate::case_system::FeedPage;
use crate::practice::episode::Presence;
use crate::practice::ids::StepId;
use crate::practice::react::JournalLine;

/// So many steps are read by themselves in one sweep; the others have their turn as these are settled.
const AT_ONCE: usize = 200;

/// Steps that were there before the case system went back, and that it has not shown since.
#[derive(Default, Serialize, Deserialize)]
struct Unmet {
    steps: BTreeSet<StepId>,
    /// How many there were before.
    of: usize,
    /// Whether everything was read again since, so that they are really missing.
    read: bool,
}

/// What is kept together with a page: where reading goes on, and what the journal says of the reading.
#[derive(Default)]
pub(super) struct Behind {
    pub(super) cursor: Option<(String, serde_json::Value)>,
    pub(super) said: Vec<JournalLine>,
    /// Whether the feed comes to its end here.
    pub(super) is_end: bool,
    /// Whether it is proven that the steps went back, so that lower versions of them are news.
    pub(super) believed: bool,
}

pub(super) fn behind(name: &str, next: &Bookmark, back: Option<&WentBack>) -> Behind {
    let value = serde_json::to_value(next).ok();
    Behind {
        cursor: value.map(|value| (name.to_owned(), value)),
        said: back.map(line).into_iter().collect(),
        ..Behind::default()
    }
}

/// When the case system was last found to have gone back in time, as after a restore, and why; none if never.
pub async fn went_back<C>(app: &App<C>) -> Result<Option<serde_json::Value>, AppFault> {
    Ok(app
        .ledger
        .cursor(&format!("went_back/{}", app.source))
        .await?)
}

/// When the case system was last found to have gone back, UTC; none if never.
pub(super) async fn at<C>(app: &App<C>) -> Result<Option<Timestamp>, AppFault> {
    let stored = app.ledger.cursor(&format!("feed/{}", app.source)).await?;
    let bookmark = stored.and_then(|stored| serde_json::from_value::<Bookmark>(stored).ok());
    Ok(bookmark.and_then(|bookmark| bookmark.restored))
}

/// A place in the feed that the case system knows no more.
pub(super) fn of_stale(bookmark: &Bookmark, why: String) -> WentBack {
    let from = &bookmark.position;
    let named = from.high_water.clone().or_else(|| from.token.clone());
    let since = || from.since.map(|since| since.to_string());
    WentBack {
        why,
        from: named.or_else(since).unwrap_or_default(),
        to: "its beginning".to_owned(),
    }
}

/// What the journal says of it.
fn line(back: &WentBack) -> JournalLine {
    JournalLine::new("went_back", json!(back))
}

/// Everything is about to be read again: remembers what there was, and says on the board why.
pub(super) async fn begins<C>(
    app: &App<C>,
    back: &WentBack,
    now: Timestamp,
) -> Result<(), AppFault> {
    let rows = app.ledger.mirror().await?.into_iter();
    let there = rows.filter(|row| row.source == app.source && row.presence == Presence::Present);
    let steps: BTreeSet<StepId> = there.map(|row| row.step).collect();
    let unmet = Unmet {
        of: steps.len(),
        steps,
        read: false,
    };
    keep(app, &unmet, now).await?;
    let value = json!({ "at": now, "why": back.why });
    let place = format!("went_back/{}", app.source);
    Ok(app.ledger.set_cursor(&place, &value, now).await?)
}

/// A page of what is read again shows these; `is_last` ends it.
pub(super) async fn shown<C>(
    app: &App<C>,
    page: &FeedPage,
    is_last: bool,
    now: Timestamp,
) -> Result<(), AppFault> {
    let mut unmet = stored(app).await?;
    for seen in &page.sightings {
        unmet.steps.remove(&seen.step);
    }
    for bad in page.quarantined.iter().filter_map(|bad| bad.step.as_ref()) {
        unmet.steps.remove(&StepId(bad.clone()));
    }
    unmet.read = is_last;
    if is_last && unmet.steps.len() * 2 > unmet.of {
        // That is no restore of the system we knew. What is open is looked for as ever, and many are not believed.
        unmet.steps.clear();
    }
    keep(app, &unmet, now).await
}

/// The steps that have to be looked for now.
pub(super) async fn unmet<C>(app: &App<C>) -> Result<BTreeSet<StepId>, AppFault> {
    let unmet = stored(app).await?;
    let due = unmet.steps.into_iter().take(AT_ONCE);
    Ok(due.filter(|_| unmet.read).collect())
}

/// These were found, one way or the other.
pub(super) async fn found<C>(
    app: &App<C>,
    found: &BTreeSet<StepId>,
    now: Timestamp,
) -> Result<(), AppFault> {
    let mut unmet = stored(app).await?;
    let before = unmet.steps.len();
    unmet.steps.retain(|step| !found.contains(step));
    if unmet.steps.len() == before {
        return Ok(());
    }
    keep(app, &unmet, now).await
}

fn place<C>(app: &App<C>) -> String {
    format!("unmet/{}", app.source)
}

async fn stored<C>(app: &App<C>) -> Result<Unmet, AppFault> {
    let stored = app.ledger.cursor(&place(app)).await?;
    let unmet = stored.and_then(|stored| serde_json::from_value(stored).ok());
    Ok(unmet.unwrap_or_default())
}

async fn keep<C>(app: &App<C>, unmet: &Unmet, now: Timestamp) -> Result<(), AppFault> {
    let value = serde_json::to_value(unmet).unwrap_or_default();
    Ok(app.ledger.set_cursor(&place(app), &value, now).await?)
}

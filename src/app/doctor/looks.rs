//! What does each answer say of the case system? One look each, on what has been read already.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{Health, Told};
use crate::case_system::FeedPage;
use crate::practice::episode::StepStatus;
use crate::practice::fact::Fact;
use crate::practice::ids::StepId;
use crate::practice::known::Known;
use crate::practice::sighting::Sighting;

/// The clocks may differ by this much before it is worth a word; signatures fail at [`SIGNATURE_SECONDS`].
const SKEW_SECONDS: i64 = 60;
/// How far a signature's stamp may be from our clock (`web::proof`).
const SIGNATURE_SECONDS: i64 = 300;

/// How far the case system's clock is from ours, which showed these two times before and after its answer.
pub(super) fn clock(server: Option<Timestamp>, (before, after): (Timestamp, Timestamp)) -> Told {
    let Some(server) = server else {
        return Told {
            about: "clocks",
            health: Health::CannotTell,
            said: "the case system does not say its own time".to_owned(),
            help: Some("map `server_time` of `[feed]`, if its answers carry one".to_owned()),
        };
    };
    let skew = server.duration_since(server.clamp(before, after)).as_secs();
    let health = match skew.abs() {
        off if off > SIGNATURE_SECONDS => Health::Ill,
        off if off > SKEW_SECONDS => Health::Doubtful,
        _ => Health::Well,
    };
    let (side, off) = (if skew < 0 { "behind" } else { "ahead of" }, skew.abs());
    Told {
        about: "clocks",
        health,
        said: format!("the case system's clock is {off} seconds {side} ours"),
        help: (health != Health::Well).then(|| {
            "set both clocks by the same time service; beyond 300 seconds signed calls are refused"
                .to_owned()
        }),
    }
}

/// An answer that is good and empty may be a filter that lets nothing through.
pub(super) fn ours(about: &'static str, page: &FeedPage) -> Told {
    let read = page.sightings.len();
    let (health, said, help) = if page.count == 0 {
        (
            Health::Doubtful,
            "from its very beginning it shows nothing at all".to_owned(),
            Some(
                "a filter in the path may let nothing through, or the account may see no Learning Episode",
            ),
        )
    } else if read == 0 && page.quarantined.is_empty() {
        (
            Health::Doubtful,
            format!("of {} records none is a Learning Episode step", page.count),
            Some(
                "compare `[only_when]` and `[stages]` with a recorded body: `greentick mapping try`",
            ),
        )
    } else {
        let said = format!(
            "{read} of {} records are ours and could be read",
            page.count
        );
        (Health::Well, said, None)
    };
    Told {
        about,
        health,
        said,
        help: help.map(str::to_owned),
    }
}

/// The records that could not be read, by reason.
pub(super) fn set_aside(page: &FeedPage) -> Vec<Told> {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for bad in &page.quarantined {
        *reasons
            .entry(format!("{} (at `{}`)", bad.reason, bad.path))
            .or_default() += 1;
    }
    let told = reasons.into_iter().map(|(reason, count)| Told {
        about: "records set aside",
        health: Health::Doubtful,
        said: format!("{count} × {reason}"),
        help: Some(
            "add the word to its vocabulary, or mend the path; nothing of them is lost".to_owned(),
        ),
    });
    told.collect()
}

/// A `since` that the case system ignores reads everything at every beat.
pub(super) fn narrowed(first: &FeedPage, latest: &FeedPage, since: Timestamp) -> Told {
    let about = "changes since now";
    let hour = SignedDuration::from_hours(1);
    let old = |one: &&Sighting| {
        one.modified_at
            .is_some_and(|at| since.duration_since(at) > hour)
    };
    let stale = latest.sightings.iter().filter(old).count();
    let ids = |page: &FeedPage| -> BTreeSet<StepId> {
        page.sightings.iter().map(|one| one.step.clone()).collect()
    };
    let undated = latest.sightings.iter().all(|one| one.modified_at.is_none());
    let same = undated && !first.sightings.is_empty() && ids(first) == ids(latest);
    if stale > 0 || same {
        let how_many = if same { latest.sightings.len() } else { stale };
        return Told {
            about,
            health: Health::Doubtful,
            said: format!("{how_many} records come that changed long before what was asked for: `since` seems to be ignored"),
            help: Some("look at the name and form of the parameter (`since_format`, `since_zone`) in `[feed] path`".to_owned()),
        };
    }
    Told {
        about,
        health: Health::Well,
        said: format!("{} records: `since` narrows the answer", latest.count),
        help: None,
    }
}

pub(super) fn only_open(page: &FeedPage) -> Told {
    // What is only proposed is not over, and a filter for what is open may well let it through.
    let over = |one: &&Sighting| !one.status.is_open() && one.status != StepStatus::Proposed;
    let closed = page.sightings.iter().filter(over).count();
    if closed == 0 {
        return Told {
            about: "open steps",
            health: Health::Well,
            said: format!("{} open steps on the first page", page.sightings.len()),
            help: None,
        };
    }
    Told {
        about: "open steps",
        health: Health::Doubtful,
        said: format!(
            "{closed} of {} steps that come are finished or cancelled: the filter seems to be ignored",
            page.sightings.len()
        ),
        help: Some("it works, and costs more at every sweep; look at `[sweep] path`".to_owned()),
    }
}

/// Whether list and single read tell the same of a step. A list without its forms makes the single read needful.
pub(super) fn agreed(listed: &Sighting, alone: &Sighting) -> Told {
    let unread = |one: &Sighting, fact: &Fact| {
        !one.facts
            .get(fact)
            .is_some_and(|known| !matches!(known, Known::Unreadable(_)))
    };
    let facts: BTreeSet<&Fact> = listed.facts.keys().chain(alone.facts.keys()).collect();
    let only = |here: &Sighting, there: &Sighting| -> Vec<&str> {
        let names = facts
            .iter()
            .filter(|fact| !unread(here, fact) && unread(there, fact));
        names.map(|fact| fact.name()).collect()
    };
    let (more, less) = (only(alone, listed), only(listed, alone));
    let (health, said, help) = if !less.is_empty() {
        (
            Health::Ill,
            format!(
                "read alone it lacks what the list shows: {}",
                less.join(", ")
            ),
            Some("a Finish would be held for it; mend the paths or the `record` of `[step]`"),
        )
    } else if !more.is_empty() {
        (
            Health::Doubtful,
            format!(
                "the list lacks what the step alone shows: {}",
                more.join(", ")
            ),
            Some(
                "the board and the chasing see less than the Finish check; ask for the forms in `[feed] path`",
            ),
        )
    } else {
        (
            Health::Well,
            "the list and the step alone tell the same".to_owned(),
            None,
        )
    };
    Told {
        about: "one step",
        health,
        said,
        help: help.map(str::to_owned),
    }
}

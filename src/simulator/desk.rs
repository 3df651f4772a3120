//! What may be read of the council, and in which order? Pages of steps, single steps, and what was written.
//!
//! No dialect is known here: each asks in its own words and writes the answer in its own words.

use axum::http::StatusCode;
use jiff::Timestamp;

use super::council::Council;
use super::shown::Shown;
use super::step::Step;
use super::switches;
use super::truth::Truth;
use super::words::{Gone, Hiding, Received, Task};

/// What a reader of steps asks for.
#[derive(Clone, Debug)]
pub(super) struct Sought {
    /// The feed of changes, or the list of open steps.
    pub(super) list: List,
    /// Only what changed at this instant or later.
    pub(super) since: Option<Timestamp>,
    /// Only what stands after this place.
    pub(super) after: Option<Place>,
    /// As many are left out at the beginning: for dialects that number their pages.
    pub(super) skip: usize,
    /// At most so many.
    pub(super) limit: usize,
}

/// Which list of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// Ordered by change time, then id.
    Feed,
    /// Ordered by id.
    Open,
    /// One step alone.
    Single,
}

/// A place in a list's order; in the list of open steps the id alone counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: Timestamp,
    pub(super) id: String,
}

/// Steps as they are shown, and what the list says of itself.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) list: List,
    pub(super) steps: Vec<Shown>,
    /// The limit after clamping.
    pub(super) limit: usize,
    /// Where the last step of this page stands.
    pub(super) last: Option<Place>,
    /// Whether more follow.
    pub(super) more: bool,
    /// How many there are in all, on every page.
    pub(super) total: usize,
    /// How many were left out before this page.
    pub(super) skip: usize,
    /// Counts the council's changes.
    pub(super) water: u64,
    /// What the council's clock shows.
    pub(super) now: Timestamp,
    /// Which environment this is.
    pub(super) environment: &'static str,
    /// The address of the next page, if a switch made it lead elsewhere.
    pub(super) elsewhere: Option<&'static str>,
}

/// Why somebody gets nothing, or may not write: status, code, and what is the matter.
pub(super) type Refusal = (StatusCode, &'static str, String);

/// The environment that this council says it is.
pub(super) const ENVIRONMENT: &str = "synthetic";

/// A request that makes no sense.
pub(super) fn bad(text: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, "BAD_REQUEST", text.into())
}

/// Something that is not there.
pub(super) fn missing(text: impl Into<String>) -> Refusal {
    (StatusCode::NOT_FOUND, "NOT_FOUND", text.into())
}

/// A limit that was asked for, clamped.
pub(super) fn limit(
    asked: Option<&str>,
    (least, most, usual): (usize, usize, usize),
) -> Result<usize, Refusal> {
    match asked.filter(|text| !text.is_empty()) {
        None => Ok(usual),
        Some(text) => match text.parse::<usize>() {
            Ok(limit) => Ok(limit.clamp(least, most)),
            Err(_) => Err(bad("`limit` is no number")),
        },
    }
}

/// A page of steps, as the switches that are on leave it. `asked` names the request in the log.
pub(super) fn page(council: &Council, asked: &str, mut sought: Sought) -> Result<Page, Refusal> {
    switches::before_page(council, asked, &mut sought)?;
    let mut page = {
        let store = council.store();
        select(&store.truth, &sought, store.now())
    };
    switches::upon_page(council, asked, &sought, &mut page);
    Ok(page)
}

fn select(truth: &Truth, sought: &Sought, now: Timestamp) -> Page {
    let wanted = |step: &&Step| {
        let is_in = match sought.list {
            List::Feed => step.is_fed() && step.late_until.is_none_or(|until| until <= now),
            List::Open => step.is_shown() && step.status.is_open(),
            List::Single => false,
        };
        is_in && sought.since.is_none_or(|since| step.changed_at >= since)
    };
    let mut steps: Vec<&Step> = truth.steps.values().filter(wanted).collect();
    if sought.list == List::Feed {
        steps.sort_by(|a, b| (a.changed_at, &a.id).cmp(&(b.changed_at, &b.id)));
    }
    let total = steps.len();
    if let Some(after) = &sought.after {
        steps.retain(|step| match sought.list {
            List::Feed => (step.changed_at, &step.id) > (after.at, &after.id),
            _ => step.id > after.id,
        });
    }
    let mut steps: Vec<&Step> = steps.into_iter().skip(sought.skip).collect();
    let more = steps.len() > sought.limit;
    steps.truncate(sought.limit);
    Page {
        list: sought.list,
        last: steps.last().map(|step| Place {
            at: step.changed_at,
            id: step.id.clone(),
        }),
        steps: steps.into_iter().map(Shown::of).collect(),
        limit: sought.limit,
        more,
        total,
        skip: sought.skip,
        water: truth.water,
        now,
        environment: ENVIRONMENT,
        elsewhere: None,
    }
}

/// One step alone, as the switches that are on leave it.
pub(super) fn single(council: &Council, asked: &str, id: &str) -> Result<Page, Refusal> {
    let mut page = alone(council, id)?;
    switches::upon_single(council, asked, &mut page);
    Ok(page)
}

/// One step alone, as it stands.
pub(super) fn alone(council: &Council, id: &str) -> Result<Page, Refusal> {
    let store = council.store();
    let step = readable(&store.truth, id)?;
    Ok(Page {
        list: List::Single,
        steps: vec![Shown::of(step)],
        limit: 1,
        last: None,
        more: false,
        total: 1,
        skip: 0,
        water: store.truth.water,
        now: store.now(),
        environment: ENVIRONMENT,
        elsewhere: None,
    })
}

/// A step that Greentick's account may read: 404 unknown, 410 deleted, 403 restricted.
pub(super) fn readable<'t>(truth: &'t Truth, id: &str) -> Result<&'t Step, Refusal> {
    let unknown = || missing(format!("no step {id}"));
    let step = truth.steps.get(id).ok_or_else(unknown)?;
    match (step.deleted, step.gone, step.restricted, step.hiding) {
        (true, Gone::Missing, _, _) | (_, _, true, Hiding::Missing) => Err(unknown()),
        (true, Gone::Gone | Gone::Tombstone, _, _) => {
            Err((StatusCode::GONE, "DELETED", format!("step {id}")))
        }
        (_, _, true, Hiding::Refused | Hiding::Marked) => {
            Err((StatusCode::FORBIDDEN, "RESTRICTED", format!("step {id}")))
        }
        _ => Ok(step),
    }
}

/// What was written to a step: its notes, reopenings, flags, fields, attachments, in order.
pub(super) fn on_step<'t>(
    truth: &'t Truth,
    id: &str,
    what: &str,
) -> Result<Vec<&'t Received>, Refusal> {
    let step = readable(truth, id)?;
    let of = |operation: &str| {
        let received = truth.received.iter();
        let is = |one: &&Received| {
            one.operation == operation && one.step.as_deref() == Some(step.id.as_str())
        };
        received.filter(is).collect()
    };
    Ok(match what {
        "notes" => of("note"),
        "reopenings" => of("reopen"),
        "attachments" => of("attach"),
        "assignments" => of("reassign"),
        "due-dates" => of("due"),
        "flags" => step.flags.values().collect(),
        "fields" => step.fields.values().collect(),
        _ => return Err(missing(format!("a step has no `{what}`"))),
    })
}

/// Everything written by this operation, with this mark if one is given, in order.
pub(super) fn marked<'t>(
    truth: &'t Truth,
    operation: &str,
    mark: Option<&str>,
) -> Vec<&'t Received> {
    let is_wanted =
        |one: &&Received| one.operation == operation && mark.is_none_or(|mark| mark == one.mark);
    truth.received.iter().filter(is_wanted).collect()
}

/// Tasks, by id: those for a worker, and those that are still open, if that is asked for.
pub(super) fn tasks<'t>(truth: &'t Truth, to: Option<&str>, state: Option<&str>) -> Vec<&'t Task> {
    let wanted = |task: &&Task| {
        to.is_none_or(|to| task.to == to)
            && match state {
                Some("open") => task.state() == "SENT",
                Some(state) => task.state().eq_ignore_ascii_case(state),
                None => true,
            }
            && readable(truth, &task.step).is_ok()
    };
    truth.tasks.values().filter(wanted).collect()
}

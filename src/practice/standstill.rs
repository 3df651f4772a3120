//! When does the clock stand still, and how far does that move a due day?
//!
//! It stands still while a pause is on record, while the case system could not be reached, and for the practice
//! reviewer while the Head's moderation is awaited. Nothing is overdue on such a day. The day first set is kept
//! beside the one in force, so both lateness figures can be told.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::decision::{ModerationRequest, Pause};
use super::episode::{Episode, Stage};
use super::rules::parameter;
use super::terms::{OutageClock, Policy};

/// Days on which the clock stands still; both included, local.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standstill {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// When that came on record, UTC.
    pub at: Timestamp,
}

/// A span in which the case system could not be reached, as far as whole days were lost; both included, local.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// When it was last reached before, UTC.
    pub since: Timestamp,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// When it was over, UTC.
    pub at: Timestamp,
}

/// The hours in which work is done, local, and how many of them lost make a lost day.
const BEGINS: Time = Time::constant(9, 0, 0, 0);
const ENDS: Time = Time::constant(17, 0, 0, 0);
const LOST_HOURS: i64 = 4;

impl Outage {
    /// The days lost between two instants, UTC: a working day counts if half of its hours or more were lost.
    pub fn between(from: Timestamp, until: Timestamp, calendar: &Calendar) -> Option<Self> {
        let is_lost = |day: Date| {
            let begins = calendar.at_local(day, BEGINS).max(from);
            let ends = calendar.at_local(day, ENDS).min(until);
            ends.duration_since(begins).as_hours() >= LOST_HOURS
        };
        let (mut first, mut last) = (calendar.local_date(from), calendar.local_date(until));
        if !is_lost(first) {
            first = first.tomorrow().ok()?;
        }
        if !is_lost(last) {
            last = last.yesterday().ok()?;
        }
        let before = first.yesterday().ok()?;
        (calendar.between(before, last) > 0).then_some(Self {
            since: from,
            from: first,
            until: last,
            at: until,
        })
    }
}

/// The spans in which the clock of a stage stands still, first one first.
pub fn standstills(
    episode: &Episode,
    stage: Stage,
    policy: &Policy,
    calendar: &Calendar,
) -> Vec<Standstill> {
    let mut spans = common(episode, policy);
    if stage == Stage::PracticeReview {
        spans.extend(moderation_waits(episode, policy, calendar));
    }
    spans.sort_unstable();
    spans
}

/// Whether the clock of a stage stands still on a day.
pub fn is_still(
    episode: &Episode,
    stage: Stage,
    day: Date,
    (policy, calendar): (&Policy, &Calendar),
) -> bool {
    let spans = standstills(episode, stage, policy, calendar);
    spans
        .iter()
        .any(|span| span.from <= day && day <= span.until)
}

/// Pauses and outages, which concern everybody; first one first.
pub(super) fn common(episode: &Episode, policy: &Policy) -> Vec<Standstill> {
    let pauses = episode.pauses.iter().map(|pause| Standstill {
        from: pause.from,
        until: pause.until,
        at: pause.at,
    });
    let counted = policy.outage_clock == OutageClock::Stop;
    let outages = episode.outages.iter().filter(|_| counted);
    let outages = outages.map(|outage| Standstill {
        from: outage.from,
        until: outage.until,
        at: outage.at,
    });
    let mut spans: Vec<Standstill> = pauses.chain(outages).collect();
    spans.sort_unstable();
    spans
}

/// From the day after a request for moderation until its answer, and no longer than the policy allows (LE-27.2).
fn moderation_waits(episode: &Episode, policy: &Policy, calendar: &Calendar) -> Vec<Standstill> {
    let wait = |request: &ModerationRequest| {
        let asked = calendar.local_date(request.at);
        let longest = calendar.add(asked, parameter::MODERATION_WAIT.days(policy));
        let answered = answer_to(episode, request).map(|at| calendar.local_date(at));
        Some(Standstill {
            from: asked.tomorrow().ok()?,
            until: answered.map_or(longest, |day| day.min(longest)),
            at: request.at,
        })
    };
    let requests = episode.moderation_requests.iter().filter_map(wait);
    requests.filter(|span| span.from <= span.until).collect()
}

/// When a request for moderation was answered or taken back, UTC; none while it is open.
pub(super) fn answer_to(episode: &Episode, request: &ModerationRequest) -> Option<Timestamp> {
    let answers = episode.moderations.iter().map(|moderation| moderation.at);
    let answers = answers.chain(request.withdrawn_at);
    answers.filter(|at| *at >= request.at).min()
}

/// A due day, moved on by the working days of the standstills. It never lies before the end of one: what was late
/// already is due again on the last day, and nothing is overdue while the clock stands still.
pub(super) fn moved_on(due: Date, spans: &[Standstill], calendar: &Calendar) -> Date {
    let (mut due, mut counted) = (due, Date::MIN);
    for span in spans {
        if span.from <= due {
            let before = span.from.yesterday().unwrap_or(span.from).max(counted);
            let days = calendar.between(before, span.until);
            if days > 0 {
                due = calendar.add(due, days);
            }
        }
        due = due.max(span.until);
        counted = counted.max(span.until);
    }
    due
}

/// The first day on or after `day` that lies in none of the spans; a working day, if it had to be moved.
pub(super) fn outside(day: Date, spans: &[Standstill], calendar: &Calendar) -> Date {
    let mut day = day;
    for span in spans {
        if span.from <= day && day <= span.until {
            day = calendar.add(span.until, 1);
        }
    }
    day
}

/// Working days in any of these pauses, both ends included; a day in two of them counts once.
pub(super) fn paused_days(mut pauses: Vec<&Pause>, calendar: &Calendar) -> i32 {
    pauses.sort_by_key(|pause| pause.from);
    let mut counted = Date::MIN;
    let mut days = 0;
    for pause in pauses {
        let before = pause.from.yesterday().unwrap_or(pause.from).max(counted);
        days += calendar.between(before, pause.until).max(0);
        counted = counted.max(pause.until);
    }
    days
}

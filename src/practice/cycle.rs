//! How does a whole cycle stand? What no single episode shows: who has to know how a service does, what is at risk,
//! whether the sample was drawn, and how much was left to the last minute (¶3, ¶6, ¶9).
//!
//! Nothing here grades practice or names a person. A share of fewer episodes than the policy shows is not given.

mod sample;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

use super::deadlines::due_day;
use super::episode::{Episode, Role, Stage};
use super::fact::{Fact, Value};
use super::ids::{CycleId, EpisodeId, WorkerId};
use super::known::Known;
use super::terms::Terms;
use super::unmet::listed;

pub use sample::chases;
use sample::{undrawn, unmoderated};

/// Something about a cycle that somebody has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matter {
    /// Unique for ever: it is said once.
    pub key: String,
    /// The rule, such as `LE-06.1`.
    pub rule: &'static str,
    /// The episode it is about, if it is about one.
    pub episode: Option<EpisodeId>,
    /// Who is told.
    pub tell: Role,
    /// What is said.
    pub text: String,
}

/// How one service does in one cycle (LE-06.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Service {
    /// Episodes allocated and not cancelled.
    pub allocated: u32,
    /// Open reviews due within ten working days.
    pub due_soon: u32,
    /// Open reviews past their date.
    pub overdue: u32,
    /// Reviews finished by the date in force.
    pub on_time: u32,
    /// Reviews finished by the date first set.
    pub on_time_originally: u32,
    /// Reviews that are finished, or open past their date: those of which it can be said.
    pub settled: u32,
    /// Reviews opened again after a Finish.
    pub returned: u32,
    /// Extreme evaluations without a moderation on record.
    pub unmoderated: u32,
    /// The operational managers of its episodes, by worker id.
    pub managers: BTreeSet<WorkerId>,
}

impl Service {
    /// Share of settled reviews finished by the date in force, percent; none for fewer than `fewest`.
    pub fn on_time_percent(&self, fewest: u32) -> Option<u32> {
        (self.settled > 0 && self.settled >= fewest).then(|| self.on_time * 100 / self.settled)
    }
}

/// How a cycle stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Standing {
    /// Each service by name.
    pub services: BTreeMap<String, Service>,
    /// Share of dated evidence that falls in the last two working days before Finish, percent; none for fewer
    /// finished reviews than the policy shows (LE-00.1).
    pub last_minute_percent: Option<u32>,
    /// Finished reviews that the share is of.
    pub last_minute_of: u32,
    /// The last completion date in force, local.
    pub cut_off: Option<Date>,
}

/// Working days before Finish that are the last minute.
const LAST_MINUTE: i32 = 2;
/// Working days in which something is due soon.
const SOON: i32 = 10;

/// The day on which the review was finished, local; none while it is open.
fn finished_on(episode: &Episode, terms: &Terms) -> Option<Date> {
    let step = episode.step_of(Stage::PracticeReview)?;
    let open = step.status.is_open();
    let at = step.finished.last().filter(|_| !open)?.at;
    Some(terms.calendar.local_date(at))
}

fn due(episode: &Episode, terms: &Terms) -> Option<Date> {
    due_day(
        episode,
        Stage::PracticeReview,
        &terms.policy,
        &terms.calendar,
    )
}

/// How a cycle of these episodes stands on a day.
pub fn standing(episodes: &[&Episode], today: Date, terms: &Terms) -> Standing {
    let mut standing = Standing::default();
    let (mut last, mut all) = (0_u32, 0_u32);
    for episode in episodes {
        let Some(allocation) = &episode.allocation else {
            continue;
        };
        if episode.cancelled.is_some() {
            continue;
        }
        let service = standing
            .services
            .entry(allocation.service.clone())
            .or_default();
        count(service, episode, today, terms);
        let due = due(episode, terms);
        standing.cut_off = standing.cut_off.max(due);
        if let Some(finished) = finished_on(episode, terms) {
            standing.last_minute_of += 1;
            for day in evidence(episode) {
                all += 1;
                let before = terms.calendar.between(day, finished);
                last += u32::from((0..LAST_MINUTE).contains(&before));
            }
        }
    }
    let shown = standing.last_minute_of >= terms.policy.fewest_shown;
    standing.last_minute_percent = (shown && all > 0).then(|| last * 100 / all);
    standing
}

fn count(service: &mut Service, episode: &Episode, today: Date, terms: &Terms) {
    let allocation = episode.allocation.as_ref();
    service.allocated += 1;
    let manager = allocation.and_then(|set| set.operational_manager.clone());
    service.managers.extend(manager);
    let step = episode.step_of(Stage::PracticeReview);
    service.returned += u32::from(step.is_some_and(|step| step.leg > 1));
    let extreme = matches!(episode.evaluation(), Known::Is(grade) if grade.is_extreme());
    service.unmoderated += u32::from(extreme && episode.moderations.is_empty());
    let Some(due) = due(episode, terms) else {
        return;
    };
    if let Some(finished) = finished_on(episode, terms) {
        service.settled += 1;
        service.on_time += u32::from(finished <= due);
        let first = allocation.map_or(due, |set| set.due_on);
        service.on_time_originally += u32::from(finished <= first);
    } else if due < today {
        service.settled += 1;
        service.overdue += 1;
    } else if terms.calendar.between(today, due) <= SOON {
        service.due_soon += 1;
    }
}

/// The days that the forms up to the review give for what was done, without those of plans for later.
fn evidence(episode: &Episode) -> Vec<Date> {
    let later = [Fact::AgreedDate, Fact::PeriodStart, Fact::PeriodEnd];
    let up_to_review =
        |fact: &&Fact| fact.stage() <= Stage::PracticeReview && !later.contains(fact);
    let facts = Fact::ALL.iter().filter(up_to_review);
    facts
        .filter_map(|fact| match episode.fact(*fact) {
            Known::Is(Value::Day(day)) => Some(day),
            _ => None,
        })
        .collect()
}

/// What earlier reviews say of one like this: how many there were, and how many of them were late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct History {
    /// Earlier reviews like it.
    pub of: u32,
    /// Those of them that were late.
    pub late: u32,
}

/// At which share of the working days from allocation to completion date the practitioner's step is looked at, percent.
const LOOKED_AT_PERCENT: i32 = 40;

/// The day at which it is looked whether the practitioner's step is finished.
fn look_day(episode: &Episode, terms: &Terms) -> Option<Date> {
    let allocated = episode.allocation.as_ref()?.allocated_on;
    let span = terms.calendar.between(allocated, due(episode, terms)?);
    Some(
        terms
            .calendar
            .add(allocated, span.max(0) * LOOKED_AT_PERCENT / 100),
    )
}

/// Whether the practitioner's step was unfinished on the day at which it is looked at; none before that day.
fn was_behind(episode: &Episode, today: Date, terms: &Terms) -> Option<bool> {
    let look = look_day(episode, terms).filter(|look| *look <= today)?;
    let step = episode.step_of(Stage::Practitioner);
    let first = step.and_then(|step| step.finished.first());
    let finished = first.map(|finish| terms.calendar.local_date(finish.at));
    Some(finished.is_none_or(|finished| finished > look))
}

/// What the council's own history says of a review whose practitioner's step was unfinished when two fifths of the
/// time were over (LE-03.5): a plain share of earlier ones, of which it is known how they ended.
pub fn history(episodes: &[Episode], today: Date, terms: &Terms) -> History {
    let mut history = History::default();
    for episode in episodes {
        let (Some(due), Some(finished)) = (due(episode, terms), finished_on(episode, terms)) else {
            continue;
        };
        if was_behind(episode, today, terms) == Some(true) {
            history.of += 1;
            history.late += u32::from(finished > due);
        }
    }
    history
}

/// Everything about the council's cycles that somebody has to know on a working day. `drawn` names the cycles whose
/// sample was drawn. What dates from before activation is not said.
pub fn matters(
    episodes: &[Episode],
    drawn: &BTreeSet<CycleId>,
    today: Date,
    terms: &Terms,
) -> Vec<Matter> {
    let mut cycles: BTreeMap<&CycleId, Vec<&Episode>> = BTreeMap::new();
    for episode in episodes {
        if let Some(cycle) = &episode.cycle {
            cycles.entry(cycle).or_default().push(episode);
        }
    }
    let standings: Vec<(&CycleId, Standing)> = cycles
        .into_iter()
        .map(|(cycle, of)| (cycle, standing(&of, today, terms)))
        .collect();
    let mut found = at_risk(episodes, today, terms);
    found.extend(listed(episodes, today, terms));
    for (cycle, standing) in &standings {
        found.extend(scorecards(cycle, standing, today, terms));
        found.extend(undrawn(cycle, standing, drawn, today, terms));
        found.extend(unmoderated(cycle, episodes, today, terms));
    }
    found.extend(slow_services(&standings, today, terms));
    found
}

/// LE-03.5: reviews that may well be late, told to the QA manager alone.
fn at_risk(episodes: &[Episode], today: Date, terms: &Terms) -> Vec<Matter> {
    let history = history(episodes, today, terms);
    if history.of < terms.policy.fewest_shown || history.late * 2 < history.of {
        return Vec::new();
    }
    let concerned = episodes.iter().filter(|episode| {
        let open = finished_on(episode, terms).is_none() && episode.cancelled.is_none();
        let ahead = due(episode, terms).is_some_and(|due| due >= today);
        open && ahead && was_behind(episode, today, terms) == Some(true)
    });
    let (late, of) = (history.late, history.of);
    let matter = |episode: &Episode| {
        let due = due(episode, terms)?;
        Some(Matter {
            key: format!("{}/at_risk/{due}", episode.id),
            rule: "LE-03.5",
            episode: Some(episode.id.clone()),
            tell: Role::QaManager,
            text: format!(
                "{}: at risk. Of {of} earlier practice reviews whose practitioner's step was unfinished when two \
                 fifths of the time were over, {late} were late. Completion date {}.",
                episode.id,
                due.strftime("%-d %B %Y")
            ),
        })
    };
    concerned.filter_map(matter).collect()
}

/// LE-06.1: on the first working day of a week, each service's figures for its operational manager.
fn scorecards(cycle: &CycleId, standing: &Standing, today: Date, terms: &Terms) -> Vec<Matter> {
    let monday = today.saturating_sub(jiff::ToSpan::days(i64::from(
        today.weekday().to_monday_zero_offset(),
    )));
    let ended = standing
        .services
        .values()
        .all(|one| one.due_soon + one.overdue == 0 && one.settled == one.allocated);
    let sunday = monday.yesterday().unwrap_or(monday);
    let first = terms.calendar.add(sunday, 1) == today;
    if ended || !first {
        return Vec::new();
    }
    let fewest = terms.policy.fewest_shown;
    let card = |(name, one): (&String, &Service)| Matter {
        key: format!("scorecard/{cycle}/{name}/{monday}"),
        rule: "LE-06.1",
        episode: None,
        tell: Role::OperationalManager,
        text: format!(
            "Service {name}{}, cycle {cycle}: {} allocated, {} due within {SOON} working days, {} overdue, {} finished \
             by the date in force ({} by the date first set){}, {} returned, {} evaluations of Outstanding or \
             Inadequate without moderation.",
            managers(one),
            one.allocated,
            one.due_soon,
            one.overdue,
            one.on_time,
            one.on_time_originally,
            one.on_time_percent(fewest)
                .map_or(String::new(), |percent| format!(", {percent} % on time")),
            one.returned,
            one.unmoderated,
        ),
    };
    standing.services.iter().map(card).collect()
}

fn managers(service: &Service) -> String {
    let ids: Vec<&str> = service.managers.iter().map(WorkerId::as_str).collect();
    if ids.is_empty() {
        String::new()
    } else {
        format!(" (operational manager {})", ids.join(", "))
    }
}

/// LE-06.2: a service below the share that the policy wants in two cycles running, told to CSLT.
fn slow_services(standings: &[(&CycleId, Standing)], today: Date, terms: &Terms) -> Vec<Matter> {
    let activated = terms.calendar.local_date(terms.activation);
    let over = |standing: &&(&CycleId, Standing)| {
        let cut_off = standing.1.cut_off;
        cut_off.is_some_and(|day| day < today && day >= activated)
    };
    let mut ended: Vec<&(&CycleId, Standing)> = standings.iter().filter(over).collect();
    ended.sort_by_key(|(_, standing)| standing.cut_off);
    let [.., before, last] = ended.as_slice() else {
        return Vec::new();
    };
    let (wanted, fewest) = (terms.policy.on_time_percent, terms.policy.fewest_shown);
    let mut found = Vec::new();
    for (name, now) in &last.1.services {
        let then = before.1.services.get(name);
        let share = |one: &Service| one.on_time_percent(fewest).filter(|share| *share < wanted);
        if let (Some(now), Some(then)) = (share(now), then.and_then(share)) {
            found.push(Matter {
                key: format!("slow/{name}/{}", last.0),
                rule: "LE-06.2",
                episode: None,
                tell: Role::Cslt,
                text: format!(
                    "Service {name}: {now} % of practice reviews on time in cycle {}, and {then} % in cycle {} before \
                     it; {wanted} % is wanted.",
                    last.0, before.0
                ),
            });
        }
    }
    found
}

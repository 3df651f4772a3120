//! What is unmet for an episode now, since when, and who can put it right? One list for every place that shows one.
//!
//! It holds what flags or blocks and whose time has come: a form is not asked to be complete while its work is in time.
//! Everything is the judge's word; nothing is judged here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::cycle::Matter;
use super::deadlines::{MilestoneKind, TOLD_AT, milestones};
use super::episode::{Episode, Finished, Role, Stage, Step};
use super::ids::StepId;
use super::judge::{judge, judge_as_if_open, judge_sighting, judge_time};
use super::react::nobody_yet;
use super::rules::{awaited, find};
use super::terms::{Stance, Terms};
use super::verdict::{Attempt, Finding, Judged, Verdict};

/// One thing that is unmet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmet {
    /// The rule's code.
    pub rule: String,
    /// The step it is about; none if it is about the whole episode.
    pub step: Option<StepId>,
    /// That step's stage.
    pub stage: Option<Stage>,
    /// What it does: `flag` or `block`.
    pub stance: Stance,
    /// Why its time has come.
    pub came: Came,
    /// Since when, UTC.
    pub since: Timestamp,
    /// What is missing: one sentence.
    pub missing: String,
    /// What was seen: one sentence; empty if nothing was.
    pub seen: String,
    /// Who can put it right and how: one sentence.
    pub remedy: String,
    /// Who is asked.
    pub asks: Role,
}

/// Why the time of something unmet has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// Finish was asked for and is held.
    Held,
    /// The step is open past its date.
    Overdue,
    /// The step is finished without it.
    Finished,
    /// Its own day has come.
    Time,
    /// What is on record shows it; no day was awaited.
    Shown,
    /// No rule can settle it, so a person has to.
    Person,
}

/// Everything unmet at `now`, UTC: by step, in the order in which findings are given, then of the whole episode.
pub fn unmet_now(episode: &Episode, now: Timestamp, terms: &Terms) -> Vec<Unmet> {
    let mut found = Vec::new();
    for stage in Stage::ALL {
        if let Some(step) = episode.step_of(stage).filter(|_| episode.is_live()) {
            found.extend(of_step(episode, step, now, terms));
            found.extend(of_sighting(episode, step, now, terms));
        }
    }
    // What two steps show of one episode stands once, under the first.
    let mut rules: Vec<String> = Vec::new();
    found.retain(|one: &Unmet| {
        let again = one.came == Came::Shown && rules.contains(&one.rule);
        rules.push(one.rule.clone());
        !again
    });
    found.extend(of_time(episode, now, terms));
    found.extend(episode.concerns.values().map(|concern| {
        let rule = concern.what.rule();
        Unmet {
            rule: rule.to_owned(),
            step: None,
            stage: None,
            stance: Stance::Flag,
            came: Came::Person,
            since: concern.since,
            missing: concern.what.words(),
            seen: String::new(),
            remedy: String::new(),
            asks: Role::QaManager,
        }
    }));
    found
}

fn unmet(judged: &Judged, step: Option<&Step>, came: Came, since: Timestamp) -> Unmet {
    Unmet {
        rule: judged.rule.clone(),
        step: step.map(|step| step.id.clone()),
        stage: step.map(|step| step.stage),
        stance: judged.stance,
        came,
        since,
        missing: judged.missing(),
        seen: judged.seen(),
        remedy: judged.remedy.clone(),
        asks: judged.asks,
    }
}

/// Whether a finding flags or blocks, and is more than not to be told.
fn counts(judged: &Judged) -> bool {
    let stands = matches!(judged.stance, Stance::Flag | Stance::Block);
    judged.holds() || (stands && matches!(judged.finding, Finding::Unmet(_)))
}

/// What a step lacks that is held, late, or finished all the same.
fn of_step(episode: &Episode, step: &Step, now: Timestamp, terms: &Terms) -> Vec<Unmet> {
    let last = step.finished.last().filter(|_| !step.status.is_open());
    // What was finished before we were asked anything was never asked about.
    let unasked = |finish: &Finished| finish.permit.is_none() && !finish.bypass;
    if last.is_some_and(|finish| finish.at < terms.activation || unasked(finish)) {
        return Vec::new();
    }
    let (verdict, came, since) = if let Some(finish) = last {
        let verdict = judge_as_if_open(episode, &step.id, finish.at, terms);
        (verdict, Came::Finished, finish.at)
    } else {
        let held = episode.holds.get(&step.id).map(|hold| hold.judged_at);
        let held = held.map(|at| (at, Came::Held));
        let late = overdue_since(episode, step, now, terms).map(|at| (at, Came::Overdue));
        let Some((since, came)) = held.or(late) else {
            return Vec::new();
        };
        let asked = episode.asked.get(&step.id).cloned();
        let attempt = asked.unwrap_or_else(|| nobody_yet(&step.id, now));
        let attempt = Attempt {
            at: now,
            screen: None,
            ..attempt
        };
        (judge(episode, &attempt, terms), came, since)
    };
    let overridden = verdict.as_ref().is_some_and(|verdict| verdict.overridden);
    let lacks = verdict
        .iter()
        .flat_map(|verdict: &Verdict| &verdict.findings);
    lacks
        .filter(|judged| counts(judged) && !(overridden && judged.holds()))
        .map(|judged| unmet(judged, Some(step), came, since))
        .collect()
}

/// Since when an open step is past its date.
fn overdue_since(
    episode: &Episode,
    step: &Step,
    now: Timestamp,
    terms: &Terms,
) -> Option<Timestamp> {
    let all = milestones(episode, &terms.policy, &terms.calendar).into_iter();
    let late = all.filter(|one| one.kind == MilestoneKind::Overdue && one.stage == step.stage);
    late.map(|one| one.at).filter(|at| *at <= now).min()
}

fn of_sighting(episode: &Episode, step: &Step, now: Timestamp, terms: &Terms) -> Vec<Unmet> {
    let since = step.dates.incoming.unwrap_or(step.first_seen);
    let shown = judge_sighting(episode, step, now, terms).into_iter();
    shown
        .filter(|judged| since >= terms.activation && counts(judged))
        .map(|judged| unmet(&judged, Some(step), Came::Shown, since))
        .collect()
}

/// What the passing of time has made of the episode.
fn of_time(episode: &Episode, now: Timestamp, terms: &Terms) -> Vec<Unmet> {
    let mut all = milestones(episode, &terms.policy, &terms.calendar);
    all.extend(awaited(episode, terms, now));
    let passed: Vec<_> = all.into_iter().filter(|one| one.at <= now).collect();
    let found = judge_time(episode, now, terms).into_iter().filter(counts);
    found
        .map(|judged| {
            let of_rule = |one: &&super::deadlines::Milestone| {
                find(one.rule).is_some_and(|rule| rule.code == judged.rule)
            };
            let first = passed.iter().filter(of_rule).min_by_key(|one| one.at);
            let step = first
                .and_then(|one| one.step.as_ref())
                .and_then(|id| episode.steps.get(id));
            match first {
                Some(first) => unmet(&judged, step, Came::Time, first.at),
                None => unmet(&judged, step, Came::Shown, came_to_be(episode, now)),
            }
        })
        .collect()
}

/// Since when an episode is as it is, where no day was awaited: it was cancelled, or was first seen.
fn came_to_be(episode: &Episode, now: Timestamp) -> Timestamp {
    let cancelled = episode.deeds.cancelled.as_ref().map(|one| one.entry.at);
    let seen = episode.steps.values().map(|step| step.first_seen).min();
    cancelled.or(seen).unwrap_or(now)
}

/// What the QA manager's digest of a day names: what is held or was flagged, each once as long as it does not change.
/// What has a ladder, was told at once, or dates from before activation, is not said here again.
pub fn listed(episodes: &[Episode], today: Date, terms: &Terms) -> Vec<Matter> {
    let now = terms.calendar.at_local(today, TOLD_AT);
    let mut found = Vec::new();
    for episode in episodes {
        let all = unmet_now(episode, now, terms).into_iter();
        let new = all.filter(|one| one.since >= terms.activation && is_said_here(one));
        let mut by_step: BTreeMap<Option<StepId>, Vec<Unmet>> = BTreeMap::new();
        for one in new {
            by_step.entry(one.step.clone()).or_default().push(one);
        }
        found.extend(
            by_step
                .into_iter()
                .map(|(step, all)| matter(episode, step.as_ref(), &all, terms)),
        );
    }
    found
}

fn is_said_here(one: &Unmet) -> bool {
    match one.came {
        Came::Held | Came::Shown => true,
        // What blocks and was gone around is told at once.
        Came::Finished => one.stance == Stance::Flag,
        Came::Overdue | Came::Time | Came::Person => false,
    }
}

fn matter(episode: &Episode, step: Option<&StepId>, all: &[Unmet], terms: &Terms) -> Matter {
    let codes: Vec<&str> = all.iter().map(|one| one.rule.as_str()).collect();
    let named = all.iter().map(|one| {
        let name = find(&one.rule).map_or_else(String::new, |rule| rule.name.replace('-', " "));
        format!("{name} ({})", one.rule)
    });
    let named: Vec<String> = named.collect();
    let since = all.iter().map(|one| one.since).min().unwrap_or_default();
    let opening = step.and_then(|step| episode.steps.get(step));
    let stage = opening.map_or("Learning Episode", |step| step.stage.words());
    Matter {
        key: format!(
            "{}/unmet/{}/{}/{}",
            episode.id,
            step.map_or("-", |step| step.as_str()),
            opening.map_or(0, |step| step.leg),
            codes.join("+")
        ),
        rule: all
            .first()
            .and_then(|one| find(&one.rule))
            .map_or("LE-00.0", |rule| rule.code),
        episode: Some(episode.id.clone()),
        tell: Role::QaManager,
        text: format!(
            "{}, {stage}: not met since {}: {}. See `greentick explain {}`.",
            episode.id,
            terms.calendar.local_date(since).strftime("%-d %B %Y"),
            named.join(", "),
            episode.id
        ),
    }
}

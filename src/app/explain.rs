//! Why does an episode stand where it stands? Every rule, met ones included, now or at any past moment.
//!
//! What is explained is what the judge says: nothing here judges by itself. Of the past, the journal's inputs are
//! folded up to the moment and judged by what was in force then. Absent on purpose: any narrative, and names.

mod clock;
mod lines;
mod rules;

use jiff::Timestamp;
use serde::Serialize;

use super::past::{TermsThen, Then, in_force};
use super::{App, AppFault};
use crate::practice::deadlines::{Milestone, milestones};
use crate::practice::decision::{Moderation, ModerationRequest, Override, ReasonGiven};
use crate::practice::episode::{Episode, Evaluation, Role, Stage};
use crate::practice::ids::{CycleId, EpisodeId, StepId, WorkerId};
use crate::practice::on_record::{SampleModerated, Sampled};
use crate::practice::replay::World;
use crate::practice::terms::{Mode, Terms};
use crate::practice::unmet::{Unmet, unmet_now};

pub use clock::ClockTold;
pub use lines::in_lines;
pub use rules::{RuleTold, StageTold};

/// The whole explanation of one episode. Its JSON is a promise: see docs/operations.md.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The episode.
    pub episode: EpisodeId,
    /// Its cycle, if it is known.
    pub cycle: Option<CycleId>,
    /// The moment that is explained, UTC.
    pub as_of: Timestamp,
    /// The same in local words.
    pub as_of_words: String,
    /// By what it is judged.
    pub under: Under,
    /// The policy it is judged under, `sha256:…`.
    pub policy: String,
    /// What makes this answer less than certain, in whole sentences.
    pub warnings: Vec<String>,
    /// Where it stands, what holds Finish and who can put it right, in whole sentences.
    pub summary: Vec<String>,
    /// Each stage in order, whether or not it has begun.
    pub stages: Vec<StageTold>,
    /// What time and the steps seen say of the whole episode.
    pub whole: Vec<RuleTold>,
    /// What is unmet now and flags or blocks, since when.
    pub unmet: Vec<Unmet>,
    /// The story of each date.
    pub clock: Vec<ClockTold>,
    /// Initial moderation (¶8, ¶27).
    pub moderation: Moderated,
    /// Its place in the cycle's sample (¶9); none if it never had one.
    pub sample: Option<SampleTold>,
    /// Reasons on record.
    pub reasons: Vec<ReasonGiven>,
    /// Accountable overrides.
    pub overrides: Vec<Override>,
    /// What needs a person.
    pub concerns: Vec<ConcernTold>,
    /// What falls due, and has fallen due, of what is still open.
    pub milestones: Vec<MilestoneTold>,
}

/// By what an episode is judged.
#[derive(Clone, Debug, Serialize)]
pub struct Under {
    /// How Finish is held.
    pub mode: Mode,
    /// Nothing due before it is chased, UTC.
    pub activation: Timestamp,
    /// SHA-256 of the days off.
    pub calendar: String,
}

/// Requests for initial moderation, and what came of them.
#[derive(Clone, Debug, Serialize)]
pub struct Moderated {
    /// The overall evaluation at that moment, if it can be read.
    pub evaluation: Option<Evaluation>,
    /// Requests, oldest first.
    pub requests: Vec<ModerationRequest>,
    /// Moderations, oldest first.
    pub moderations: Vec<Moderation>,
    /// Whether the last one is about what the form says now; none if there is none.
    pub still_about_the_form: Option<bool>,
}

/// Where it stands in the sample. What moderators found is told once the last of them has spoken, to nobody before.
#[derive(Clone, Debug, Serialize)]
pub struct SampleTold {
    /// When, to whom, and whether it left.
    pub place: Sampled,
    /// How many moderators have still to decide.
    pub awaited: usize,
    /// What they found; none before all have.
    pub found: Vec<SampleModerated>,
    /// The same in whole sentences.
    pub words: Vec<String>,
}

/// Something that needs a person.
#[derive(Clone, Debug, Serialize)]
pub struct ConcernTold {
    /// Since when, UTC.
    pub since: Timestamp,
    /// What it is, in whole sentences.
    pub words: String,
}

/// One instant at which something falls due to be said.
#[derive(Clone, Debug, Serialize)]
pub struct MilestoneTold {
    /// The stage it is about.
    pub stage: Stage,
    /// The due day, local.
    pub due: jiff::civil::Date,
    /// When it is said, UTC.
    pub at: Timestamp,
    /// Who is told.
    pub tell: Vec<Role>,
    /// The rule.
    pub rule: &'static str,
    /// Working days after the due day; negative before it.
    pub working_days: i32,
}

/// Explains an episode as of now, or as of the moment `at`; none if it was not known by then.
///
/// # Errors
/// A moment that lies ahead, or the ledger's fault.
pub async fn explain<C>(
    app: &App<C>,
    id: &EpisodeId,
    at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Explanation>, AppFault> {
    let Some(at) = at else {
        let episode = app.ledger.episode(id).await?;
        let then = Then::present(&app.terms);
        return Ok(episode.map(|episode| told(&episode, &then, now)));
    };
    if at > now {
        let words = |at| app.terms.calendar.local_words(at);
        return Err(AppFault::Refused(format!(
            "{} lies ahead of now, {}. Give a moment that has passed",
            words(at),
            words(now)
        )));
    }
    Ok(as_of(app, id, at)
        .await?
        .map(|(episode, then)| told(&episode, &then, at)))
}

/// An episode as it stood at a past moment, and by what it was judged then; what was entered at that very instant
/// counts.
///
/// # Errors
/// The ledger's fault.
pub async fn as_of<C>(
    app: &App<C>,
    id: &EpisodeId,
    at: Timestamp,
) -> Result<Option<(Episode, Then)>, AppFault> {
    let mut lines = app.ledger.past_of(id).await?;
    lines.retain(|line| line.at <= at);
    let mut world = World::default();
    let mut terms = TermsThen::new(&app.terms);
    for line in &lines {
        world.take(line, terms.at(&app.ledger, line).await?);
    }
    let Some(standing) = world.episode(id) else {
        return Ok(None);
    };
    let then = match in_force(&lines) {
        Some(in_force) => Then::of(&app.ledger, in_force, &app.terms).await?,
        None => Then::unknown(&app.terms),
    };
    Ok(Some((standing.episode.clone(), then)))
}

fn told(episode: &Episode, then: &Then, at: Timestamp) -> Explanation {
    let terms: &Terms = &then.terms;
    let stages: Vec<StageTold> = Stage::ALL
        .into_iter()
        .map(|stage| rules::stage(episode, stage, at, terms))
        .collect();
    let clock = clock::told(episode, at, terms);
    let last = episode.moderations.last();
    let on = episode.moderated_matter();
    Explanation {
        episode: episode.id.clone(),
        cycle: episode.cycle.clone(),
        as_of: at,
        as_of_words: terms.calendar.local_words(at),
        under: Under {
            mode: terms.mode,
            activation: terms.activation,
            calendar: format!("sha256:{}", terms.calendar.version()),
        },
        policy: format!("sha256:{}", terms.digest),
        warnings: then.warnings.clone(),
        summary: rules::summary(episode, &stages, &clock),
        whole: rules::whole(episode, at, terms),
        stages,
        unmet: unmet_now(episode, at, terms),
        clock,
        moderation: Moderated {
            evaluation: episode.evaluation().value().copied(),
            requests: episode.moderation_requests.clone(),
            moderations: episode.moderations.clone(),
            still_about_the_form: last.map(|last| last.on == on),
        },
        sample: sampled(episode, terms),
        reasons: episode.reasons.clone(),
        overrides: episode.overrides.clone(),
        concerns: episode
            .concerns
            .values()
            .map(|concern| ConcernTold {
                since: concern.since,
                words: concern.what.words(),
            })
            .collect(),
        milestones: milestones(episode, &terms.policy, &terms.calendar)
            .into_iter()
            .map(milestone)
            .collect(),
    }
}

fn sampled(episode: &Episode, terms: &Terms) -> Option<SampleTold> {
    let place = episode.deeds.sampled.clone()?;
    let (awaited, found) = (episode.moderators_awaited(), episode.moderated_by_cslt());
    let day = |at| terms.calendar.local_words(at);
    let who: Vec<&str> = place.moderators.iter().map(WorkerId::as_str).collect();
    let mut words = vec![format!(
        "It came into the sample of cycle {} on {}.",
        place.cycle,
        day(place.since)
    )];
    match &place.left {
        Some(reason) => words.push(format!("It left it, with the reason `{reason}`.")),
        None if who.is_empty() => {
            words.push("Nobody may moderate it; look at the people file.".to_owned());
        }
        None => words.push(format!("It is given to {}.", who.join(" and "))),
    }
    if place.left.is_none() && awaited > 0 {
        words.push(format!(
            "{awaited} of {} has still to decide; nothing of a grade is told before that.",
            place.wanted()
        ));
    }
    words.extend(found.iter().map(|one| {
        format!(
            "{} would have given {}, on {}.",
            one.by,
            one.grade.words(),
            day(one.at)
        )
    }));
    Some(SampleTold {
        awaited,
        found: found.to_vec(),
        place,
        words,
    })
}

fn milestone(one: Milestone) -> MilestoneTold {
    MilestoneTold {
        stage: one.stage,
        due: one.due,
        at: one.at,
        tell: one.tell,
        rule: one.rule,
        working_days: one.working_days,
    }
}

/// Which step a stage's own step is, for whoever looks it up.
fn step_id(episode: &Episode, stage: Stage) -> Option<StepId> {
    episode.step_of(stage).map(|step| step.id.clone())
}

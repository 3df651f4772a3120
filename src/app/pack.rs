//! What does CSLT get to read of a cycle? Everything on record of it, drawn up as one pack (¶9).
//!
//! The pack says how things stand now: it can be made at any time and is made of the ledger alone.

use jiff::Timestamp;
use jiff::civil::Date;

use super::draw::{self, grade};
use super::{App, AppFault};
pub use crate::pack::Face;
use crate::pack::{Flow, Initial, Material, Moderated, Pack, PastCycle, pack};
use crate::practice::deadlines::due_day;
use crate::practice::decision::ModerationOutcome;
use crate::practice::episode::{Episode, Evaluation, Stage};
use crate::practice::fact::Fact;
use crate::practice::ids::CycleId;
use crate::practice::on_record::SampleModerated;
use crate::practice::react::sent_on_at;
use crate::sampling::Grade;

/// Draws up the pack of a cycle that was drawn.
pub async fn draw_up<C>(app: &App<C>, cycle: &CycleId, now: Timestamp) -> Result<Pack, AppFault> {
    let frozen = draw::frozen(app, cycle).await?;
    let certificate = draw::certificate(app, cycle).await?;
    let episodes = app.ledger.episodes(Some(cycle)).await?;
    let moderated = said(&episodes);
    let half_moderated = half_said(&episodes);
    let initial: Vec<Initial> = episodes.iter().flat_map(|it| initial(app, it)).collect();
    let mut past = Vec::new();
    for earlier in app.ledger.cycles().await? {
        // Cycles are named so that they sort by time; a later one is no past.
        if earlier < *cycle {
            past.push(in_figures(app, &earlier).await?);
        }
    }
    Ok(pack(&Material {
        frame: frozen.frame(),
        exclusions: frozen.exclusions(),
        certificate: &certificate,
        made_on: app.terms.calendar.local_date(now),
        moderated: &moderated,
        half_moderated: &half_moderated,
        initial: &initial,
        flow: flow(app, &episodes, now),
        past: &past,
    }))
}

/// The drawn episodes of which some moderator has spoken, and not every one.
fn half_said(episodes: &[Episode]) -> Vec<String> {
    let half = |one: &&Episode| {
        let spoken = !one.deeds.sample_moderated.is_empty();
        spoken && one.is_drawn() && one.moderators_awaited() > 0
    };
    let half = episodes.iter().filter(half);
    half.map(|one| one.id.to_string()).collect()
}

/// What CSLT's moderators said of these episodes, in order of time.
fn said(episodes: &[Episode]) -> Vec<Moderated> {
    let mut all: Vec<(Timestamp, Moderated)> = Vec::new();
    for episode in episodes {
        for one in episode.moderated_by_cslt() {
            let moderated = Moderated {
                le_id: episode.id.to_string(),
                moderator: one.by.to_string(),
                grade: grade(one.grade),
                learning: one.learning.clone(),
                since: since(episode, one),
            };
            all.push((one.at, moderated));
        }
    }
    all.sort_by(|a, b| (a.0, &a.1.le_id).cmp(&(b.0, &b.1.le_id)));
    all.into_iter().map(|(_, one)| one).collect()
}

/// What a moderator decided stands beside the version that they saw.
fn since(episode: &Episode, said: &SampleModerated) -> Option<&'static str> {
    let mut reopened = episode.deeds.reopened.iter();
    if reopened.any(|entry| entry.at > said.at) {
        return Some("opened again");
    }
    let now = episode.evaluation().value().copied();
    (now != said.own).then_some("evaluation changed")
}

fn initial<C>(app: &App<C>, episode: &Episode) -> Vec<Initial> {
    let calendar = &app.terms.calendar;
    let of = |moderation: &crate::practice::on_record::Moderation| {
        let asked = episode.moderation_requests.iter().map(|request| request.at);
        let asked = asked.filter(|at| *at <= moderation.at).max();
        Initial {
            outcome: match moderation.outcome {
                ModerationOutcome::Agree => "agreed",
                ModerationOutcome::Change => "would change it",
                ModerationOutcome::MoreEvidence => "asked for more evidence",
                ModerationOutcome::Withdrawn => "withdrawn",
            },
            working_days: asked.map(|at| {
                calendar.between(calendar.local_date(at), calendar.local_date(moderation.at))
            }),
        }
    };
    episode.moderations.iter().map(of).collect()
}

fn flow<C>(app: &App<C>, episodes: &[Episode], now: Timestamp) -> Flow {
    let (calendar, policy) = (&app.terms.calendar, &app.terms.policy);
    let mut flow = Flow::default();
    let today = calendar.local_date(now);
    for episode in episodes {
        flow.allocated += u64::from(episode.allocation.is_some());
        if episode.cancelled.is_some() {
            flow.cancelled += 1;
            let graded = episode.deeds.cancelled.as_ref().and_then(|it| it.grade);
            flow.cancelled_after_grade += u64::from(graded.is_some());
            continue;
        }
        let review = episode.step_of(Stage::PracticeReview);
        let finished = review.filter(|step| !step.status.is_open());
        if let Some(finish) = finished.and_then(|step| step.finished.last()) {
            let day = calendar.local_date(finish.at);
            flow.finished += 1;
            let due = due_day(episode, Stage::PracticeReview, policy, calendar);
            flow.late += u64::from(due.is_some_and(|due| day > due));
            let first = episode.allocation.as_ref().map(|it| it.due_on);
            flow.late_against_first += u64::from(first.is_some_and(|first| day > first));
        }
        flow.overrides += u64::from(!episode.overrides.is_empty());
        let around = episode.steps.values().any(|step| {
            step.finished.iter().any(|finish| finish.bypass) || sent_on_at(episode, step).is_some()
        });
        flow.bypassed += u64::from(around);
        actions(&mut flow, episode, today);
        let asked = episode.moderation_requests.iter().filter_map(|it| it.grade);
        let mut asked = asked.filter(|grade| grade.is_extreme());
        let now = episode.evaluation().value().copied();
        let moved = asked.next().is_some() && now.is_some_and(|now| !now.is_extreme());
        flow.moved_after_request += u64::from(moved);
    }
    flow
}

/// The agreed actions, and how far they are.
fn actions(flow: &mut Flow, episode: &Episode, today: Date) {
    let agreed = episode.fact(Fact::Actions).rows();
    let progress = episode.fact(Fact::ActionProgress).rows();
    let (agreed, progress) = (agreed.value(), progress.value());
    for action in agreed.into_iter().flatten() {
        flow.actions += 1;
        let mut after = progress
            .into_iter()
            .flatten()
            .filter(|row| row.key == action.key);
        let status = after.next().unwrap_or(action).code.value();
        let done =
            status.is_some_and(|code| ["done", "completed", "closed"].contains(&code.as_str()));
        let past = action.due.value().is_some_and(|due| *due < today);
        flow.actions_done += u64::from(done);
        flow.actions_overdue += u64::from(!done && past);
    }
}

/// A past cycle as the charts need it.
async fn in_figures<C>(app: &App<C>, cycle: &CycleId) -> Result<PastCycle, AppFault> {
    let episodes = app.ledger.episodes(Some(cycle)).await?;
    let mut grades = [0; 4];
    for given in episodes.iter().filter(|it| it.cancelled.is_none()) {
        let given: Option<Evaluation> = given.evaluation().value().copied();
        let at = given.and_then(|it| Grade::ALL.iter().position(|one| *one == grade(it)));
        if let Some(count) = at.and_then(|at| grades.get_mut(at)) {
            *count += 1;
        }
    }
    let (mut moderated, mut agreed) = (0, 0);
    for episode in &episodes {
        if let Some(first) = episode.moderated_by_cslt().first()
            && let Some(own) = first.own
        {
            moderated += 1;
            agreed += u64::from(own == first.grade);
        }
    }
    Ok(PastCycle {
        cycle: cycle.to_string(),
        grades,
        moderated,
        agreed,
        changed: false,
    })
}

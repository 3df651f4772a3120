//! What does the judge find of each rule, stage by stage, and who can put right what holds?

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::clock::ClockTold;
use crate::practice::episode::{
    Episode, Finished, Hold, Permit, Presence, Role, Stage, Step, StepStatus,
};
use crate::practice::ids::{StepId, WorkerId};
use crate::practice::judge::{judge, judge_as_if_open, judge_sighting, judge_time};
use crate::practice::react::nobody_yet;
use crate::practice::rules;
use crate::practice::terms::{Stance, Terms};
use crate::practice::verdict::{Answer, Attempt, Finding, Judged, Verdict};

/// One rule, and what is found of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleTold {
    /// Its code.
    pub rule: String,
    /// Its name in words.
    pub name: String,
    /// What it asks, as a statement that is true when it is met.
    pub title: String,
    /// Paragraphs of the guidance.
    pub paragraphs: Vec<u8>,
    /// What it does when unmet.
    pub stance: Stance,
    /// `met`, `unmet`, `cannot tell` or `does not apply`.
    pub finding: &'static str,
    /// Whether it holds Finish.
    pub holds: bool,
    /// Whether an answer to Finish says it without holding.
    pub warns: bool,
    /// What is missing; empty if nothing is.
    pub missing: String,
    /// What was seen; empty if nothing was.
    pub seen: String,
    /// Who can put it right and how.
    pub remedy: String,
    /// Who is asked.
    pub asks: Role,
    /// Where the guidance on it stands, if the policy says.
    pub link: Option<String>,
}

/// One stage: its step, what was answered, and every rule of it.
#[derive(Clone, Debug, Serialize)]
pub struct StageTold {
    /// The stage.
    pub stage: Stage,
    /// Its step; none if it has not begun.
    pub step: Option<StepId>,
    /// Where the step stands.
    pub status: Option<StepStatus>,
    /// Whether it can be seen.
    pub presence: Option<Presence>,
    /// Whose step it is, if that can be read.
    pub worker: Option<WorkerId>,
    /// Which opening of the step this is; 1 for the first.
    pub leg: Option<u32>,
    /// What the judge says of a Finish: now if the step is open, of its last Finish if it is not.
    pub answer: Option<Answer>,
    /// An override lets Finish through.
    pub overridden: bool,
    /// The last Finish asked for and not made since.
    pub asked: Option<Attempt>,
    /// The permit that stands.
    pub permit: Option<Permit>,
    /// The hold that stands.
    pub hold: Option<Hold>,
    /// Every Finish observed, oldest first.
    pub finishes: Vec<Finished>,
    /// Every rule of the stage: what holds first, then what cannot be told, then the rest.
    pub rules: Vec<RuleTold>,
}

/// What is said of one stage.
pub(super) fn stage(episode: &Episode, stage: Stage, at: Timestamp, terms: &Terms) -> StageTold {
    let step = episode.step_of(stage);
    let verdict = step.and_then(|step| verdict(episode, step, at, terms));
    let of_step = step.map(|step| &step.id);
    StageTold {
        stage,
        step: super::step_id(episode, stage),
        status: step.map(|step| step.status),
        presence: step.map(|step| step.presence),
        worker: step.and_then(|step| step.assignee.value().cloned()),
        leg: step.map(|step| step.leg),
        answer: verdict.as_ref().map(Verdict::answer),
        overridden: verdict.as_ref().is_some_and(|verdict| verdict.overridden),
        asked: of_step.and_then(|id| episode.asked.get(id).cloned()),
        permit: of_step.and_then(|id| episode.permits.get(id).cloned()),
        hold: of_step.and_then(|id| episode.holds.get(id).cloned()),
        finishes: step.map_or_else(Vec::new, |step| step.finished.clone()),
        rules: in_order(verdict.iter().flat_map(|verdict| &verdict.findings)),
    }
}

/// An open step is judged as if Finish were pressed at `at` by whoever asked last; a finished one as of its Finish.
fn verdict(episode: &Episode, step: &Step, at: Timestamp, terms: &Terms) -> Option<Verdict> {
    match step.finished.last() {
        Some(finish) if !step.status.is_open() => {
            judge_as_if_open(episode, &step.id, finish.at, terms)
        }
        _ => {
            let asked = episode.asked.get(&step.id).cloned();
            let attempt = asked.unwrap_or_else(|| nobody_yet(&step.id, at));
            let attempt = Attempt {
                at,
                screen: None,
                ..attempt
            };
            judge(episode, &attempt, terms)
        }
    }
}

/// What time and the steps seen say of the whole episode.
pub(super) fn whole(episode: &Episode, at: Timestamp, terms: &Terms) -> Vec<RuleTold> {
    let mut found = judge_time(episode, at, terms);
    for stage in Stage::ALL.into_iter().rev() {
        let Some(step) = episode.step_of(stage) else {
            continue;
        };
        for judged in judge_sighting(episode, step, at, terms) {
            let before = found.iter_mut().find(|one| one.rule == judged.rule);
            match before {
                Some(one) if one.finding == Finding::DoesNotApply => *one = judged,
                Some(_) => {}
                None => found.push(judged),
            }
        }
    }
    in_order(found.iter())
}

fn in_order<'j>(findings: impl Iterator<Item = &'j Judged>) -> Vec<RuleTold> {
    let mut told: Vec<RuleTold> = findings.map(rule).collect();
    told.sort_by_key(|rule| {
        let kind = ["unmet", "cannot tell", "met", "does not apply"];
        let kind = kind.iter().position(|one| *one == rule.finding);
        (!rule.holds, kind)
    });
    told
}

fn rule(judged: &Judged) -> RuleTold {
    let open = matches!(judged.finding, Finding::Unmet(_) | Finding::CannotTell(..));
    let said = |text: String| if open { text } else { String::new() };
    RuleTold {
        rule: judged.rule.clone(),
        name: judged.name.clone(),
        title: rules::find(&judged.rule).map_or_else(String::new, |rule| rule.title.to_owned()),
        paragraphs: judged.paragraphs.clone(),
        stance: judged.stance,
        finding: judged.finding.words(),
        holds: judged.holds(),
        warns: judged.warns(),
        missing: said(judged.missing()),
        seen: said(judged.seen()),
        remedy: judged.remedy.clone(),
        asks: judged.asks,
        link: judged.link.clone(),
    }
}

/// Where the episode stands, in whole sentences: the first thing that a QA manager reads.
pub(super) fn summary(episode: &Episode, stages: &[StageTold], clock: &[ClockTold]) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(reason) = &episode.cancelled {
        said.push(format!(
            "It is cancelled, with the reason `{reason}`. Nothing is due."
        ));
        return said;
    }
    if episode.steps.is_empty() {
        said.push("It is allocated. No step of it has been seen yet.".to_owned());
    }
    let is_open = |told: &&StageTold| told.status.is_some_and(StepStatus::is_open);
    for told in stages.iter().filter(is_open) {
        said.push(open(told));
        let story = clock.iter().find(|clock| clock.stage == told.stage);
        said.extend(story.and_then(|story| story.words.first().cloned()));
        said.extend(put_right(told));
    }
    if !episode.steps.is_empty() && !stages.iter().any(|told| is_open(&told)) {
        let signed_off = stages
            .iter()
            .any(|told| told.stage == Stage::SignOff && told.status == Some(StepStatus::Completed));
        let words = if signed_off {
            "It is signed off."
        } else {
            "No step of it is open."
        };
        said.push(words.to_owned());
    }
    let concerns = episode.concerns.len();
    if concerns > 0 {
        let verb = if concerns == 1 {
            "thing needs"
        } else {
            "things need"
        };
        said.push(format!("{concerns} {verb} a person; see below."));
    }
    said
}

fn open(told: &StageTold) -> String {
    let stage = told.stage.words();
    let with = told.worker.as_ref();
    let with = with.map_or(String::new(), |worker| format!(" with {worker}"));
    let held = told.rules.iter().filter(|rule| rule.holds).count();
    let answer = match told.answer {
        Some(Answer::Permit) if told.overridden => "An override lets Finish through".to_owned(),
        Some(Answer::Permit) => "Nothing holds Finish".to_owned(),
        Some(Answer::Provisional) => {
            "Finish would be permitted provisionally: not everything can be read".to_owned()
        }
        Some(Answer::Hold) if held == 1 => "1 rule holds Finish".to_owned(),
        Some(Answer::Hold) => format!("{held} rules hold Finish"),
        None => "Its Finish cannot be judged".to_owned(),
    };
    format!("The {stage} is open{with}. {answer}.")
}

/// Who can put right what holds, each with the rules.
fn put_right(told: &StageTold) -> Vec<String> {
    let mut by_role: BTreeMap<Role, Vec<&str>> = BTreeMap::new();
    if told.answer == Some(Answer::Hold) {
        for rule in told.rules.iter().filter(|rule| rule.holds) {
            by_role.entry(rule.asks).or_default().push(&rule.rule);
        }
    }
    let said = by_role.into_iter();
    said.map(|(role, rules)| format!("The {} can put right: {}.", role.words(), rules.join(", ")))
        .collect()
}

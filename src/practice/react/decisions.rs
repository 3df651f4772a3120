//! What follows from a person's decision? It is entered with the role in which it was made, and whoever it
//! concerns hears of it. Codes only.

use serde_json::json;

use super::Work;
use super::sample::of_sample;
use crate::practice::admit::settles;
use crate::practice::authority;
use crate::practice::conflict::times_advised_against;
use crate::practice::deadlines::due_day;
use crate::practice::decision::{Decided, Decision, Moderation, ModerationOutcome};
use crate::practice::effect::Act;
use crate::practice::episode::{Episode, Role, Stage};
use crate::practice::fold;
use crate::practice::ids::StepId;
use crate::practice::rules::differing::way_out;
use crate::practice::terms::{Mode, Terms};

/// Under which rule, to whom, and what.
pub(super) type Saying = (&'static str, Vec<Role>, String);

/// A message about a decision: under which rule, to whom, what, and on which step if on one.
struct Message {
    rule: &'static str,
    tell: Vec<Role>,
    text: String,
    step: Option<StepId>,
}

impl Work<'_> {
    /// Takes a decision in. Whether it may be is settled at the door (`admit`).
    pub(super) fn decided(&mut self, decision: &Decision) {
        if self.after.decided.contains(&decision.id) {
            return;
        }
        let role = authority::may(decision, Some(&self.after), self.terms).ok();
        let settles = settles(&self.after, &decision.what);
        let grade = self.after.evaluation().value().copied();
        fold::take_decision(&mut self.after, decision, role);
        self.say("decided", json!({ "decision": decision, "as": role }));
        if settles {
            self.open_again(decision);
        }
        let graded = grade.is_some();
        if let Some(said) = message(&self.after, decision, role, (settles, graded), self.terms) {
            let act = match &said.step {
                Some(_) => Act::Note { text: said.text },
                None => Act::Notice { text: said.text },
            };
            let cause = format!("decision/{}", decision.id);
            self.owe(
                said.step, &cause, said.rule, "note", act, &said.tell, self.now,
            );
        }
    }

    /// Work that goes back is opened again where we may; where we may not, people are asked to.
    fn open_again(&mut self, decision: &Decision) {
        let (to, rule) = match &decision.what {
            Decided::ReturnStep { to, .. } => (*to, "LE-29.4"),
            Decided::ReopenAfterSignOff { .. } => (Stage::PracticeReview, "LE-29.3"),
            _ => return,
        };
        let Some(step) = self.after.step_of(to).map(|step| step.id.clone()) else {
            return;
        };
        let code = decision.what.reason().unwrap_or_default();
        let by = due_day(&self.after, to, &self.terms.policy, &self.terms.calendar);
        let by = by.filter(|_| to == Stage::Practitioner);
        let by = by.map_or_else(String::new, |by| by.strftime(" by %-d %B %Y").to_string());
        let text = format!(
            "{}: the {} is to be worked on again, reason code {code}. Finish it anew{by}.",
            self.after.id,
            to.words()
        );
        let cause = format!("decision/{}", decision.id);
        if self.terms.mode == Mode::Observe {
            let text = format!("{text} Please open step {step} again.");
            let note = Act::Note { text };
            self.owe_step(&step, &cause, rule, "reopen", note, &[to.owner()]);
        } else {
            self.owe_step(
                &step,
                &cause,
                rule,
                "reopen",
                Act::Reopen { text },
                &[to.owner()],
            );
        }
    }
}

/// What is said of a decision, if anything is.
fn message(
    episode: &Episode,
    decision: &Decision,
    role: Option<Role>,
    (settles, graded): (bool, bool),
    terms: &Terms,
) -> Option<Message> {
    let on_review = matches!(
        decision.what,
        Decided::Moderate { .. } | Decided::BelowStandard { .. }
    );
    let (under, tell, text) = of_moderation(&decision.what, episode, terms)
        .or_else(|| of_people(&decision.what))
        .or_else(|| of_sample(&decision.what, episode))
        .or_else(|| of_going_back(&decision.what, role, settles, graded))?;
    let review = episode.step_of(Stage::PracticeReview);
    Some(Message {
        rule: under,
        tell,
        text: format!("{}: {text}.", episode.id),
        step: review.filter(|_| on_review).map(|step| step.id.clone()),
    })
}

fn of_moderation(what: &Decided, episode: &Episode, terms: &Terms) -> Option<Saying> {
    let head = vec![Role::HeadOfService];
    let (tell, text) = match what {
        Decided::RequestModeration => (
            head,
            "initial moderation is requested. Record whether you agree before the work goes on"
                .to_owned(),
        ),
        Decided::WithdrawModeration => (
            head,
            "the request for initial moderation is withdrawn. You do not need to do anything"
                .to_owned(),
        ),
        Decided::Moderate { outcome, grade, .. } => {
            let against = *outcome == ModerationOutcome::Change
                && times_advised_against(episode, *grade, None) > 1;
            let also = against.then_some(Role::Cslt);
            let last = episode.moderations.last();
            (
                std::iter::once(Role::PracticeReviewer)
                    .chain(also)
                    .collect(),
                format!(
                    "initial moderation of {}: {}",
                    grade.words(),
                    last.map_or_else(String::new, |last| moderated(episode, last))
                ),
            )
        }
        Decided::Delegate { to, until, .. } => (
            vec![Role::PracticeReviewer, Role::QaManager],
            format!(
                "worker {to} may record the initial moderation in the Head's place, until {}. Ask them for it",
                terms.calendar.local_words(*until)
            ),
        ),
        _ => return None,
    };
    Some(("LE-27.1", tell, text))
}

fn of_people(what: &Decided) -> Option<Saying> {
    let code = what.reason().unwrap_or_default();
    Some(match what {
        Decided::Unavailable { .. } => (
            "LE-04.2",
            vec![Role::Supervisor, Role::QaManager],
            format!(
                "the practitioner cannot take part for now, reason code {code}. Agree how it goes on: a pause, \
                 another practitioner, or a new date"
            ),
        ),
        Decided::BelowStandard { criteria } => (
            "LE-05.1",
            vec![Role::PracticeReviewer],
            format!(
                "below the standard, as first instance. Put right what is named. Criteria: {}",
                criteria.join(", ")
            ),
        ),
        Decided::EscalateToHead { .. } => (
            "LE-05.2",
            vec![Role::HeadOfService],
            format!(
                "the standard of this Learning Episode is taken to you, reason code {code}. Talk with the QA manager"
            ),
        ),
        Decided::RaiseConcern => (
            "LE-07.1",
            vec![Role::HeadOfService, Role::OperationalManager],
            "a concern about practice is raised. Talk with the practice reviewer, and record that you have it"
                .to_owned(),
        ),
        Decided::Reassign { role, to, .. } => (
            "LE-01.2",
            vec![*role, Role::QaManager],
            format!(
                "worker {to} is its {} from now on, reason code {code}. Tell each other what stands open",
                role.words()
            ),
        ),
        _ => return None,
    })
}

fn of_going_back(
    what: &Decided,
    role: Option<Role>,
    settles: bool,
    graded: bool,
) -> Option<Saying> {
    let code = what.reason().unwrap_or_default();
    let both = || vec![Role::QaManager, Role::HeadOfService];
    Some(match what {
        Decided::Cancel { .. } if graded => (
            "LE-09.6",
            both(),
            format!(
                "cancelled after it was evaluated, reason code {code}, so it left the sample's frame. Look at whether that \
                 was meant"
            ),
        ),
        Decided::ReopenAfterSignOff { .. } if settles => (
            "LE-29.3",
            both(),
            "opened again after sign-off. The sign-off, and any result of the sample, are of the version before. Have it \
             signed off anew"
                .to_owned(),
        ),
        Decided::ReopenAfterSignOff { .. } | Decided::ReturnStep { .. } if !settles => (
            "LE-29.3",
            second(what, role),
            format!(
                "`{}` is proposed, reason code {code}. Record the same if you agree",
                what.name()
            ),
        ),
        _ => return None,
    })
}

fn second(what: &Decided, first: Option<Role>) -> Vec<Role> {
    let other = match what {
        Decided::ReturnStep { .. } => Role::ServiceManager,
        _ => Role::QaManager,
    };
    let both = [Role::HeadOfService, other].into_iter();
    both.filter(|role| Some(*role) != first).collect()
}

fn moderated(episode: &Episode, last: &Moderation) -> String {
    match (last.outcome, last.instead) {
        (ModerationOutcome::Agree, _) => {
            "agreed. Finish can go on with the form as it stands".to_owned()
        }
        (ModerationOutcome::Change, Some(instead)) => format!(
            "{} is advised instead. {}",
            instead.words(),
            way_out(episode, last)
        ),
        (ModerationOutcome::Change, None) => {
            format!("another evaluation is advised. {}", way_out(episode, last))
        }
        (ModerationOutcome::MoreEvidence, _) => {
            "more evidence is asked for. Add it, and ask for moderation again".to_owned()
        }
        (ModerationOutcome::Withdrawn, _) => "the request is withdrawn".to_owned(),
    }
}

//! Which prerequisites does the guidance set, and what is found of each?
//!
//! One entry per rule, a file per stage, in the order in which a person meets them. A rule names
//! facts, never where a form keeps them, and takes every number from the policy. Absent on purpose:
//! a rules language (a typed table is shorter and can be tested), the clock, and any grading: a rule
//! asks whether something is there, never whether the practice was good.

pub mod allocation;
pub mod awaits;
pub mod concern;
pub mod concluding;
pub mod conversation;
pub mod differing;
pub mod due;
pub mod hand_on;
pub mod hand_over;
pub mod invitations;
pub mod lateness;
pub mod moderation;
pub mod observation;
pub mod parameter;
pub mod points;
pub mod practitioner;
pub mod question;
pub mod review;
pub mod sign_off;
pub mod standard;
pub mod step;
pub mod supervisor;
pub mod waiting;
mod words;

use jiff::Timestamp;

use super::deadlines::Milestone;
use super::episode::{Episode, Role, Stage};
use super::known::Why;
use super::terms::{Policy, RuleTerms, Stance, Terms, WhenUnavailable};
use super::verdict::{Finding, Judged};

pub use awaits::Awaited;
pub use parameter::{PARAMETERS, Parameter, ParameterKind};
pub use points::{Disposition, POINTS, Point};
pub use question::{CLOCK_GRACE_SECONDS, Change, Proposal, Question};

/// One prerequisite of the guidance.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its code, such as `LE-27.1`: the paragraph it comes from, and a running number.
    pub code: &'static str,
    /// Further codes under which the same duty is listed; a policy may use any of them.
    pub also: &'static [&'static str],
    /// Its name in words, such as `moderation-before-extreme-evaluation`.
    pub name: &'static str,
    /// Paragraphs of the guidance it serves.
    pub paragraphs: &'static [u8],
    /// What it asks, as a statement that is true when it is met.
    pub title: &'static str,
    /// What it does when unmet, unless the policy says otherwise.
    pub stance: Stance,
    /// What it does when its facts cannot be read, unless the policy says otherwise.
    pub when_unavailable: WhenUnavailable,
    /// Who can put it right and how: one sentence.
    pub remedy: &'static str,
    /// Who is asked.
    pub asks: Role,
    /// Whether an accountable override lets a Finish through in spite of it.
    pub overridable: bool,
    /// When it is judged, and how.
    pub trigger: Trigger,
}

/// A flag put to the practice reviewer: what most rules are, and the others change.
const fn put_to_reviewer(
    code: &'static str,
    name: &'static str,
    paragraphs: &'static [u8],
    title: &'static str,
    remedy: &'static str,
    trigger: Trigger,
) -> Rule {
    Rule {
        code,
        also: &[],
        name,
        paragraphs,
        title,
        stance: Stance::Flag,
        when_unavailable: WhenUnavailable::AllowProvisional,
        remedy,
        asks: Role::PracticeReviewer,
        overridable: true,
        trigger,
    }
}

/// Such a flag at Finish of the practice review.
const fn flag(
    code: &'static str,
    name: &'static str,
    paragraphs: &'static [u8],
    title: &'static str,
    remedy: &'static str,
    check: Check,
) -> Rule {
    let trigger = Trigger::AtFinish(&[Stage::PracticeReview], check);
    put_to_reviewer(code, name, paragraphs, title, remedy, trigger)
}

/// The same as time passes, for what is awaited in the practice review.
const fn awaiting(
    code: &'static str,
    name: &'static str,
    paragraphs: &'static [u8],
    title: &'static str,
    remedy: &'static str,
    check: for<'a> fn(&Question<'a>) -> Awaited<'a>,
) -> Rule {
    let trigger = Trigger::Awaits(check);
    put_to_reviewer(code, name, paragraphs, title, remedy, trigger)
}

/// How a rule looks at an episode.
pub type Check = fn(&Question<'_>) -> Finding;

/// When a rule is judged, and how.
#[derive(Clone, Copy, Debug)]
pub enum Trigger {
    /// When Finish is pressed, or asked for, on a step of one of these stages.
    AtFinish(&'static [Stage], Check),
    /// When the QA manager allocates (¶1).
    AtAllocation(fn(&Proposal<'_>) -> Finding),
    /// When a person decides something about the episode, before it is recorded.
    AtDecision(fn(&Change<'_>) -> Finding),
    /// Whenever time matters to the episode.
    ByTime(Check),
    /// The same for something that is awaited: from what it answers, the messages are made as well.
    Awaits(for<'a> fn(&Question<'a>) -> Awaited<'a>),
    /// Whenever a step of the episode has been seen.
    OnSighting(Check),
}

/// Every rule, in the order in which findings are given: identity and state, then evidence, then
/// moderation, then hand-over.
pub const RULES: &[Rule] = &[
    step::OPEN,
    allocation::COMPLETE,
    allocation::INDEPENDENT,
    allocation::STARTED,
    allocation::ADOPTED,
    allocation::SINGLE,
    allocation::LEFT,
    lateness::OVERDUE,
    lateness::REMINDER,
    lateness::LATE_FINISH,
    lateness::DATE_CHANGE,
    lateness::AVAILABLE,
    hand_on::SAID_EARLY,
    standard::FIRST_INSTANCE,
    concern::CONSIDERED,
    concern::ACKNOWLEDGED,
    waiting::ASKED_FOR,
    invitations::KICK_OFF,
    invitations::CONVERSATION,
    invitations::CONCLUDING,
    invitations::PRACTICE_EVENT,
    invitations::RESEARCH,
    practitioner::REFLECTION,
    practitioner::IN_TIME,
    practitioner::FOCUS,
    practitioner::TO_REVIEWER,
    hand_on::BY_AGREED_DATE,
    hand_on::GREEN_TICK,
    hand_on::NEXT_CREATED,
    conversation::PERIOD,
    conversation::PARTICIPANTS,
    conversation::PREPARED,
    review::CONVERSATION,
    observation::ANNOUNCED,
    observation::CONCERN_DISCUSSED,
    observation::OBSERVATION,
    observation::CONSISTENT,
    review::FAMILY,
    review::PARTNER,
    review::ANALYSIS,
    review::PROFILE,
    review::EVALUATION,
    concluding::MEETING,
    concluding::CHALLENGE,
    concluding::ACTIONS,
    waiting::BEFORE_MEETING,
    concern::BEFORE_INADEQUATE,
    moderation::AGREED,
    waiting::ANSWERED,
    moderation::UNCHANGED,
    differing::MOVED,
    differing::SETTLED,
    moderation::REACHED_MANAGER,
    concluding::TO_SUPERVISOR,
    supervisor::CARRIED,
    hand_on::TAKEN_UP,
    supervisor::PROGRESS,
    supervisor::TO_SERVICE_MANAGER,
    sign_off::STATEMENT,
    sign_off::ASSURED,
    sign_off::IN_TIME,
    hand_on::LOOP_CLOSED,
];

/// Every milestone of what is awaited in an episode, by the rules that wait, as it stands at `now`, UTC.
pub fn awaited(episode: &Episode, terms: &Terms, now: Timestamp) -> Vec<Milestone> {
    let question = Question {
        episode,
        step: None,
        attempt: None,
        at: now,
        terms,
    };
    let rules = RULES.iter().filter_map(|rule| match rule.trigger {
        Trigger::Awaits(check) => Some(check(&question).milestones(rule, &question)),
        _ => None,
    });
    rules.flatten().collect()
}

/// The rule with a code, its own or one it is also listed under.
pub fn find(code: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .find(|rule| rule.code == code || rule.also.contains(&code))
}

impl Rule {
    /// What it does when unmet, under a policy.
    pub fn stance_under(&self, policy: &Policy) -> Stance {
        self.changed(policy, |terms| terms.stance)
            .unwrap_or(self.stance)
    }

    /// What it does when its facts cannot be read, under a policy.
    pub fn when_unavailable_under(&self, policy: &Policy) -> WhenUnavailable {
        self.changed(policy, |terms| terms.when_unavailable)
            .unwrap_or(self.when_unavailable)
    }

    /// Who can put it right and how: as the policy says, else as the case at hand asks, else as always.
    pub fn remedy_under(&self, policy: &Policy, case: Option<&str>) -> String {
        self.changed(policy, |terms| said(&terms.remedy))
            .unwrap_or_else(|| case.unwrap_or(self.remedy).to_owned())
    }

    /// Its own code, and those it is listed under as well.
    pub fn codes(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.code).chain(self.also.iter().copied())
    }

    /// What a council may change about it besides its stance and wording.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        let code = self.code;
        PARAMETERS.iter().filter(move |one| one.rule == code)
    }

    /// The finding with all that an explanation needs. A rule that is off is not judged.
    pub(crate) fn judged(&self, policy: &Policy, finding: impl FnOnce() -> Finding) -> Judged {
        let stance = self.stance_under(policy);
        let mut finding = if stance == Stance::Off {
            Finding::DoesNotApply
        } else {
            finding()
        };
        let mut remedy = self.remedy_under(policy, None);
        if let Finding::CannotTell(_, Why::Unread) = finding {
            // Nobody is sent after what may long be there.
            UNREAD.clone_into(&mut remedy);
        }
        if let Finding::Unmet(evidence) = &mut finding {
            remedy = self.remedy_under(policy, evidence.remedy.take().as_deref());
            if let Some(say) = self.changed(policy, |terms| said(&terms.say)) {
                evidence.missing = say;
            }
        }
        Judged {
            rule: self.code.to_owned(),
            name: self.name.to_owned(),
            paragraphs: self.paragraphs.to_vec(),
            stance,
            when_unavailable: self.when_unavailable_under(policy),
            finding,
            remedy,
            link: policy.link(self.codes()).map(str::to_owned),
            asks: self.asks,
            last_seen: None,
        }
    }

    fn changed<T>(&self, policy: &Policy, pick: impl Fn(&RuleTerms) -> Option<T>) -> Option<T> {
        self.codes()
            .find_map(|code| policy.rules.get(code).and_then(&pick))
    }
}

/// What is to be done while the case system cannot be read, whatever the rule.
pub const UNREAD: &str = "Wait a minute and press Finish again; if it stays so, tell the IT team.";

/// A sentence, if one is given.
fn said(sentence: &str) -> Option<String> {
    (!sentence.is_empty()).then(|| sentence.to_owned())
}

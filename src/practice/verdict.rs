//! May this step be Finished, and if not, why not? What the judge answers, and its wording.

use std::fmt::Write;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::episode::{Role, Stage};
use super::fact::Fact;
use super::ids::{Digest, StepId, WorkerId};
use super::known::{Known, Why};
use super::terms::{Stance, WhenUnavailable};

/// A Finish that somebody wants to press, or has pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The step.
    pub step: StepId,
    /// Who presses, if said.
    pub actor: Option<WorkerId>,
    /// To whom the work is handed, if said.
    pub hand_over: Known<WorkerId>,
    /// Sent on by a next action that does not wait for Finish.
    pub immediate: bool,
    /// The instant judged for, UTC.
    pub at: Timestamp,
    /// The version of the step that whoever asks has on the screen, if said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<String>,
}

/// What was found of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The prerequisite holds.
    Met,
    /// It does not.
    Unmet(Evidence),
    /// A fact it needs could not be read.
    CannotTell(Fact, Why),
    /// It does not concern this episode.
    DoesNotApply,
}

/// What is missing and what was seen instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What is missing: one sentence.
    pub missing: String,
    /// What was seen: one sentence, with value and date where there is one.
    pub seen: String,
    /// Who can put this right and how, where that is another sentence than the rule's own.
    #[serde(skip)]
    pub remedy: Option<String>,
}

/// One rule's finding with all that an explanation needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The rule's code, such as `LE-27.1`.
    pub rule: String,
    /// The rule's name in words, such as `moderation-before-extreme-evaluation`.
    pub name: String,
    /// Paragraphs of the guidance.
    pub paragraphs: Vec<u8>,
    /// What it does when unmet.
    pub stance: Stance,
    /// What it does when blind.
    pub when_unavailable: WhenUnavailable,
    /// What was found.
    pub finding: Finding,
    /// Who can put it right and how: one sentence.
    pub remedy: String,
    /// Where the council's guidance on it stands, if the policy says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Who is asked.
    pub asks: Role,
    /// What was missing when the step was last seen, if that is all there is to go by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<LastSeen>,
}

/// What a rule found when a step was last seen that cannot be read now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSeen {
    /// When, in local words.
    pub when: String,
    /// What was missing then: one sentence.
    pub missing: String,
    /// What was seen then: one sentence.
    pub seen: String,
}

/// The judge's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which Finish.
    pub stage: Stage,
    /// Which step.
    pub step: StepId,
    /// Every rule of the stage, in order, whatever was found.
    pub findings: Vec<Judged>,
    /// The matter judged.
    pub on: Digest,
    /// When, UTC.
    pub judged_at: Timestamp,
    /// Under which policy.
    pub policy: Digest,
    /// An accountable override is on record for this Finish.
    pub overridden: bool,
}

/// The answer in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Every blocking rule is met.
    Permit,
    /// Nothing seen stands against it, but something could not be seen.
    Provisional,
    /// A blocking rule is unmet, or blind and must hold.
    Hold,
}

impl Finding {
    /// The finding in the words that every answer uses for it.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Unmet(_) => "unmet",
            Self::CannotTell(..) => "cannot tell",
            Self::DoesNotApply => "does not apply",
        }
    }
}

impl Judged {
    /// Whether the council's forms do not ask for what this rule would look at.
    ///
    /// The mapping then has no place for it, and the finding stays "cannot tell"; but nobody is flagged, told or
    /// held for what no form carries. Only a rule that blocks does not let a core fact pass: without it nothing
    /// of the episode could be judged. Nor does a step that was never seen set a flag for an optional fact.
    pub fn is_unasked(&self) -> bool {
        match &self.finding {
            Finding::CannotTell(fact, Why::NotMapped) => {
                self.stance != Stance::Block || fact.is_optional()
            }
            Finding::CannotTell(fact, Why::NotSeen | Why::Unread) => {
                self.stance != Stance::Block && fact.is_optional()
            }
            _ => false,
        }
    }

    /// Whether this finding holds the Finish.
    pub fn holds(&self) -> bool {
        self.stance == Stance::Block
            && !self.is_unasked()
            && match &self.finding {
                Finding::Unmet(_) => true,
                Finding::CannotTell(..) => {
                    self.last_seen.is_some() || self.when_unavailable == WhenUnavailable::Hold
                }
                Finding::Met | Finding::DoesNotApply => false,
            }
    }

    /// Whether this finding is said without holding the Finish.
    pub fn warns(&self) -> bool {
        self.stance != Stance::Off
            && !self.holds()
            && !self.is_unasked()
            && matches!(self.finding, Finding::Unmet(_) | Finding::CannotTell(..))
    }

    /// What is missing: one sentence.
    pub fn missing(&self) -> String {
        if let Some(last) = &self.last_seen {
            return format!(
                "{} So it was when the step was last seen ({}); it could not be read from the case system just now.",
                last.missing, last.when
            );
        }
        match &self.finding {
            Finding::Unmet(evidence) => evidence.missing.clone(),
            Finding::CannotTell(fact, Why::Unread) => {
                format!(
                    "{} could not be read from the case system just now.",
                    capitalised(fact.words())
                )
            }
            Finding::CannotTell(fact, _) => {
                format!("It cannot be told: {} cannot be read.", fact.words())
            }
            Finding::Met => "Nothing: it is met.".to_owned(),
            Finding::DoesNotApply => "Nothing: it does not apply.".to_owned(),
        }
    }

    /// What was seen: one sentence.
    pub fn seen(&self) -> String {
        if let Some(last) = &self.last_seen {
            return last.seen.clone();
        }
        match &self.finding {
            Finding::Unmet(evidence) => evidence.seen.clone(),
            Finding::CannotTell(_, Why::Unread) => "This says nothing about the form.".to_owned(),
            Finding::CannotTell(_, why) => format!("Nothing: {}.", why.words()),
            Finding::Met | Finding::DoesNotApply => String::new(),
        }
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

impl Verdict {
    /// The answer in one word.
    pub fn answer(&self) -> Answer {
        if self.overridden {
            return Answer::Permit;
        }
        if self.findings.iter().any(Judged::holds) {
            return Answer::Hold;
        }
        let blind = self.findings.iter().any(|judged| {
            judged.stance == Stance::Block
                && matches!(judged.finding, Finding::CannotTell(..))
                && !judged.is_unasked()
        });
        if blind {
            Answer::Provisional
        } else {
            Answer::Permit
        }
    }

    /// Everything that holds the Finish, in stage order.
    pub fn reasons(&self) -> impl Iterator<Item = &Judged> {
        self.findings.iter().filter(|judged| judged.holds())
    }

    /// Everything that is said without holding it.
    pub fn warnings(&self) -> impl Iterator<Item = &Judged> {
        self.findings.iter().filter(|judged| judged.warns())
    }

    /// The codes of the rules that hold the Finish.
    pub fn codes(&self) -> Vec<&str> {
        self.reasons().map(|judged| judged.rule.as_str()).collect()
    }

    /// The hold as one text for a person: all reasons at once.
    pub fn in_words(&self) -> String {
        let mut text = String::from("Finish is held.");
        for judged in self.reasons() {
            let points: Vec<String> = judged.paragraphs.iter().map(u8::to_string).collect();
            let link = judged.link.as_ref();
            let _ = write!(
                text,
                " {}: {} {} {} (Guidance paragraph {}{})",
                judged.rule,
                judged.missing(),
                judged.seen(),
                judged.remedy,
                points.join(" and "),
                link.map_or(String::new(), |link| format!("; guidance: {link}"))
            );
        }
        text
    }
}

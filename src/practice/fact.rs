//! Which facts may be stored of an episode? The register: what is not here is not kept.
//!
//! Every fact is a length, a date, a code, a count, a yes/no, a worker id or rows of those: never
//! narrative. Each names the stage whose form carries it and the paragraphs that make it needed.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::episode::{Evaluation, Stage};
use super::ids::WorkerId;
use super::known::{Known, Why};

/// What kind of value a fact has, and so how a mapping must read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// The number of characters of a text after trimming; the text itself is dropped on reading.
    Length,
    /// A local calendar day (Europe/London).
    Day,
    /// A yes/no.
    Yes,
    /// How many.
    Count,
    /// One of these codes, or any short code if the list is empty.
    Code(&'static [&'static str]),
    /// A worker id.
    Worker,
    /// Rows, each with a key; see [`Row`].
    Rows,
}

/// A fact's value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Characters after trimming.
    Length(u32),
    /// A local calendar day (Europe/London).
    Day(Date),
    /// An instant, UTC.
    At(Timestamp),
    /// A yes/no.
    Yes(bool),
    /// How many.
    Count(u32),
    /// A canonical code, lower case.
    Code(String),
    /// A worker id.
    Worker(WorkerId),
    /// Rows of a table or a name/value list.
    Rows(Vec<Row>),
}

/// One row: an observed component, an area of practice, an agreed action, feedback, or somebody who took part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Row {
    /// The component's, area's or action's own id or code; of somebody who took part, the role (`supervisor`,
    /// `iro`); of feedback, its own id.
    pub key: String,
    /// Assurance (`high`, `medium`, `low`, `waived`), the action's status code, the source of feedback
    /// (`child`, `parent_carer`, `partner`), or how somebody took part (`present`, `deputy`, `absent`).
    #[serde(default = "blank", skip_serializing_if = "is_blank")]
    pub code: Known<String>,
    /// Who owns the action.
    #[serde(default = "blank", skip_serializing_if = "is_blank")]
    pub owner: Known<WorkerId>,
    /// By when the action is to be done (local day).
    #[serde(default = "blank", skip_serializing_if = "is_blank")]
    pub due: Known<Date>,
    /// When progress was last recorded (local day).
    #[serde(default = "blank", skip_serializing_if = "is_blank")]
    pub progress_on: Known<Date>,
}

impl Row {
    /// A row of which nothing but the key is known.
    pub fn new(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            code: Known::Blank,
            owner: Known::Blank,
            due: Known::Blank,
            progress_on: Known::Blank,
        }
    }
}

/// What a value says, asked for as the kind a rule needs. Blank stays blank and unreadable stays
/// unreadable; a value of another kind than asked for is malformed, never guessed at.
impl Known<Value> {
    /// Length, count or number of rows; 0 if blank.
    pub fn amount(self) -> Known<u32> {
        match self {
            Self::Is(Value::Length(n) | Value::Count(n)) => Known::Is(n),
            Self::Is(Value::Yes(yes)) => Known::Is(u32::from(yes)),
            Self::Is(Value::Rows(rows)) => Known::Is(u32::try_from(rows.len()).unwrap_or(u32::MAX)),
            Self::Is(_) => Known::Unreadable(Why::Malformed),
            Self::Blank => Known::Is(0),
            Self::Unreadable(why) => Known::Unreadable(why),
        }
    }

    /// Rows; none if blank.
    pub fn rows(self) -> Known<Vec<Row>> {
        match self {
            Self::Is(Value::Rows(rows)) => Known::Is(rows),
            Self::Is(_) => Known::Unreadable(Why::Malformed),
            Self::Blank => Known::Is(Vec::new()),
            Self::Unreadable(why) => Known::Unreadable(why),
        }
    }

    /// A code; blank if none was chosen.
    pub fn code(self) -> Known<String> {
        match self {
            Self::Is(Value::Code(code)) if code.trim().is_empty() => Known::Blank,
            Self::Is(Value::Code(code)) => Known::Is(code),
            Self::Is(_) => Known::Unreadable(Why::Malformed),
            Self::Blank => Known::Blank,
            Self::Unreadable(why) => Known::Unreadable(why),
        }
    }

    /// A calendar day; `local` turns an instant into the day it falls on where the council is.
    pub fn day(self, local: impl FnOnce(Timestamp) -> Date) -> Known<Date> {
        match self {
            Self::Is(Value::Day(day)) => Known::Is(day),
            Self::Is(Value::At(at)) => Known::Is(local(at)),
            Self::Is(_) => Known::Unreadable(Why::Malformed),
            Self::Blank => Known::Blank,
            Self::Unreadable(why) => Known::Unreadable(why),
        }
    }

    /// The overall evaluation of practice (¶25).
    pub fn evaluation(self) -> Known<Evaluation> {
        match self.code() {
            Known::Is(code) => Evaluation::from_code(&code)
                .map_or(Known::Unreadable(Why::NotInVocabulary), Known::Is),
            Known::Blank => Known::Blank,
            Known::Unreadable(why) => Known::Unreadable(why),
        }
    }
}

fn blank<T>() -> Known<T> {
    Known::Blank
}

fn is_blank<T>(known: &Known<T>) -> bool {
    matches!(known, Known::Blank)
}

/// Assurance codes (¶22, ¶25); `waived` is a waiver code where an observation could not be had.
pub const ASSURANCE: &[&str] = &["high", "medium", "low", "waived"];
/// Evaluation codes (¶8).
pub const EVALUATION: &[&str] = &["outstanding", "good", "requires_improvement", "inadequate"];

/// How somebody took part (¶12, ¶26).
pub const TOOK_PART: &[&str] = &["present", "deputy", "absent"];
/// Who gave feedback (¶23, ¶24).
pub const FEEDBACK: &[&str] = &["child", "parent_carer", "partner"];

impl Fact {
    /// The codes of its value, or of each of its rows; none if any short code may stand there, or if it has no code.
    pub fn codes(self) -> &'static [&'static str] {
        match (self, self.kind()) {
            (_, FactKind::Code(codes)) => codes,
            (Self::Observation | Self::Areas, _) => ASSURANCE,
            (Self::ConversationParticipants | Self::FinalAttendees, _) => TOOK_PART,
            (Self::Feedback, _) => FEEDBACK,
            _ => &[],
        }
    }
}

/// Whether an episode can be judged at all without a fact.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Core,
    Optional,
}

macro_rules! facts {
    ($($variant:ident, $name:literal, $kind:expr, $stage:ident, $need:ident, [$($point:literal),*], $meaning:literal;)*) => {
        /// A fact that a mapping may provide and a rule may read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Fact {
            $(#[doc = $meaning] #[serde(rename = $name)] $variant,)*
        }

        impl Fact {
            /// Every fact, in the order of the guidance.
            pub const ALL: &'static [Fact] = &[$(Fact::$variant),*];

            /// The name that mapping files use.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What kind of value it has.
            pub fn kind(self) -> FactKind {
                match self { $(Self::$variant => $kind,)* }
            }

            /// The stage whose form carries it.
            pub fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage,)* }
            }

            /// Whether a council's forms may well do without it.
            ///
            /// What the forms do not carry is not asked of people: see `Judged::is_unasked`.
            pub fn is_optional(self) -> bool {
                match self { $(Self::$variant => Need::$need == Need::Optional,)* }
            }

            /// The paragraphs of the guidance that make it needed.
            pub fn paragraphs(self) -> &'static [u8] {
                match self { $(Self::$variant => &[$($point),*],)* }
            }

            /// The fact in words, as it stands in a sentence ("the overall evaluation").
            pub fn words(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

facts! {
    ReflectionLength, "reflection_length", FactKind::Length, Practitioner, Core, [16], "the length of the practitioner's reflection";
    FocusLength, "focus_length", FactKind::Length, Practitioner, Optional, [17], "the length of the practitioner's preferred focus";
    AgreedDate, "agreed_date", FactKind::Day, Practitioner, Optional, [16], "the date agreed for the practitioner's step";
    KickoffTalkDate, "kickoff_talk_date", FactKind::Day, Practitioner, Optional, [11], "the date of the kick-off talk";
    PracticeEventDate, "practice_event_date", FactKind::Day, Practitioner, Optional, [14], "the date of the practice event agreed for the observation";
    EventInviteDate, "event_invite_date", FactKind::Day, Practitioner, Optional, [14], "the date on which the reviewer was invited to the practice event";
    ObserverNoticeDate, "observer_notice_date", FactKind::Day, Practitioner, Optional, [15], "the date on which the family and professionals were told of the observer";
    ObserverConcern, "observer_concern", FactKind::Yes, Practitioner, Optional, [15], "whether somebody expressed concern about the observer";
    ObserverConcernDate, "observer_concern_date", FactKind::Day, Practitioner, Optional, [15], "the date on which concern about the observer was expressed";
    ConcernDiscussedDate, "concern_discussed_date", FactKind::Day, Practitioner, Optional, [15], "the date on which that concern was discussed with the reviewer";
    ConversationLength, "conversation_length", FactKind::Length, PracticeReview, Core, [20], "the length of the learning conversation summary in Section 3";
    ConversationDate, "conversation_date", FactKind::Day, PracticeReview, Optional, [19, 20], "the date of the first learning conversation";
    ConversationInviteDate, "conversation_invite_date", FactKind::Day, PracticeReview, Optional, [12], "the date of the invitation to the first learning conversation";
    ConversationParticipants, "conversation_participants", FactKind::Rows, PracticeReview, Optional, [12], "who took part in the first learning conversation, by role";
    ParticipantsReason, "participants_reason", FactKind::Code(&[]), PracticeReview, Optional, [12], "the reason code for a learning conversation without a role that was suggested";
    RecordReadDate, "record_read_date", FactKind::Day, PracticeReview, Optional, [19], "the date on which the reviewer had read the record";
    ResearchOpenedDate, "research_opened_date", FactKind::Day, PracticeReview, Optional, [21], "the date on which the Research in Practice guidance was opened";
    PeriodStart, "period_start", FactKind::Day, PracticeReview, Optional, [2], "the first day of the period evaluated";
    PeriodEnd, "period_end", FactKind::Day, PracticeReview, Optional, [2], "the last day of the period evaluated";
    PeriodReason, "period_reason", FactKind::Code(&[]), PracticeReview, Optional, [2], "the reason code for another period than six months";
    ObservationDate, "observation_date", FactKind::Day, PracticeReview, Optional, [14, 21], "the date of the observed practice event";
    Observation, "observation", FactKind::Rows, PracticeReview, Core, [22], "the assurance of the three components observed, in Section 4";
    ObservationWaiver, "observation_waiver", FactKind::Code(&[]), PracticeReview, Core, [15, 22], "the code that waives the observation";
    FamilyFeedback, "family_feedback", FactKind::Count, PracticeReview, Core, [23], "the feedback from people who have experienced practice";
    FamilyFeedbackReason, "family_feedback_reason", FactKind::Code(&[]), PracticeReview, Core, [23], "the reason code for having no family feedback";
    PartnerFeedback, "partner_feedback", FactKind::Count, PracticeReview, Core, [24], "the feedback from partners in the plan";
    PartnerFeedbackReason, "partner_feedback_reason", FactKind::Code(&[]), PracticeReview, Core, [24], "the reason code for having no partner feedback";
    Feedback, "feedback", FactKind::Rows, PracticeReview, Optional, [23, 24], "the feedback heard, by source";
    AnalysisLength, "analysis_length", FactKind::Length, PracticeReview, Core, [25], "the length of the analysis in Section 6";
    Areas, "areas", FactKind::Rows, PracticeReview, Core, [25], "the assurance of each area of practice, in Section 6";
    Evaluation, "evaluation", FactKind::Code(EVALUATION), PracticeReview, Core, [8, 25, 27], "the overall evaluation";
    EvaluationDate, "evaluation_date", FactKind::Day, PracticeReview, Optional, [8, 25], "the date on which the overall evaluation was set";
    ConcernDate, "concern_date", FactKind::Day, PracticeReview, Optional, [7], "the date on which a concern about practice was raised";
    ConcernTold, "concern_told", FactKind::Rows, PracticeReview, Optional, [7], "who was told of a concern about practice, by role";
    FinalInviteDate, "final_invite_date", FactKind::Day, PracticeReview, Optional, [13], "the date of the invitation to the concluding meeting";
    FinalMeetingDate, "final_meeting_date", FactKind::Day, PracticeReview, Core, [13, 26], "the date of the concluding meeting";
    FinalAttendees, "final_attendees", FactKind::Rows, PracticeReview, Optional, [26], "who took part in the concluding meeting, by role";
    ChallengeRaised, "challenge_raised", FactKind::Yes, PracticeReview, Optional, [26], "whether the rationale or the evidence was challenged";
    ChallengeResolvedDate, "challenge_resolved_date", FactKind::Day, PracticeReview, Optional, [26], "the date on which the challenge was resolved";
    Actions, "actions", FactKind::Rows, PracticeReview, Core, [26, 28], "the agreed actions";
    ActionCount, "action_count", FactKind::Count, PracticeReview, Core, [26], "the number of agreed actions";
    NoActionsReason, "no_actions_reason", FactKind::Code(&[]), PracticeReview, Core, [26], "the reason code for having agreed no actions";
    LateReason, "late_reason", FactKind::Code(&[]), PracticeReview, Core, [3], "the reason code for finishing after the completion date";
    HandOver, "hand_over", FactKind::Worker, PracticeReview, Core, [16, 18, 28, 29], "who hands over to whom";
    SupervisionDate, "supervision_date", FactKind::Day, SupervisorActions, Optional, [28], "the date of the supervision that carried the actions";
    ActionProgress, "action_progress", FactKind::Rows, SupervisorActions, Core, [29], "the progress of the agreed actions";
    ProcessView, "process_view", FactKind::Code(&["assured", "not_assured"]), SignOff, Optional, [29], "the Service Manager's view of the process";
    ModerationStatementLength, "moderation_statement_length", FactKind::Length, SignOff, Core, [29], "the length of the third person moderation statement";
    Impact, "impact", FactKind::Code(&[]), SignOff, Core, [29], "the overall impact for the child";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_and_serde_agree_on_every_name() {
        for fact in Fact::ALL {
            let written = serde_json::to_string(fact).unwrap();
            assert_eq!(written, format!("\"{}\"", fact.name()));
            assert!(
                !fact.paragraphs().is_empty(),
                "{} serves no paragraph",
                fact.name()
            );
        }
    }
}

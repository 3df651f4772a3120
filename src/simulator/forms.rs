//! What do the council's forms ask? Step types, questions, tables and look-up codes, in the council's own words.
//!
//! Nothing here knows what an answer is good for: that is for whoever reads the forms. Absent on purpose:
//! anything of `practice`, so that what Greentick makes of a form is never checked against itself.

use serde::{Deserialize, Serialize};

/// What kind of work a step is, by the council's own number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StepType {
    /// The practitioner writes.
    #[serde(rename = "1201")]
    Practitioner,
    /// The practice reviewer meets, observes and evaluates.
    #[serde(rename = "1202")]
    Review,
    /// The supervisor carries the actions.
    #[serde(rename = "1203")]
    Supervisor,
    /// The Service Manager signs off.
    #[serde(rename = "1204")]
    SignOff,
    /// Work that has nothing to do with Learning Episodes, and appears in every list all the same.
    #[default]
    #[serde(rename = "1310")]
    DutyContact,
}

impl StepType {
    /// The four steps of an episode, in order.
    pub const EPISODE: [StepType; 4] = [
        Self::Practitioner,
        Self::Review,
        Self::Supervisor,
        Self::SignOff,
    ];

    /// The council's number for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Practitioner => "1201",
            Self::Review => "1202",
            Self::Supervisor => "1203",
            Self::SignOff => "1204",
            Self::DutyContact => "1310",
        }
    }

    /// The type with this number.
    pub fn from_code(code: &str) -> Option<Self> {
        let all = Self::EPISODE.into_iter().chain([Self::DutyContact]);
        all.into_iter().find(|one| one.code() == code)
    }

    /// What it is called on the screen; never to be keyed on.
    pub fn label(self) -> &'static str {
        match self {
            Self::Practitioner => "Learning Episode: practitioner",
            Self::Review => "Learning Episode: practice reviewer",
            Self::Supervisor => "Learning Episode: supervisor",
            Self::SignOff => "Learning Episode: service manager",
            Self::DutyContact => "Duty contact",
        }
    }

    /// The code of its form's template.
    pub fn template(self) -> &'static str {
        match self {
            Self::Practitioner => "LE_PRACTITIONER",
            Self::Review => "LE_REVIEW",
            Self::Supervisor => "LE_SUPERVISION",
            Self::SignOff => "LE_SIGN_OFF",
            Self::DutyContact => "DUTY",
        }
    }

    /// The step that Finish sends the work on to.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Practitioner => Some(Self::Review),
            Self::Review => Some(Self::Supervisor),
            Self::Supervisor => Some(Self::SignOff),
            Self::SignOff | Self::DutyContact => None,
        }
    }

    /// The question that names whose step it is.
    pub fn owner_question(self) -> &'static str {
        match self {
            Self::Practitioner | Self::DutyContact => "le.practitioner",
            Self::Review => "le.reviewer",
            Self::Supervisor => "le.supervisor",
            Self::SignOff => "le.service_manager",
        }
    }

    /// The questions of its form with their kinds, in the form's order.
    pub fn questions(self) -> impl Iterator<Item = (&'static str, Kind)> {
        let own: &[(&str, Kind)] = match self {
            Self::Practitioner => PRACTITIONER,
            Self::Review => REVIEW,
            Self::Supervisor => SUPERVISOR,
            Self::SignOff => SIGN_OFF,
            Self::DutyContact => &[],
        };
        let heads: &[(&str, Kind)] = match self {
            Self::DutyContact => &[],
            _ => HEAD,
        };
        heads.iter().chain(own).copied()
    }

    /// The tables of its form with their columns.
    pub fn tables(self) -> &'static [(&'static str, &'static [(&'static str, Kind)])] {
        match self {
            Self::Review => &[("le.practice_area", AREAS), ("le.actions", ACTIONS)],
            Self::Supervisor => &[("le.actions", ACTIONS)],
            Self::Practitioner | Self::SignOff | Self::DutyContact => &[],
        }
    }
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A short text.
    Text,
    /// HTML in CDATA.
    RichText,
    /// A day.
    Date,
    /// A code with its label.
    Lookup,
}

impl Kind {
    /// The `type` attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::RichText => "RICHTEXT",
            Self::Date => "DATE",
            Self::Lookup => "LOOKUP",
        }
    }
}

/// What the screen shows for a code.
pub(super) fn label(code: &str) -> &str {
    match code {
        "H" => "High",
        "M" => "Medium",
        "L" => "Low",
        "OUT" => "Outstanding",
        "GOOD" => "Good",
        "RI" => "Requires improvement",
        "INAD" => "Inadequate",
        "Y" => "Process assured",
        "N" => "Process not assured",
        other => other,
    }
}

const HEAD: &[(&str, Kind)] = &[
    ("le.reference", Kind::Text),
    ("le.cycle", Kind::Text),
    ("le.practitioner", Kind::Text),
    ("le.reviewer", Kind::Text),
    ("le.supervisor", Kind::Text),
    ("le.service_manager", Kind::Text),
];

const PRACTITIONER: &[(&str, Kind)] = &[
    ("le.reflection", Kind::RichText),
    ("le.focus", Kind::Text),
    ("le.agreed_date", Kind::Date),
];

const REVIEW: &[(&str, Kind)] = &[
    ("le.learning_conversation.summary", Kind::RichText),
    ("le.learning_conversation.date", Kind::Date),
    ("le.observation.date", Kind::Date),
    ("le.observation.component1", Kind::Lookup),
    ("le.observation.component2", Kind::Lookup),
    ("le.observation.component3", Kind::Lookup),
    ("le.observation.waiver", Kind::Lookup),
    ("le.family_feedback", Kind::RichText),
    ("le.family_feedback.reason", Kind::Lookup),
    ("le.partner_feedback", Kind::RichText),
    ("le.partner_feedback.reason", Kind::Lookup),
    ("le.section6.analysis", Kind::RichText),
    ("le.overall", Kind::Lookup),
    ("le.final_meeting.date", Kind::Date),
    ("le.late_reason", Kind::Lookup),
    ("le.actions.none_reason", Kind::Lookup),
];

const SUPERVISOR: &[(&str, Kind)] = &[("le.supervision.date", Kind::Date)];

const SIGN_OFF: &[(&str, Kind)] = &[
    ("le.sm.process_view", Kind::Lookup),
    ("le.impact_signoff", Kind::Lookup),
    ("le.sm.statement", Kind::RichText),
];

const AREAS: &[(&str, Kind)] = &[("area", Kind::Text), ("assurance", Kind::Lookup)];

const ACTIONS: &[(&str, Kind)] = &[
    ("action", Kind::Text),
    ("owner", Kind::Text),
    ("by_when", Kind::Date),
    ("status", Kind::Lookup),
    ("progress_on", Kind::Date),
];

//! What about a rule may a council change besides its stance? Each number, word and list, with its default.
//!
//! A parameter stands in the policy under its rule: `[rules."LE-16.1"]` with `min_chars = 300`. Absent on
//! purpose: what belongs to no one rule, such as the ladder and the accepted reason codes.

use crate::practice::terms::{Policy, Setting};

/// One number, word or list of a rule that a council may change.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The rule's own code.
    pub rule: &'static str,
    /// Its key in the policy; the unit is its last word.
    pub key: &'static str,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// What may be written, and what holds if nothing is.
    pub kind: ParameterKind,
}

/// What may be written for a parameter, and its default.
#[derive(Clone, Copy, Debug)]
pub enum ParameterKind {
    /// A whole number from `least` to `most`.
    Number {
        /// What holds if nothing is written.
        default: i32,
        /// The least that makes sense.
        least: i32,
        /// The most that makes sense.
        most: i32,
    },
    /// One of these words; the first is the default.
    Word(&'static [&'static str]),
    /// A list of codes.
    Codes(&'static [&'static str]),
}

/// Every parameter, in the order of the rules.
pub const PARAMETERS: &[Parameter] = &[
    AWAITED,
    REVIEWER_LOAD,
    PERIOD_LEAST,
    PERIOD_MOST,
    LONG_TERM,
    LATE_FINISH,
    SUGGESTED,
    STRAIGHT_AWAY,
    PAUSE_DAYS,
    EARLY,
    FIRST_INSTANCE_DAYS,
    LOW_COMPONENTS,
    LOW_AREAS,
    NUDGE_MINUTES,
    REFLECTION,
    RETURNED,
    CONVERSATION,
    COMPONENTS,
    OUTSTANDING_HIGH,
    GOOD_LOW,
    ATTENDEES,
    MODERATION_WAIT,
    STATEMENT,
    SUPERVISOR_DAYS,
    SIGN_OFF_DAYS,
];

/// LE-01.3: how long a practitioner's step may be awaited.
pub const AWAITED: Parameter = days(
    "LE-01.3",
    "awaited_working_days",
    "Working days from allocation until a practitioner's step that has not appeared is chased (also LE-04.1).",
    5,
);
/// LE-01.5: how many episodes a reviewer may have in a cycle.
pub const REVIEWER_LOAD: Parameter = number(
    "LE-01.5",
    "reviewer_most",
    "Most Learning Episodes that one practice reviewer has in a cycle.",
    3,
    (1, 100),
);
/// LE-02.1: the shortest period.
pub const PERIOD_LEAST: Parameter = number(
    "LE-02.1",
    "least_months",
    "Fewest calendar months that the period has, its last day included.",
    6,
    (0, 120),
);
/// LE-02.1: from where on a period is long.
pub const PERIOD_MOST: Parameter = number(
    "LE-02.1",
    "most_months",
    "Most months, unless the child's plan is a longer term one or a reason is on record.",
    7,
    (0, 120),
);
/// LE-02.1: which plans are longer term ones.
pub const LONG_TERM: Parameter = Parameter {
    rule: "LE-02.1",
    key: "long_term_plans",
    meaning: "Plan types, as the allocation codes them, of children who receive longer term services.",
    kind: ParameterKind::Codes(&["cla", "cwd", "care_leaver"]),
};
/// LE-12.3: who is suggested for which kind of plan.
pub const SUGGESTED: Parameter = Parameter {
    rule: "LE-12.3",
    key: "suggested",
    meaning: "Who is suggested for which plan type or service, each as `plan:role`.",
    kind: ParameterKind::Codes(&[
        "cla:iro",
        "cla:fostering_social_worker",
        "family_safeguarding:adult_practitioner",
        "adolescent:youth_justice_worker",
    ]),
};
/// LE-15.2: what is straight away.
pub const STRAIGHT_AWAY: Parameter = days(
    "LE-15.2",
    "working_days",
    "Working days within which concern about the observer is discussed.",
    1,
);
/// LE-25.2: how many areas of an outstanding episode are high.
pub const OUTSTANDING_HIGH: Parameter = number(
    "LE-25.2",
    "outstanding_high_percent",
    "Fewest percent of areas rated high that go with Outstanding.",
    50,
    (0, 100),
);
/// LE-25.2: how many areas of a good episode may be low.
pub const GOOD_LOW: Parameter = number(
    "LE-25.2",
    "good_low_percent",
    "Percent of areas rated low from which on Good is asked about.",
    50,
    (1, 101),
);
/// LE-26.1: who should be there.
pub const ATTENDEES: Parameter = Parameter {
    rule: "LE-26.1",
    key: "attendees",
    meaning: "Who takes part in the concluding meeting, in person or by a named deputy; none to ask only for its date.",
    kind: ParameterKind::Codes(&["practice_reviewer", "practitioner", "supervisor"]),
};
/// LE-03.3: what lets a late Finish through.
pub const LATE_FINISH: Parameter = Parameter {
    rule: "LE-03.3",
    key: "accepts",
    meaning: "What lets a late Finish through: a `reason` on record or a new date, or only an `extension`, which is a new date.",
    kind: ParameterKind::Word(&["reason", "extension"]),
};
/// LE-03.4: how long the clock may stand still.
pub const PAUSE_DAYS: Parameter = days(
    "LE-03.4",
    "pause_max_working_days",
    "Most working days for which pauses may stop the clock of one Learning Episode.",
    30,
);
/// LE-04.3: what is early.
pub const EARLY: Parameter = days(
    "LE-04.3",
    "working_days",
    "Working days before the completion date by which it is to be said that the practitioner cannot take part.",
    5,
);
/// LE-05.2: how long the practice reviewer has.
pub const FIRST_INSTANCE_DAYS: Parameter = days(
    "LE-05.2",
    "working_days",
    "Working days that the practice reviewer has after being told, before the Head hears of it.",
    3,
);
/// LE-07.2: how much low assurance in what was observed is a reason to think of a concern.
pub const LOW_COMPONENTS: Parameter = number(
    "LE-07.2",
    "low_components",
    "Components of the observation with low assurance from which on a concern is asked about; 0 asks of none.",
    1,
    (0, 50),
);
/// LE-07.2: the same of the areas of practice.
pub const LOW_AREAS: Parameter = number(
    "LE-07.2",
    "low_areas",
    "Areas of practice with low assurance from which on it is asked about; 0 asks of none.",
    2,
    (0, 200),
);
/// LE-08.3: how long a choice stands before it is one.
pub const NUDGE_MINUTES: Parameter = Parameter {
    rule: "LE-08.3",
    key: "stands_minutes",
    meaning: "Minutes for which the evaluation stands unchanged before the practice reviewer is reminded.",
    kind: ParameterKind::Number {
        default: 60,
        least: 0,
        most: 10_080,
    },
};
/// LE-16.1: how long a reflection is at least.
pub const REFLECTION: Parameter = chars(
    "LE-16.1",
    "min_chars",
    "Fewest characters of the reflection.",
    200,
);
/// LE-16.4: how long the practitioner has for a step that came back.
pub const RETURNED: Parameter = days(
    "LE-16.4",
    "returned_working_days",
    "Working days that the practitioner has for a step that was returned to them.",
    3,
);
/// LE-20.1: how long the summary is at least.
pub const CONVERSATION: Parameter = chars(
    "LE-20.1",
    "min_chars",
    "Fewest characters of the summary.",
    100,
);
/// LE-22.1: how many components there are.
pub const COMPONENTS: Parameter = number(
    "LE-22.1",
    "components",
    "How many components of good practice Section 4 has.",
    3,
    (1, 50),
);
/// LE-27.2: how long waiting for the Head stops the reviewer's clock.
pub const MODERATION_WAIT: Parameter = days(
    "LE-27.2",
    "pause_working_days",
    "Most working days for which waiting for one moderation stops the practice reviewer's clock.",
    5,
);
/// LE-29.3: how long the statement is at least.
pub const STATEMENT: Parameter = chars(
    "LE-29.3",
    "min_chars",
    "Fewest characters of the third person moderation statement.",
    1,
);
/// LE-29.5: the supervisor's time.
pub const SUPERVISOR_DAYS: Parameter = days(
    "LE-29.5",
    "supervisor_working_days",
    "Working days for the supervisor's actions after the practice review is finished.",
    25,
);
/// LE-29.5: the Service Manager's time.
pub const SIGN_OFF_DAYS: Parameter = days(
    "LE-29.5",
    "sign_off_working_days",
    "Working days for the sign-off after the supervisor's actions are finished.",
    10,
);

/// A number of characters.
pub const fn chars(
    rule: &'static str,
    key: &'static str,
    meaning: &'static str,
    default: i32,
) -> Parameter {
    number(rule, key, meaning, default, (0, 100_000))
}

/// A number of working days.
pub const fn days(
    rule: &'static str,
    key: &'static str,
    meaning: &'static str,
    default: i32,
) -> Parameter {
    number(rule, key, meaning, default, (0, 366))
}

/// A number, and between which two it makes sense.
pub const fn number(
    rule: &'static str,
    key: &'static str,
    meaning: &'static str,
    default: i32,
    (least, most): (i32, i32),
) -> Parameter {
    Parameter {
        rule,
        key,
        meaning,
        kind: ParameterKind::Number {
            default,
            least,
            most,
        },
    }
}

impl Parameter {
    /// What holds if the policy says nothing.
    pub fn default(&self) -> Setting {
        match self.kind {
            ParameterKind::Number { default, .. } => Setting::Number(i64::from(default)),
            ParameterKind::Word(words) => {
                Setting::Word(words.first().copied().unwrap_or_default().to_owned())
            }
            ParameterKind::Codes(codes) => {
                Setting::Codes(codes.iter().map(|code| (*code).to_owned()).collect())
            }
        }
    }

    /// What is wrong with a setting of the right kind, if anything.
    pub fn objection(&self, setting: &Setting) -> Option<String> {
        match (self.kind, setting) {
            (ParameterKind::Number { least, most, .. }, Setting::Number(n))
                if !(i64::from(least)..=i64::from(most)).contains(n) =>
            {
                Some(format!("must be from {least} to {most}"))
            }
            (ParameterKind::Codes(_), Setting::Codes(codes))
                if codes.iter().any(|code| code.trim().is_empty()) =>
            {
                Some("has an empty code".to_owned())
            }
            _ => None,
        }
    }

    /// A number of days, which may lie before (negative) or after.
    pub fn days(&self, policy: &Policy) -> i32 {
        match self.under(policy) {
            Setting::Number(n) => i32::try_from(n).unwrap_or(i32::MAX),
            Setting::Yes(_) | Setting::Word(_) | Setting::Codes(_) => 0,
        }
    }

    /// How many.
    pub fn count(&self, policy: &Policy) -> u32 {
        u32::try_from(self.days(policy)).unwrap_or(0)
    }

    /// Whether this is the word that holds.
    pub fn is(&self, word: &str, policy: &Policy) -> bool {
        matches!(self.under(policy), Setting::Word(held) if held == word)
    }

    /// The codes.
    pub fn codes(&self, policy: &Policy) -> Vec<String> {
        match self.under(policy) {
            Setting::Codes(codes) => codes,
            Setting::Number(_) | Setting::Yes(_) | Setting::Word(_) => Vec::new(),
        }
    }

    fn under(&self, policy: &Policy) -> Setting {
        let codes = super::find(self.rule).map_or(&[][..], |rule| rule.also);
        std::iter::once(&self.rule)
            .chain(codes)
            .find_map(|code| policy.rules.get(*code)?.parameters.get(self.key).cloned())
            .unwrap_or_else(|| self.default())
    }
}

//! Who hears, how many working days before or after? Every ladder, with its default.
//!
//! A council names only the ladders it changes; the others stay. Absent on purpose: when the days fall, which is
//! `deadlines`' business.

use serde::{Deserialize, Serialize};

use super::episode::Role::{
    self, Cslt, HeadOfService, OperationalManager, PracticeReviewer, Practitioner, QaManager,
    ServiceManager, Supervisor,
};

/// One rung of a ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// Working days after the day that the ladder counts from (negative: before it, a reminder).
    pub working_days: i32,
    /// Who is told.
    pub tell: Vec<Role>,
    /// Whether the overdue flag is set in the case system.
    #[serde(default)]
    pub flag: bool,
}

impl Rung {
    fn new(working_days: i32, tell: &[Role]) -> Self {
        Self {
            working_days,
            tell: tell.to_vec(),
            flag: false,
        }
    }

    /// The same rung, with the overdue flag.
    fn flagged(mut self) -> Self {
        self.flag = true;
        self
    }
}

/// The ladders besides the practice review's own: `[ladders]` of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ladders {
    /// The practitioner's step, from its agreed date (LE-16.4, LE-04.1).
    pub practitioner: Vec<Rung>,
    /// The supervisor's actions, from their due day (LE-29.5).
    pub supervisor_actions: Vec<Rung>,
    /// The sign-off, from its due day (LE-29.5).
    pub sign_off: Vec<Rung>,
    /// An allocated episode whose first step has not appeared, from the day it was awaited (LE-01.3).
    pub awaited: Vec<Rung>,
    /// An absence of the practitioner that was said late, from the day it was first said (LE-04.3).
    pub said_late: Vec<Rung>,
    /// The kick-off talk, from the allocation (LE-11.1).
    pub kick_off: Vec<Rung>,
    /// The invitation to the first learning conversation, from the allocation (LE-12.2).
    pub conversation: Vec<Rung>,
    /// The invitation to the concluding meeting, from the completion date (LE-13.2).
    pub concluding: Vec<Rung>,
    /// The invitation to the practice event, from the first learning conversation (LE-14.1).
    pub practice_event: Vec<Rung>,
    /// A practitioner's step that is complete and not finished, from its last change (LE-18.1).
    pub green_tick: Vec<Rung>,
    /// A practice review that was not created, from the Finish before it (LE-18.2).
    pub not_created: Vec<Rung>,
    /// The Research in Practice guidance, from the practice event (LE-21.1).
    pub research: Vec<Rung>,
    /// An extreme evaluation without a request for moderation, as soon as it has stood for
    /// the minutes of LE-08.3; all rungs at once.
    pub ask_moderation: Vec<Rung>,
    /// An extreme evaluation without moderation, from the concluding meeting (LE-26.4).
    pub moderate_first: Vec<Rung>,
    /// A request for moderation without an answer, from the request (LE-27.2).
    pub moderation: Vec<Rung>,
    /// Low assurance without a concern about practice, from the last change of the form (LE-07.2).
    pub low_assurance: Vec<Rung>,
    /// A concern about practice that is not acknowledged, from the day it was raised (LE-07.3).
    pub concern: Vec<Rung>,
    /// A moderator who would give another evaluation, from the moderation (LE-27.5).
    pub differing: Vec<Rung>,
    /// Supervisor's actions that were not started, from the Finish of the review (LE-28.3).
    pub supervision_start: Vec<Rung>,
    /// The supervision that carries the actions, from the Finish of the review (LE-28.3).
    pub supervision: Vec<Rung>,
    /// A sample that was not drawn, from the cycle's last completion date (LE-09.1).
    pub draw: Vec<Rung>,
    /// A drawn episode that nobody has moderated, from the day it was drawn (LE-09.2).
    pub sample: Vec<Rung>,
    /// An agreed action past its own timescale after sign-off, from that day (LE-29.6).
    pub open_actions: Vec<Rung>,
}

impl Default for Ladders {
    fn default() -> Self {
        let rung = Rung::new;
        Self {
            practitioner: vec![
                rung(-2, &[Practitioner]),
                rung(1, &[PracticeReviewer, Supervisor, QaManager]).flagged(),
                rung(5, &[OperationalManager, QaManager]),
            ],
            supervisor_actions: vec![
                rung(-5, &[Supervisor]),
                rung(-2, &[Supervisor]),
                rung(0, &[Supervisor]),
                rung(1, &[Supervisor, QaManager]).flagged(),
                rung(3, &[OperationalManager]),
                rung(5, &[HeadOfService]),
            ],
            sign_off: vec![
                rung(-2, &[ServiceManager]),
                rung(0, &[ServiceManager]),
                rung(1, &[ServiceManager, QaManager]).flagged(),
                rung(3, &[OperationalManager]),
                rung(5, &[HeadOfService]),
            ],
            awaited: vec![
                rung(0, &[PracticeReviewer, QaManager]),
                rung(5, &[Supervisor, OperationalManager, QaManager]),
                rung(10, &[HeadOfService, QaManager]),
            ],
            said_late: vec![rung(0, &[QaManager])],
            kick_off: vec![rung(3, &[PracticeReviewer]), rung(5, &[QaManager])],
            conversation: vec![rung(10, &[PracticeReviewer])],
            concluding: vec![rung(-10, &[PracticeReviewer]), rung(-5, &[QaManager])],
            practice_event: vec![rung(0, &[Practitioner, PracticeReviewer])],
            green_tick: vec![rung(2, &[Practitioner])],
            not_created: vec![rung(1, &[QaManager])],
            research: vec![rung(-2, &[PracticeReviewer])],
            ask_moderation: vec![rung(0, &[PracticeReviewer])],
            moderate_first: vec![rung(-3, &[PracticeReviewer])],
            moderation: vec![rung(3, &[HeadOfService]), rung(5, &[Cslt])],
            low_assurance: vec![rung(1, &[PracticeReviewer])],
            concern: vec![rung(2, &[QaManager, HeadOfService])],
            differing: vec![
                rung(3, &[PracticeReviewer, HeadOfService]),
                rung(5, &[Cslt]),
            ],
            supervision_start: vec![rung(5, &[Supervisor])],
            supervision: vec![rung(25, &[Supervisor])],
            draw: vec![rung(5, &[QaManager]), rung(10, &[Cslt])],
            sample: vec![rung(10, &[QaManager]), rung(15, &[Cslt])],
            open_actions: vec![rung(1, &[Supervisor])],
        }
    }
}

/// The practice review's ladder, from the completion date (¶3).
pub(super) fn practice_review() -> Vec<Rung> {
    let rung = Rung::new;
    vec![
        rung(-10, &[PracticeReviewer]),
        rung(-5, &[PracticeReviewer]),
        rung(-2, &[PracticeReviewer]),
        rung(0, &[PracticeReviewer]),
        rung(1, &[PracticeReviewer, QaManager]).flagged(),
        rung(3, &[Supervisor, OperationalManager]),
        rung(5, &[HeadOfService]),
        rung(10, &[Cslt]),
    ]
}

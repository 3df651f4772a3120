//! What if somebody was called late, and was not? A Finish in time may be seen only days after (P01).
//!
//! What was said is not taken back in silence: the correction is on record, and whoever was told of the
//! lateness hears that it was none.

use serde_json::json;

use super::Work;
use super::time::level;
use crate::practice::deadlines::{MilestoneKind, about};
use crate::practice::effect::Act;
use crate::practice::episode::Role;
use crate::practice::wording;

impl Work<'_> {
    /// Corrects what was said of a cured cause, if its Finish was in time.
    pub(super) fn correct(&mut self, cause: &str) {
        let Some((stage, id, leg, due)) = about(cause) else {
            return;
        };
        let finish = self.after.steps.get(&id).and_then(|step| {
            let mut finishes = step.finished.iter();
            finishes.find(|finish| finish.leg == leg).cloned()
        });
        let Some(finish) = finish else { return };
        let calendar = &self.terms.calendar;
        let finished = calendar.local_date(finish.at);
        let seen = calendar.local_date(finish.observed_at);
        let mut tell: Vec<Role> = Vec::new();
        let mut levels = Vec::new();
        let ladder = self.terms.policy.ladder_of(stage).iter();
        for rung in ladder.filter(|rung| rung.working_days > 0) {
            let level = level(
                &self.after,
                cause,
                MilestoneKind::Overdue,
                rung.working_days,
            );
            if self.after.told.contains_key(&level) {
                tell.extend(&rung.tell);
                levels.push(rung.working_days);
            }
        }
        if finished > due || levels.is_empty() {
            return;
        }
        self.say(
            "corrected",
            json!({ "cause": cause, "step": id, "finished_at": finish.at,
                "observed_at": finish.observed_at, "working_days_told": levels }),
        );
        tell.sort_unstable();
        tell.dedup();
        let text = wording::corrected(&self.after, stage, finished, seen);
        let key = format!("{}/corrected/{cause}/note", self.after.id);
        let of = format!("corrected/{cause}");
        let note = Act::Note { text };
        let effect = self.effect(key, Some(id), &of, "LE-03.1", note, &tell, self.now);
        self.corrected.push((cause.to_owned(), effect));
    }
}

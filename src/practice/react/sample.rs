//! What follows when an episode comes into its cycle's sample, leaves it, or is moderated there (¶9)?
//!
//! Nothing is said of what a moderator found before the last one has spoken: whoever is to judge it yet hears nothing
//! of it by any road, not even that there is a difference.

use serde_json::json;

use super::Work;
use super::decisions::Saying;
use crate::practice::decision::Decided;
use crate::practice::effect::Act;
use crate::practice::episode::{Episode, Role, Stage};
use crate::practice::ids::StepId;
use crate::practice::on_record::{SampleModerated, Sampled};
use crate::practice::wording;

impl Work<'_> {
    /// Takes in where it stands in the sample, and says so on its latest step if it is another place than before.
    pub(super) fn sampled(&mut self, sampled: &Sampled) {
        let was_in = self.after.is_drawn();
        let before = self.after.deeds.sampled.replace(sampled.clone());
        let was_in = was_in && before.is_none_or(|before| before.cycle == sampled.cycle);
        self.after.version += 1;
        self.say("sampled", json!({ "sampled": sampled }));
        let (id, cycle) = (self.after.id.clone(), &sampled.cycle);
        let cause = format!("sample/{cycle}/{}", sampled.certificate);
        let step = latest_step(&self.after);
        let flag = "sampled".to_owned();
        match &sampled.left {
            None if was_in => {}
            None => {
                let text = wording::sampled(&id, cycle, &sampled.certificate);
                for (level, act) in [("flag", Act::Flag { flag }), ("note", Act::Note { text })] {
                    self.owe(step.clone(), &cause, "LE-09.1", level, act, &[], self.now);
                }
            }
            Some(reason) if was_in => {
                let text = wording::not_sampled(&id, cycle, reason);
                self.withdrawn.push(cause.clone());
                let cause = format!("{cause}/left");
                for (level, act) in [
                    ("unflag", Act::Unflag { flag }),
                    ("note", Act::Note { text }),
                ] {
                    self.owe(step.clone(), &cause, "LE-09.4", level, act, &[], self.now);
                }
            }
            Some(_) => {}
        }
    }
}

/// A difference goes to whoever can learn from it, once every moderator has spoken; the evaluation stays as it is
/// (LE-09.7).
pub(super) fn of_sample(what: &Decided, episode: &Episode) -> Option<Saying> {
    let Decided::ModerateSample { .. } = what else {
        return None;
    };
    let own = episode.evaluation().value().copied()?;
    let said = episode.moderated_by_cslt();
    if said.iter().all(|one| one.grade == own) {
        return None;
    }
    let grades: Vec<&str> = said.iter().map(|one| one.grade.words()).collect();
    let grades = match grades.as_slice() {
        [first, second] if first == second => format!("{first}, twice independently"),
        all => all.join(" and, independently, as "),
    };
    let mut codes: Vec<&str> = said.iter().filter_map(learning).collect();
    codes.dedup();
    let codes = match codes.as_slice() {
        [] => String::new(),
        [code] => format!(", learning code {code}"),
        all => format!(", learning codes {}", all.join(" and ")),
    };
    Some((
        "LE-09.7",
        vec![Role::PracticeReviewer, Role::ServiceManager],
        format!(
            "CSLT moderated it as {grades}, beside the evaluation {}{codes}. The evaluation stands. Talk the difference \
             over in supervision",
            own.words()
        ),
    ))
}

fn learning(said: &SampleModerated) -> Option<&str> {
    said.learning.as_deref()
}

/// The episode's own step of the latest stage that has one.
fn latest_step(episode: &Episode) -> Option<StepId> {
    let mut stages = Stage::ALL.into_iter().rev();
    let step = stages.find_map(|stage| episode.step_of(stage));
    step.map(|step| step.id.clone())
}

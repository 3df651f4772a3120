//! Is the work handed to the right person? What the three hand-overs have in common (¶16, ¶28, ¶29).

use super::Question;
use super::words::unmet;
use crate::practice::episode::Role;
use crate::practice::fact::Fact;
use crate::practice::ids::WorkerId;
use crate::practice::known::{Known, Why};
use crate::practice::verdict::Finding;

/// The work goes to whoever holds `role`, or to another person if the QA manager put that on record;
/// never to somebody who holds one of the `never` roles.
pub(super) fn to(question: &Question<'_>, role: Role, never: &[Role]) -> Finding {
    let chosen = match question.hand_over() {
        Known::Is(worker) => worker,
        Known::Blank => {
            return unmet(
                format!("Nobody is chosen to receive the work as {}.", role.words()),
                "A hand-over without a person.",
            );
        }
        Known::Unreadable(why) => return Finding::CannotTell(Fact::HandOver, why),
    };
    if let Some(finding) = is_never(question, &chosen, role, never) {
        return finding;
    }
    if question.hand_over_agreed() {
        return Finding::Met;
    }
    match question.episode.person(role) {
        Known::Is(right) if right == chosen => Finding::Met,
        Known::Is(right) => unmet(
            format!(
                "The work is not handed to the {} of this Learning Episode.",
                role.words()
            ),
            format!("Handed to `{chosen}`; the {} is `{right}`.", role.words()),
        ),
        Known::Blank => Finding::CannotTell(Fact::HandOver, Why::NotSeen),
        Known::Unreadable(why) => Finding::CannotTell(Fact::HandOver, why),
    }
}

fn is_never(
    question: &Question<'_>,
    chosen: &WorkerId,
    role: Role,
    never: &[Role],
) -> Option<Finding> {
    let (held, _) = question
        .concerned(never)
        .into_iter()
        .find(|(_, worker)| worker == chosen)?;
    Some(unmet(
        format!(
            "The {} has to be somebody else than the {}.",
            role.words(),
            held.words()
        ),
        format!(
            "Handed to `{chosen}`, the {} of this Learning Episode.",
            held.words()
        ),
    ))
}

//! Is a group to be taken further, and if not, why not? Every group with what moderators found in it.
//!
//! Absent: taking it further, which is `amend`'s business and follows from the same question.

use super::{
    amend::{Outcome, Sample},
    certificate::Trigger,
};

/// How one group of the sample stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupStanding {
    /// The group's name.
    pub stratum: String,
    /// Its episodes that are in the sample now.
    pub items: usize,
    /// Of those: moderated.
    pub moderated: usize,
    /// Of those: given another grade.
    pub differing: usize,
    /// Why it is to be taken further, as far as that is known; none if nothing speaks for it.
    pub trigger: Option<Trigger>,
    /// Whether that was done before; it is done once.
    pub taken_further: bool,
    /// Its episodes that are not in the sample and could be taken.
    pub left: usize,
}

impl Sample<'_> {
    /// Every group as it stands with these outcomes. Those of episodes not in the sample are left out.
    pub fn groups(&self, outcomes: &[Outcome]) -> Vec<GroupStanding> {
        (0..self.taken.len())
            .map(|at| self.standing(at, outcomes))
            .collect()
    }

    fn standing(&self, at: usize, outcomes: &[Outcome]) -> GroupStanding {
        let own: Vec<Outcome> = outcomes
            .iter()
            .filter(|outcome| self.group_of(&outcome.le_id) == Some(at))
            .cloned()
            .collect();
        let differs = |outcome: &&Outcome| {
            let row = self.frozen.frame().row(&outcome.le_id);
            row.and_then(|row| row.evaluation) != Some(outcome.moderated)
        };
        let (stratum, taken) = (self.stratum_name(at), self.taken.get(at).copied());
        let group = self.draw.strata().get(at);
        let population = group.map_or(0, super::draw::StratumDraw::population);
        GroupStanding {
            items: self.in_sample(at).count(),
            moderated: own.len(),
            differing: own.iter().filter(differs).count(),
            trigger: self.trigger(at, &own),
            taken_further: self.second_stage.iter().any(|it| it.stratum == stratum),
            left: population.saturating_sub(taken.unwrap_or_default()),
            stratum,
        }
    }
}

//! The sample after the draw: an episode that cannot be moderated gives way to the next ticket, and a group whose
//! moderators disagree with the reviewers is looked at further.
//!
//! What is taken from a group is always its first tickets, so no amendment can pick and choose. Each says its
//! reason and keeps its place in the sequence, and the first draw stays readable beneath them.
//! Absent: moderators' judgements beyond a grade code. Those are recorded beside the original, elsewhere.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use super::{
    certificate::{
        Certificate, Drawn, SecondStage, StratumLine, Substitution, Supersession,
        SupersessionFault, Trigger,
    },
    draw::{Draw, StratumDraw},
    frame::{Grade, Name},
    freeze::Frozen,
    seed::Seed,
    verify::{Difference, differences},
};

/// A drawn sample and all that has happened to it.
#[derive(Clone)]
pub struct Sample<'f> {
    pub(super) frozen: &'f Frozen,
    seed: Seed,
    pub(super) draw: Draw<'f>,
    // How many tickets each group has given so far, in the order of the draw's groups.
    pub(super) taken: Vec<usize>,
    substitutions: Vec<Substitution>,
    pub(super) second_stage: Vec<SecondStage>,
    supersedes: Option<Supersession>,
}

/// What a moderator found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The episode moderated.
    pub le_id: String,
    /// The grade the moderator gave.
    pub moderated: Grade,
}

impl<'f> Sample<'f> {
    /// Draws the sample of a frozen cycle. Whether there has been a draw before is for the caller to know.
    ///
    /// # Errors
    /// When the seed was thrown for another cycle.
    pub fn draw(frozen: &'f Frozen, seed: &Seed) -> Result<Self, AmendFault> {
        let thrown_for = seed.cycle();
        if thrown_for != frozen.cycle() {
            return Err(AmendFault::OtherCycle(thrown_for.to_owned()));
        }
        let draw = Draw::of(frozen.frame(), frozen.policy(), seed);
        let taken = draw.strata().iter().map(StratumDraw::take).collect();
        Ok(Self {
            frozen,
            seed: seed.clone(),
            draw,
            taken,
            substitutions: Vec::new(),
            second_stage: Vec::new(),
            supersedes: None,
        })
    }

    /// Takes up a sample again from its certificate, which must verify.
    ///
    /// # Errors
    /// When the certificate does not follow from the frozen frame and policy.
    pub fn resume(frozen: &'f Frozen, certificate: &Certificate) -> Result<Self, AmendFault> {
        let sample = Self::replay(frozen, certificate)?;
        let found = differences(certificate, &sample.certificate());
        if found.is_empty() {
            Ok(sample)
        } else {
            Err(AmendFault::DoesNotVerify(found))
        }
    }

    /// Declares that this draw takes the place of an earlier one of the same cycle (LE-09.4). Keep both certificates.
    ///
    /// # Errors
    /// When there are not two different approvers, there is no reason, the earlier draw is of another cycle, or
    /// it is this very draw.
    pub fn supersede(
        &mut self,
        earlier: &Certificate,
        reason: &str,
        approvers: [&str; 2],
    ) -> Result<(), SupersessionFault> {
        let cycle = self.frozen.cycle();
        if earlier.cycle != cycle {
            return Err(SupersessionFault::OtherCycle(earlier.cycle.clone()));
        }
        if earlier.seed == self.seed.as_str()
            && earlier.frame_hash == self.frozen.record().frame_hash
            && earlier.policy_hash == self.frozen.record().policy_hash
        {
            return Err(SupersessionFault::SameDraw);
        }
        self.supersedes = Some(Supersession::of(earlier, reason, approvers)?);
        Ok(())
    }

    /// Puts the next ticket of its group in the place of an episode that cannot be moderated. The answer's
    /// `replacement` is `None` when the group has no ticket left.
    ///
    /// # Errors
    /// When the episode is not in the sample now, or no reason is given.
    pub fn substitute(&mut self, le_id: &str, reason: &str) -> Result<&Substitution, AmendFault> {
        if reason.trim().is_empty() {
            return Err(AmendFault::NoReason);
        }
        let at = self
            .group_of(le_id)
            .ok_or_else(|| AmendFault::NotInSample(le_id.to_owned()))?;
        let replacement = self.take(at, 1).pop();
        let substitution = Substitution {
            sequence: self.next_sequence(),
            stratum: self.stratum_name(at),
            unusable: le_id.to_owned(),
            reason: reason.trim().to_owned(),
            replacement,
        };
        self.substitutions.push(substitution);
        self.substitutions.last().ok_or(AmendFault::NoReason)
    }

    /// Looks at what moderators found so far, and takes as many tickets again from every group where a grade moved
    /// by two or more, or where at least half of the group's items were given another grade. A group is
    /// taken further once only, and only if it has tickets left. Answers the groups newly taken further.
    ///
    /// # Errors
    /// When an outcome is of an episode that is not in the sample now, or one episode has two outcomes.
    pub fn second_stage(&mut self, outcomes: &[Outcome]) -> Result<&[SecondStage], AmendFault> {
        let before = self.second_stage.len();
        let mut seen = BTreeSet::new();
        let mut by_group: Vec<Vec<Outcome>> = vec![Vec::new(); self.taken.len()];
        for outcome in outcomes {
            if !seen.insert(&outcome.le_id) {
                return Err(AmendFault::TwoOutcomes(outcome.le_id.clone()));
            }
            let at = self
                .group_of(&outcome.le_id)
                .ok_or_else(|| AmendFault::NotInSample(outcome.le_id.clone()))?;
            by_group
                .get_mut(at)
                .into_iter()
                .for_each(|group| group.push(outcome.clone()));
        }
        for (at, mut outcomes) in by_group.into_iter().enumerate() {
            let stratum = self.stratum_name(at);
            let done = self
                .second_stage
                .iter()
                .any(|stage| stage.stratum == stratum);
            let Some(trigger) = self.trigger(at, &outcomes).filter(|_| !done) else {
                continue;
            };
            let count = self.draw.strata().get(at).map_or(0, StratumDraw::take);
            let added = self.take(at, count);
            if added.is_empty() {
                continue;
            }
            outcomes.sort_by(|left, right| left.le_id.cmp(&right.le_id));
            let sequence = self.next_sequence();
            self.second_stage.push(SecondStage {
                sequence,
                stratum,
                trigger,
                outcomes,
                added,
            });
        }
        Ok(self.second_stage.get(before..).unwrap_or_default())
    }

    /// The certificate of the sample as it now stands.
    pub fn certificate(&self) -> Certificate {
        let (mut selected, mut reserves, mut strata) = (Vec::new(), Vec::new(), Vec::new());
        let spare = self.frozen.policy().reserves;
        for (group, taken) in self.draw.strata().iter().zip(&self.taken) {
            let name = group.stratum().to_string();
            let drawn = |le_id: &Name| Drawn {
                le_id: le_id.to_string(),
                stratum: name.clone(),
            };
            selected.extend(self.draw.ids(group, 0, group.take()).map(drawn));
            reserves.extend(self.draw.ids(group, *taken, spare).map(drawn));
            strata.push(StratumLine {
                name: name.clone(),
                population: group.population(),
                take: group.take(),
                chance: group.chance(),
            });
        }
        let mut certificate = Certificate::blank(self.frozen, &self.seed, self.draw.size());
        certificate.selected = selected;
        certificate.reserves = reserves;
        certificate.strata = strata;
        certificate.substitutions.clone_from(&self.substitutions);
        certificate.second_stage.clone_from(&self.second_stage);
        certificate.supersedes.clone_from(&self.supersedes);
        let named: BTreeSet<String> = certificate.ids().map(str::to_owned).collect();
        certificate.tickets = named
            .into_iter()
            .map(|le_id| (le_id.clone(), self.draw.ticket(&le_id)))
            .collect();
        certificate
    }

    /// Draws again and repeats what a certificate says was done afterwards, taking its word for reasons only.
    pub(super) fn replay(
        frozen: &'f Frozen,
        certificate: &Certificate,
    ) -> Result<Self, AmendFault> {
        let seed = Seed::from_certificate(&certificate.seed)
            .map_err(|fault| AmendFault::Seed(fault.to_string()))?;
        let mut sample = Self::draw(frozen, &seed)?;
        sample.supersedes.clone_from(&certificate.supersedes);
        let mut substitutions = certificate.substitutions.iter().peekable();
        let mut stages = certificate.second_stage.iter().peekable();
        while substitutions.peek().is_some() || stages.peek().is_some() {
            let stage_at = stages.peek().map_or(usize::MAX, |stage| stage.sequence);
            match substitutions.next_if(|substitution| substitution.sequence <= stage_at) {
                Some(substitution) => {
                    sample.substitute(&substitution.unusable, &substitution.reason)?;
                }
                None => {
                    if let Some(stage) = stages.next() {
                        sample.second_stage(&stage.outcomes)?;
                    }
                }
            }
        }
        Ok(sample)
    }

    /// The episodes of one group that are in the sample now.
    pub(super) fn in_sample(&self, at: usize) -> impl Iterator<Item = &str> {
        let group = self.draw.strata().get(at);
        let taken = self.taken.get(at).copied().unwrap_or_default();
        group
            .into_iter()
            .flat_map(move |group| self.draw.ids(group, 0, taken))
            .map(|le_id| &**le_id)
            .filter(|le_id| !self.substitutions.iter().any(|out| out.unusable == *le_id))
    }

    pub(super) fn group_of(&self, le_id: &str) -> Option<usize> {
        (0..self.taken.len()).find(|at| self.in_sample(*at).any(|id| id == le_id))
    }

    pub(super) fn stratum_name(&self, at: usize) -> String {
        self.draw
            .strata()
            .get(at)
            .map(|group| group.stratum().to_string())
            .unwrap_or_default()
    }

    fn next_sequence(&self) -> usize {
        self.substitutions.len() + self.second_stage.len() + 1
    }

    /// Takes the next tickets of a group, fewer when it has fewer, and keeps its reserves in order behind them.
    fn take(&mut self, at: usize, count: usize) -> Vec<String> {
        let taken = self.taken.get(at).copied().unwrap_or_default();
        let reserves = self.frozen.policy().reserves;
        self.draw
            .sort(at, taken.saturating_add(count).saturating_add(reserves));
        let next: Vec<String> = self
            .draw
            .strata()
            .get(at)
            .into_iter()
            .flat_map(|group| self.draw.ids(group, taken, count))
            .map(ToString::to_string)
            .collect();
        if let Some(taken) = self.taken.get_mut(at) {
            *taken += next.len();
        }
        next
    }

    pub(super) fn trigger(&self, at: usize, outcomes: &[Outcome]) -> Option<Trigger> {
        let mut differing = 0;
        for outcome in outcomes {
            // A grade that could not be seen agrees with nothing, but no gap can be measured from it.
            let original = self
                .frozen
                .frame()
                .row(&outcome.le_id)
                .and_then(|row| row.evaluation);
            if original.is_some_and(|grade| grade.gap(outcome.moderated) >= 2) {
                return Some(Trigger::TwoGradeGap);
            }
            differing += usize::from(original != Some(outcome.moderated));
        }
        (differing > 0 && differing * 2 >= self.in_sample(at).count())
            .then_some(Trigger::HalfDiffer)
    }
}

/// Why a sample could not be drawn, taken up or amended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AmendFault {
    /// The seed was thrown for this other cycle.
    OtherCycle(String),
    /// The certificate's seed is not one.
    Seed(String),
    /// The episode is not in the sample now.
    NotInSample(String),
    /// An episode was given two outcomes.
    TwoOutcomes(String),
    /// Nothing is amended without saying why.
    NoReason,
    /// The certificate does not follow from the frame.
    DoesNotVerify(Vec<Difference>),
}

impl fmt::Display for AmendFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherCycle(cycle) => {
                write!(
                    f,
                    "seed was thrown for cycle `{cycle}`; throw one for this cycle"
                )
            }
            Self::Seed(what) => f.write_str(what),
            Self::NotInSample(le_id) => write!(
                f,
                "episode `{}` is not in the sample now; name one that is on the list",
                le_id.escape_debug()
            ),
            Self::TwoOutcomes(le_id) => {
                write!(
                    f,
                    "episode `{}` has two outcomes; give one",
                    le_id.escape_debug()
                )
            }
            Self::NoReason => {
                f.write_str("no reason was given; say why the episode cannot be used")
            }
            Self::DoesNotVerify(found) => {
                write!(f, "certificate does not follow from the frozen frame")?;
                found.first().map_or(Ok(()), |first| write!(f, ": {first}"))
            }
        }
    }
}

impl std::error::Error for AmendFault {}

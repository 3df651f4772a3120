//! What would another policy have made of the same history? The journal is replayed twice, and every difference told.
//!
//! First as it was: if that does not give what the journal says, nothing is claimed. Then under the other policy,
//! with people's acts kept as they were: a Finish that would have been held is told, and the history goes on with
//! the permit it had. Absent on purpose: writing and sending anything, and guessing what people would have done.

mod again;
mod awake;
mod lines;
mod told;

use jiff::Timestamp;

use super::AppFault;
use super::past::TermsThen;
use crate::ledger::Ledger;
use crate::practice::history::Past;
use crate::practice::ids::Digest;
use crate::practice::terms::{People, Policy, Terms};

pub use told::{Finish, Flags, Message, Rehearsal, Share};

use again::{Deeds, Run};

/// What is to be tried.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The policy that is tried; none for the one in force at each moment.
    pub policy: Option<Policy>,
    /// The role holders that are tried; none for those in force at each moment.
    pub people: Option<People>,
    /// Differences before this instant are not told, UTC.
    pub since: Option<Timestamp>,
}

impl Trial {
    /// The terms of a moment, with what is tried in their place.
    fn applied_to(&self, then: &Terms) -> Terms {
        let mut terms = then.clone();
        if let Some(policy) = &self.policy {
            terms.digest = Digest::of_json(policy);
            terms.policy = policy.clone();
        }
        if let Some(people) = &self.people {
            terms.people = people.clone();
        }
        terms
    }
}

/// Replays the whole journal. `present` is used where the journal does not say by what was judged.
///
/// # Errors
/// The ledger's fault, or a line that cannot be read back.
pub async fn rehearse(
    ledger: &Ledger,
    present: &Terms,
    trial: &Trial,
) -> Result<Rehearsal, AppFault> {
    let mut terms_of = TermsThen::new(present);
    let mut was = Run::as_it_was();
    let mut recorded = Deeds::default();
    each(
        ledger,
        |line, then| {
            recorded.note(line);
            was.take(line, then);
        },
        &mut terms_of,
    )
    .await?;
    was.end();
    let unfaithful = recorded.against(&was.deeds);
    let mut would = Run::under_trial(was.asleep(), was.deeds.permits());
    each(
        ledger,
        |line, then| would.take(line, &trial.applied_to(then)),
        &mut terms_of,
    )
    .await?;
    would.end();
    Ok(Rehearsal::of(
        &was,
        &would,
        trial.since,
        unfaithful,
        terms_of.warnings,
    ))
}

/// Gives each line of the journal in order, with the terms then in force.
async fn each(
    ledger: &Ledger,
    mut take: impl FnMut(&Past, &Terms),
    terms_of: &mut TermsThen<'_>,
) -> Result<(), AppFault> {
    terms_of.begin();
    let mut seq = 0;
    loop {
        let block = ledger.past_after(seq).await?;
        let Some(last) = block.last() else {
            return Ok(());
        };
        seq = last.seq;
        for line in &block {
            take(line, terms_of.at(ledger, line).await?);
        }
    }
}

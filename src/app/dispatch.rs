//! How is what is owed sent, once? By lease, one intention a call, read back when the outcome is unknown.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{App, AppFault, digest};
use crate::case_system::{CaseSystem, Found, Outcome};
use crate::ledger::{Claimed, LedgerFault, Settled};
use crate::practice::effect::{Act, Effect};
use crate::practice::react::has_gone_on;

/// What a dispatch did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Dispatched {
    /// Written, and shown by a read-back where the mapping has one.
    pub sent: u64,
    /// Found to be there already; not repeated.
    pub already_there: u64,
    /// To be tried again later.
    pub again: u64,
    /// Given up; needs a person.
    pub dead: u64,
    /// Tried, cured meanwhile, and found not to be there; never sent.
    pub withdrawn: u64,
}

/// What the clock says.
type Now<'c> = dyn Fn() -> Timestamp + Send + Sync + 'c;

/// Waits between tries of one effect, seconds; the last one repeats.
const WAITS_SECONDS: [i64; 6] = [5, 30, 120, 600, 3_600, 14_400];

/// Why a reopening was not made after all.
const OVERTAKEN: &str =
    "not made: the step has been finished again since, and that Finish was judged by itself";

/// The same, where later work stands on the step by now.
const WENT_ON: &str = "not made: later work of the Learning Episode is finished already; decide \
     whether to open the step again";

/// Why a task was not answered after all.
const VOID: &str = "not answered: the permit it was to be answered on no longer stands";

/// Claims what is due to be sent and sends it. `holder` names this process in the lease, `now` is what the clock says
/// whenever it is asked: a pass may be long.
pub async fn pass<C: CaseSystem>(
    app: &App<C>,
    holder: &str,
    now: impl Fn() -> Timestamp + Send + Sync,
) -> Result<Dispatched, AppFault> {
    let mut report = Dispatched::default();
    let now: &Now<'_> = &now;
    digest::gather(app, now()).await?;
    let mut left = app.limits.sends;
    // Of one step only the oldest effect is claimed, so the next one is found by claiming again; a pass
    // ends when nothing more can be sent.
    while left > 0 {
        let claimed = app
            .ledger
            .claim(now(), app.limits.lease_seconds, left, holder)
            .await?;
        if claimed.is_empty() {
            break;
        }
        left = left.saturating_sub(u32::try_from(claimed.len()).unwrap_or(u32::MAX));
        for claim in together(app, claimed, now, &mut report).await? {
            if !app.ledger.still_ours(&claim, now()).await? {
                continue;
            }
            let settled = if claim.withdrawing {
                look(app, &claim, now, &mut report).await
            } else {
                send(app, &claim, now, &mut report).await
            };
            app.ledger.settle(&claim, settled, now()).await?;
        }
    }
    Ok(report)
}

/// Sends in one request what may be sent so; gives back what is to be sent one by one. Of each step only its
/// oldest effect was claimed, so nothing is overtaken; what was tried before is looked for by itself.
async fn together<C: CaseSystem>(
    app: &App<C>,
    claimed: Vec<Claimed>,
    now: &Now<'_>,
    report: &mut Dispatched,
) -> Result<Vec<Claimed>, AppFault> {
    let joins = |claim: &Claimed| {
        let conditional = matches!(
            claim.effect.act,
            Act::Reopen { .. } | Act::AnswerTask { .. }
        );
        let first = claim.attempts == 1 && !claim.withdrawing && !conditional;
        first && app.case_system.together(&claim.effect) > 1
    };
    let (joined, mut alone): (Vec<Claimed>, Vec<Claimed>) = claimed.into_iter().partition(joins);
    let most = joined
        .iter()
        .map(|claim| app.case_system.together(&claim.effect))
        .min();
    // An effect of two calls makes two items.
    let most = most.unwrap_or(2).div_ceil(2).max(1);
    for several in joined.chunks(most) {
        let mut owed = Vec::new();
        for claim in several {
            if app.ledger.still_ours(claim, now()).await? {
                owed.push(claim);
            }
        }
        if let [one] = owed.as_slice() {
            alone.push((*one).clone());
            continue;
        }
        let effects: Vec<&Effect> = owed.iter().map(|claim| &claim.effect).collect();
        let outcomes = app.case_system.perform_all(&effects).await;
        for (nth, claim) in owed.iter().enumerate() {
            let outcome = outcomes
                .get(nth)
                .cloned()
                .unwrap_or_else(|| Outcome::Unknown {
                    why: "the batch has no outcome for it".to_owned(),
                });
            let settled = ended(app, claim, outcome, now, report);
            app.ledger.settle(claim, settled, now()).await?;
        }
    }
    Ok(alone)
}

/// An effect that was tried before its cause was cured is looked for and never sent: it would be old
/// news.
async fn look<C: CaseSystem>(
    app: &App<C>,
    claim: &Claimed,
    now: &Now<'_>,
    report: &mut Dispatched,
) -> Settled {
    match app.case_system.find(&claim.effect).await {
        Found::Yes => {
            report.already_there += 1;
            Settled::Sent {
                proof: "found by read-back, after its cause was cured".to_owned(),
            }
        }
        Found::No => {
            report.withdrawn += 1;
            Settled::Withdrawn {
                proof: "not found by read-back, and its cause is cured".to_owned(),
            }
        }
        Found::CannotTell(why) => again(app, claim, now, why, report),
    }
}

async fn send<C: CaseSystem>(
    app: &App<C>,
    claim: &Claimed,
    now: &Now<'_>,
    report: &mut Dispatched,
) -> Settled {
    // Any earlier try may have been carried out without our learning of it.
    if claim.attempts > 1 {
        match app.case_system.find(&claim.effect).await {
            Found::Yes => {
                report.already_there += 1;
                return Settled::Sent {
                    proof: "found by read-back".to_owned(),
                };
            }
            Found::No => {}
            Found::CannotTell(why) => return again(app, claim, now, why, report),
        }
    }
    match is_void(app, &claim.effect).await {
        Ok(false) => {}
        Ok(true) => {
            report.withdrawn += 1;
            return Settled::Withdrawn {
                proof: VOID.to_owned(),
            };
        }
        Err(fault) => return again(app, claim, now, fault.to_string(), report),
    }
    match overtaken(app, &claim.effect).await {
        Ok(None) => {}
        Ok(Some(why)) => {
            report.dead += 1;
            return Settled::Dead {
                why: why.to_owned(),
            };
        }
        Err(fault) => return again(app, claim, now, fault.to_string(), report),
    }
    let outcome = app.case_system.perform(&claim.effect).await;
    ended(app, claim, outcome, now, report)
}

/// What an outcome makes of a try.
fn ended<C>(
    app: &App<C>,
    claim: &Claimed,
    outcome: Outcome,
    now: &Now<'_>,
    report: &mut Dispatched,
) -> Settled {
    match outcome {
        Outcome::Done => {
            report.sent += 1;
            Settled::Sent {
                proof: "accepted".to_owned(),
            }
        }
        Outcome::Made { id } => {
            report.sent += 1;
            Settled::Sent {
                proof: format!("accepted, and made as `{id}`"),
            }
        }
        Outcome::Refused { retry: true, why } | Outcome::Unknown { why } => {
            again(app, claim, now, why, report)
        }
        Outcome::Refused { retry: false, why } => {
            report.dead += 1;
            Settled::Dead { why }
        }
    }
}

/// Why a reopening is too late, if it is. A Finish that came after the one it would undo was judged by itself, and must
/// not be undone in its place; nor is the ground taken from later work that was finished meanwhile.
async fn overtaken<C>(app: &App<C>, effect: &Effect) -> Result<Option<&'static str>, LedgerFault> {
    let (Act::Reopen { .. }, Some(id), Some(step)) = (&effect.act, &effect.episode, &effect.step)
    else {
        return Ok(None);
    };
    // What a person decided to open again is theirs.
    let is_ours = effect.cause.starts_with("bypass/");
    let episode = app.ledger.episode(id).await?;
    let episode = episode.as_ref();
    let Some((episode, step)) =
        episode.and_then(|episode| Some((episode, episode.steps.get(step)?)))
    else {
        return Ok(None);
    };
    let latest = step.finished.last();
    if latest.is_some_and(|finish| finish.observed_at > effect.due_at) {
        return Ok(Some(OVERTAKEN));
    }
    Ok((is_ours && has_gone_on(episode, step)).then_some(WENT_ON))
}

/// Whether the permit that a task's answer rests on is gone: the step has changed since it was judged.
async fn is_void<C>(app: &App<C>, effect: &Effect) -> Result<bool, LedgerFault> {
    let (Act::AnswerTask { task, .. }, Some(id), Some(step)) =
        (&effect.act, &effect.episode, &effect.step)
    else {
        return Ok(false);
    };
    let episode = app.ledger.episode(id).await?;
    let permit = episode
        .as_ref()
        .and_then(|episode| episode.permits.get(step));
    let asked = permit.and_then(|permit| permit.task.as_ref());
    Ok(asked.is_none_or(|asked| asked.id != *task))
}

fn again<C>(
    app: &App<C>,
    claim: &Claimed,
    now: &Now<'_>,
    why: String,
    report: &mut Dispatched,
) -> Settled {
    if claim.attempts >= app.limits.tries {
        report.dead += 1;
        return Settled::Dead {
            why: format!("{why}; gave up after {} tries", claim.attempts),
        };
    }
    report.again += 1;
    let nth = usize::try_from(claim.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let wait = WAITS_SECONDS
        .get(nth)
        .or(WAITS_SECONDS.last())
        .copied()
        .unwrap_or(5);
    let now = now();
    let at = now
        .saturating_add(SignedDuration::from_secs(wait))
        .unwrap_or(now);
    Settled::Again { at, why }
}

//! When is a step gone? Never because a list leaves it out: only by the case system's own word, or when
//! two complete sweeps and a direct read each time did not find it, and never many at once.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Behind, Look, Mirrored, absorb, look_at, restored};
use crate::app::{App, AppFault};
use crate::case_system::{CaseFault, CaseSystem};
use crate::practice::episode::{Presence, Step};
use crate::practice::ids::StepId;
use crate::practice::news::{Mention, Says};
use crate::practice::sighting::Sighting;

/// Of a hundred open steps, how many may go missing in one sweep and still be believed.
const BELIEVED_PERCENT: usize = 5;
/// So many are believed however few steps are open.
const BELIEVED_ALWAYS: usize = 2;

/// Looks for each open step that a complete sweep did not meet.
pub(super) async fn look_for<C: CaseSystem>(
    app: &App<C>,
    met: &BTreeSet<StepId>,
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<(), AppFault> {
    let open: Vec<StepId> = app
        .ledger
        .mirror()
        .await?
        .into_iter()
        .filter(|row| row.source == app.source)
        .filter(|row| row.status.is_open() && row.presence == Presence::Present)
        .map(|row| row.step)
        .collect();
    let mut missing = BTreeSet::new();
    // What was there before the case system was restored, and was not shown again since (P19).
    let unmet = restored::unmet(app).await?;
    let mut found: BTreeSet<StepId> = unmet.intersection(met).cloned().collect();
    let wanted: BTreeSet<&StepId> = open.iter().chain(&unmet).collect();
    for step in wanted.into_iter().filter(|step| !met.contains(*step)) {
        report.looked_for += 1;
        match look_at(app, step, app.limits.read_budget, now, report).await {
            Ok(Look::Missing) => {
                missing.insert(step.clone());
            }
            Ok(Look::Read | Look::Settled) => {
                found.insert(step.clone());
            }
            // One answer that proves nothing says nothing of the steps after it.
            Err(AppFault::Case(CaseFault::Unproven(_))) => {}
            Err(fault) => return Err(fault),
        }
    }
    report.missing += u64::try_from(missing.len()).unwrap_or(u64::MAX);
    let gone = settle(app, missing, (open.len(), &unmet), now, report).await?;
    found.extend(gone);
    if unmet.is_empty() {
        return Ok(());
    }
    restored::found(app, &found, now).await
}

/// Takes in what a feed says of steps that it does not show. Of a step that we do not hold it says nothing
/// to us; one that may have changed since is read by itself.
pub(super) async fn take_mentions<C: CaseSystem>(
    app: &App<C>,
    mentions: &[Mention],
    shown: &[Sighting],
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<(), AppFault> {
    for mention in mentions {
        let presence = match mention.says {
            Says::Deleted => Some(Presence::Deleted),
            Says::Hidden => Some(Presence::Hidden),
            Says::Changed => None,
        };
        let Some(held) = held(app, &mention.step).await? else {
            continue;
        };
        if presence == Some(held.presence) {
            continue;
        }
        let since = mention.at.zip(held.modified_at);
        let overtaken = since.is_some_and(|(said, changed)| changed > said)
            || shown.iter().any(|sighting| sighting.step == mention.step);
        match presence.filter(|_| !overtaken) {
            Some(presence) => {
                let gone = Sighting::of_absence(&app.source, &held, presence, now);
                absorb(app, vec![gone], Vec::new(), Behind::default(), now, report).await?;
            }
            None => match look_at(app, &mention.step, app.limits.read_budget, now, report).await {
                Ok(_) | Err(AppFault::Case(CaseFault::Unproven(_))) => {}
                Err(fault) => return Err(fault),
            },
        }
    }
    Ok(())
}

/// Believes those deleted that were missing the last time as well, unless they are too many that nothing explains;
/// gives them.
async fn settle<C>(
    app: &App<C>,
    missing: BTreeSet<StepId>,
    (open, explained): (usize, &BTreeSet<StepId>),
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<Vec<StepId>, AppFault> {
    let name = format!("missing/{}", app.source);
    let before: BTreeSet<StepId> = match app.ledger.cursor(&name).await? {
        Some(stored) => serde_json::from_value(stored).unwrap_or_default(),
        None => BTreeSet::new(),
    };
    if missing.is_empty() && before.is_empty() {
        return Ok(Vec::new());
    }
    let twice = missing.intersection(&before);
    let (mut believed, strange): (Vec<&StepId>, Vec<&StepId>) =
        twice.partition(|step| explained.contains(*step));
    if strange.len() > (open * BELIEVED_PERCENT / 100).max(BELIEVED_ALWAYS) {
        report.too_many_missing += u64::try_from(strange.len()).unwrap_or(u64::MAX);
    } else {
        believed.extend(strange);
    }
    for step in &believed {
        if let Some(gone) = sighting(app, step, Presence::Deleted, now).await? {
            absorb(app, vec![gone], Vec::new(), Behind::default(), now, report).await?;
        }
    }
    let value = serde_json::to_value(&missing).unwrap_or_default();
    app.ledger.set_cursor(&name, &value, now).await?;
    Ok(believed.into_iter().cloned().collect())
}

/// A sighting of absence, made from what we last held of the step.
pub(super) async fn sighting<C>(
    app: &App<C>,
    step: &StepId,
    presence: Presence,
    now: Timestamp,
) -> Result<Option<Sighting>, AppFault> {
    let held = held(app, step).await?;
    Ok(held.map(|held| Sighting::of_absence(&app.source, &held, presence, now)))
}

/// A step as we hold it.
pub(super) async fn held<C>(app: &App<C>, step: &StepId) -> Result<Option<Step>, AppFault> {
    let Some(id) = app.ledger.episode_of_step(&app.source, step).await? else {
        return Ok(None);
    };
    let episode = app.ledger.episode(&id).await?;
    Ok(episode.and_then(|mut episode| episode.steps.remove(step)))
}

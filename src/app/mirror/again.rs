//! Can what was set aside be read now? Once the mapping is mended it is read again, without waiting for a
//! person to save it (P31).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Look, Mirrored, look_at};
use crate::app::{App, AppFault};
use crate::case_system::{CaseFault, CaseSystem};
use crate::practice::ids::StepId;

/// So many are read again in one sweep; the others have their turn as these are let go.
const AT_ONCE: usize = 50;

/// Reads by itself each step in quarantine that the sweep did not meet.
pub(super) async fn read<C: CaseSystem>(
    app: &App<C>,
    met: &BTreeSet<StepId>,
    now: Timestamp,
    report: &mut Mirrored,
) -> Result<(), AppFault> {
    let mut aside = app.ledger.quarantine().await?;
    // Whichever waited longest is tried first.
    aside.sort_by_key(|row| row.last_at);
    let steps: BTreeSet<StepId> = aside
        .into_iter()
        .filter(|row| row.source == app.source.as_str())
        .filter_map(|row| row.step.map(StepId))
        .filter(|step| !met.contains(step))
        .take(AT_ONCE)
        .collect();
    for step in steps {
        match look_at(app, &step, app.limits.read_budget, now, report).await {
            Ok(Look::Settled) => app.ledger.release_step(&app.source, &step, now).await?,
            Ok(Look::Read | Look::Missing) | Err(AppFault::Case(CaseFault::Unproven(_))) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

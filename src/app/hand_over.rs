//! How does CSLT come to know that a cycle's pack can be read (LE-09.5)? One message with the figures that come first.
//!
//! It is owed to the case system, where CSLT reads it, when somebody asks for it, and by itself when every episode of
//! the sample has been moderated. The same figures are never told twice: what is said goes by their own fingerprint.
//! Absent: the pack itself. It is drawn up from the ledger whenever it is asked for.

use jiff::Timestamp;
use serde_json::json;

use super::pack::draw_up;
use super::{App, AppFault, draw};
use crate::case_system::CaseSystem;
use crate::pack::Pack;
use crate::practice::effect::{Act, Effect};
use crate::practice::episode::{Episode, Role};
use crate::practice::ids::{CycleId, Digest};
use crate::practice::wording;

/// The rule under which CSLT reads the pack.
const RULE: &str = "LE-09.5";

/// Owes CSLT the message about a cycle's pack as it stands now. Returns whether there was anything new to tell.
///
/// # Errors
/// When the cycle is not drawn, when the mapping has no place for a message that belongs to no step, or the ledger's
/// fault.
pub async fn deliver<C: CaseSystem>(
    app: &App<C>,
    cycle: &CycleId,
    now: Timestamp,
) -> Result<bool, AppFault> {
    if !app.case_system.can("notice") {
        return Err(AppFault::Refused(
            "the mapping has no `[write.notice]`, so CSLT cannot be told through the case system; write the pack with \
             `--out` and hand it over"
                .to_owned(),
        ));
    }
    let pack = draw_up(app, cycle, now).await?;
    let message = message(app, cycle, &pack, now);
    Ok(app.ledger.owe_once(vec![message], now).await? > 0)
}

/// Owes the message about each drawn cycle of which everything has been moderated, once for each certificate.
/// Returns how many are newly owed.
///
/// # Errors
/// The ledger's fault.
pub(super) async fn of_moderated<C: CaseSystem>(
    app: &App<C>,
    episodes: &[Episode],
    drawn: impl IntoIterator<Item = &CycleId>,
    now: Timestamp,
) -> Result<u64, AppFault> {
    let mut owed = 0;
    for cycle in drawn {
        let certificate = match draw::certificate(app, cycle).await {
            Ok(certificate) => certificate,
            Err(AppFault::Refused(why)) => {
                tracing::warn!(%cycle, why, "whether everything was moderated cannot be told");
                continue;
            }
            Err(fault) => return Err(fault),
        };
        let moderated = |le_id: &str| {
            let mut own = episodes.iter().filter(|it| it.id.as_str() == le_id);
            own.any(|it| !it.moderated_by_cslt().is_empty())
        };
        if !certificate.sample().all(moderated) {
            continue;
        }
        let place = format!("pack/{}/{cycle}", app.source);
        let told = json!({ "certificate": certificate.hash() });
        if app.ledger.cursor(&place).await?.as_ref() == Some(&told) {
            continue;
        }
        owed += u64::from(deliver(app, cycle, now).await?);
        // A node that is killed before this looks again, and the same figures are told once.
        app.ledger.set_cursor(&place, &told, now).await?;
    }
    Ok(owed)
}

fn message<C>(app: &App<C>, cycle: &CycleId, pack: &Pack, now: Timestamp) -> Effect {
    let figures = pack.lead_figures();
    let certificate = pack.certificate_hash.clone();
    let fingerprint = Digest::of_json(&json!({ "figures": figures, "certificate": certificate })).0;
    let mut text = wording::pack(cycle, &figures, &Digest(certificate));
    wording::attention(&mut text, &[Role::Cslt]);
    let link = app.terms.policy.link(std::iter::once(RULE));
    wording::in_place(&mut text, &[], &[], RULE, link);
    Effect {
        key: format!("pack/{}/{cycle}/{fingerprint}", app.source),
        source: app.source.clone(),
        episode: None,
        step: None,
        act: Act::Notice { text },
        rule: RULE.to_owned(),
        cause: "cycle".to_owned(),
        audience: vec![Role::Cslt],
        due_at: now,
        daily: false,
    }
}

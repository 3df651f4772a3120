//! By what was judged then? What holds is kept when it changes, and found again for any past moment.
//!
//! Absent on purpose: guessing. A ledger from before the texts were kept is answered by the present ones, and
//! the answer says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value as Json, json};

use super::{App, AppFault};
use crate::ledger::{Ledger, LedgerFault};
use crate::practice::calendar::Calendar;
use crate::practice::history::{Happened, InForce, Past};
use crate::practice::ids::{Digest, canonical};
use crate::practice::terms::{Policy, Terms};

/// Enters by what is judged from now on, if that has changed: a line of the journal names each text by its hash,
/// and the ledger keeps the text. `read_by` says by which mapping the case system is read.
///
/// # Errors
/// The ledger's fault.
pub async fn configured<C>(app: &App<C>, read_by: Json, now: Timestamp) -> Result<(), AppFault> {
    let terms = &app.terms;
    let mut value = json!({
        "program": env!("CARGO_PKG_VERSION"), "source": app.source, "mode": terms.mode,
        "activation": terms.activation, "policy": terms.digest,
        "people": Digest::of_json(&terms.people), "calendar": terms.calendar.version(),
    });
    if let (Some(value), Json::Object(more)) = (value.as_object_mut(), read_by) {
        value.extend(more);
    }
    let texts = [
        canonical(&terms.policy),
        canonical(&terms.people),
        canonical(terms.calendar.days_off()),
    ];
    app.ledger.keep_configured(&value, &texts, now).await?;
    Ok(())
}

/// With which activation the ledger was begun, if that is another than now; UTC.
///
/// # Errors
/// The ledger's fault.
pub async fn begun_with<C>(app: &App<C>) -> Result<Option<Timestamp>, AppFault> {
    let first = app.ledger.first_configured().await?;
    Ok(first.and_then(|line| match line.what {
        Happened::Configured(begun) => {
            Some(begun.activation).filter(|at| *at != app.terms.activation)
        }
        _ => None,
    }))
}

/// The terms that a line of the journal names, and what about them had to be taken from the present ones.
pub struct Then {
    /// The terms.
    pub terms: Arc<Terms>,
    /// Whole sentences; none if everything was on record.
    pub warnings: Vec<String>,
}

impl Then {
    /// The present terms, for what is judged now.
    pub fn present(terms: &Arc<Terms>) -> Self {
        Self {
            terms: Arc::clone(terms),
            warnings: Vec::new(),
        }
    }

    /// The present terms, for a moment of which the journal does not say by what was judged.
    pub fn unknown(terms: &Arc<Terms>) -> Self {
        let why = "The journal does not say which policy, people and calendar were in force then. The \
            present ones are used, so this answer may differ from the one given then.";
        Self {
            terms: Arc::clone(terms),
            warnings: vec![why.to_owned()],
        }
    }

    /// What was in force as a line of the journal says.
    ///
    /// # Errors
    /// The ledger's fault, or a kept text that cannot be read.
    pub async fn of(
        ledger: &Ledger,
        in_force: &InForce,
        present: &Terms,
    ) -> Result<Self, LedgerFault> {
        let mut terms = present.clone();
        terms.mode = in_force.mode;
        terms.activation = in_force.activation;
        let mut missing = Vec::new();
        if terms.digest != in_force.policy {
            let kept = kept::<Json>(ledger, &in_force.policy).await?;
            match kept.and_then(policy_of) {
                Some(policy) => {
                    terms.policy = policy;
                    terms.digest = in_force.policy.clone();
                }
                None => missing.push("policy"),
            }
        }
        if Digest::of_json(&terms.people) != in_force.people {
            match kept(ledger, &in_force.people).await? {
                Some(people) => terms.people = people,
                None => missing.push("people"),
            }
        }
        if *terms.calendar.version() != in_force.calendar {
            match kept::<BTreeSet<Date>>(ledger, &in_force.calendar).await? {
                Some(days) => {
                    let calendar = Calendar::of_days(days);
                    let unfit = |why| LedgerFault::Inconsistent(format!("kept calendar: {why}"));
                    terms.calendar = calendar.map_err(unfit)?;
                }
                None => missing.push("calendar"),
            }
        }
        let warn = |what: &str| {
            format!(
                "The {what} in force then is not in this ledger, or of an older form than this program reads. \
                 The present one is used, so this answer may differ from the one given then."
            )
        };
        Ok(Self {
            terms: Arc::new(terms),
            warnings: missing.into_iter().map(warn).collect(),
        })
    }
}

/// By what was judged at each line of a journal, as the lines are gone through in order.
pub(super) struct TermsThen<'t> {
    present: &'t Terms,
    known: BTreeMap<Digest, Arc<Terms>>,
    terms: Arc<Terms>,
    /// Whole sentences, as those of [`Then`].
    pub(super) warnings: Vec<String>,
}

impl<'t> TermsThen<'t> {
    /// Begins with the present terms, which hold until a line says others.
    pub(super) fn new(present: &'t Terms) -> Self {
        Self {
            present,
            known: BTreeMap::new(),
            terms: Arc::new(present.clone()),
            warnings: Vec::new(),
        }
    }

    /// Goes back to before the first line.
    pub(super) fn begin(&mut self) {
        self.terms = Arc::new(self.present.clone());
    }

    /// The terms by which the next line was taken in.
    pub(super) async fn at(&mut self, ledger: &Ledger, line: &Past) -> Result<&Terms, LedgerFault> {
        match &line.what {
            Happened::FirstRead(source, reading) => {
                self.terms = Arc::new(self.terms.read_since(source, *reading));
            }
            Happened::Configured(in_force) => {
                let mut then = (*self.in_force(ledger, in_force).await?).clone();
                then.read.clone_from(&self.terms.read);
                self.terms = Arc::new(then);
            }
            _ => {}
        }
        Ok(&self.terms)
    }

    async fn in_force(
        &mut self,
        ledger: &Ledger,
        in_force: &InForce,
    ) -> Result<Arc<Terms>, LedgerFault> {
        let key = Digest::of_declared(in_force);
        if let Some(terms) = self.known.get(&key) {
            return Ok(Arc::clone(terms));
        }
        let then = Then::of(ledger, in_force, self.present).await?;
        for warning in then.warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        self.known.insert(key, Arc::clone(&then.terms));
        Ok(then.terms)
    }
}

/// A policy as it was kept. What it did not know of yet is as it is by default now; none if it says what this program
/// no longer reads.
fn policy_of(kept: Json) -> Option<Policy> {
    let mut whole = serde_json::to_value(Policy::default()).unwrap_or_default();
    if let (Some(whole), Json::Object(kept)) = (whole.as_object_mut(), kept) {
        whole.extend(kept);
    }
    serde_json::from_value(whole).ok()
}

async fn kept<T: serde::de::DeserializeOwned>(
    ledger: &Ledger,
    digest: &Digest,
) -> Result<Option<T>, LedgerFault> {
    let Some(text) = ledger.text(digest).await? else {
        return Ok(None);
    };
    let unfit = |why| LedgerFault::Inconsistent(format!("the text kept as {digest}: {why}"));
    serde_json::from_str(&text).map(Some).map_err(unfit)
}

/// What was in force when the last of these lines was entered; none if none of them says.
pub(super) fn in_force(lines: &[Past]) -> Option<&InForce> {
    lines.iter().rev().find_map(|line| match &line.what {
        Happened::Configured(in_force) => Some(&**in_force),
        _ => None,
    })
}

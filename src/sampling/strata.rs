//! Which group an episode is in. Every episode is in exactly one, and no group can be skipped.
//!
//! - `C`: certain. Extreme evaluations and whatever else must be looked at in any case (¶8, ¶27).
//! - `D/<reviewer>`: every other episode of a reviewer who has not been moderated for too long and has none in `C`.
//!   "Not the same reviewer twice running" is served by this debt, never by making an episode impossible to draw.
//! - `S/<service>`: the rest, by service.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::frame::{Frame, Name};

/// The name of a group. Groups are ordered by the bytes of their written names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stratum {
    /// Certain to be drawn.
    Certain,
    /// Episodes of one reviewer who is in debt.
    Debt(Name),
    /// Episodes of one service.
    Service(Name),
}

impl fmt::Display for Stratum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certain => f.write_str("C"),
            Self::Debt(reviewer) => write!(f, "D/{reviewer}"),
            Self::Service(service) => write!(f, "S/{service}"),
        }
    }
}

/// Parts the frame into its groups: each group's name with the places of its rows, none of them empty.
pub(super) fn partition(frame: &Frame, debt_cycles: u32) -> Vec<(Stratum, Vec<usize>)> {
    let rows = frame.rows();
    let certain_reviewers: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row.is_certain())
        .map(|row| &*row.reviewer)
        .collect();
    let mut certain = Vec::new();
    let mut debts: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
    let mut services: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        let in_debt = row
            .cycles_since_moderated
            .is_none_or(|cycles| cycles > debt_cycles);
        if row.is_certain() {
            certain.push(place);
        } else if in_debt && !certain_reviewers.contains(&*row.reviewer) {
            debts.entry(&row.reviewer).or_default().push(place);
        } else {
            services.entry(&row.service).or_default().push(place);
        }
    }
    let certain = (!certain.is_empty()).then_some((Stratum::Certain, certain));
    certain
        .into_iter()
        .chain(
            debts
                .into_iter()
                .map(|(name, places)| (Stratum::Debt(name.clone()), places)),
        )
        .chain(
            services
                .into_iter()
                .map(|(name, places)| (Stratum::Service(name.clone()), places)),
        )
        .collect()
}

//! The list that CSLT works from: which episodes, why each was drawn, and who moderates it.
//!
//! It leaves the evaluation out: whoever is to form a view of their own should not be handed one.
//! Absent: names and narrative. Cells that a spreadsheet would run as a formula are made harmless.

use std::borrow::Cow;

use serde::Serialize;

use super::{
    assign::Assignment, canonical::json, certificate::Certificate, frame::Frame,
    frame_csv::push_line,
};

/// The sample as a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleList {
    /// Hash of the certificate the list was made from.
    pub certificate_hash: String,
    /// The cycle.
    pub cycle: String,
    /// What is on the list.
    pub items: Vec<ListedItem>,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedItem {
    /// The episode's id.
    pub le_id: String,
    /// Why it is on the list.
    pub listed_as: Listing,
    /// Who moderates it, by worker id; empty until assigned.
    pub moderator: String,
    /// Its place on the list, from 1.
    pub position: usize,
    /// For which certain reasons, as codes joined by `;`; empty when chance drew it.
    pub reasons: String,
    /// The practice reviewer, by worker id.
    pub reviewer: String,
    /// Who else moderates it, independently; empty when nobody does.
    pub second_moderator: String,
    /// Its service.
    pub service: String,
    /// Its group.
    pub stratum: String,
    /// Its ticket.
    pub ticket: String,
}

/// How an episode came onto the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    /// It was drawn at first.
    Selected,
    /// It stands in for one that could not be used.
    Replacement,
    /// It was added when its group was taken further.
    SecondStage,
    /// It was drawn and cannot be used.
    Unusable,
}

impl Listing {
    fn code(self) -> &'static str {
        match self {
            Self::Selected => "selected",
            Self::Replacement => "replacement",
            Self::SecondStage => "second_stage",
            Self::Unusable => "unusable",
        }
    }
}

impl SampleList {
    /// The list of a certificate over its frame, with moderators where they have been assigned.
    pub fn of(certificate: &Certificate, frame: &Frame, assignment: Option<&Assignment>) -> Self {
        let selected = certificate
            .selected
            .iter()
            .map(|drawn| (&drawn.stratum, &drawn.le_id, Listing::Selected));
        let replaced = certificate.substitutions.iter().filter_map(|s| {
            s.replacement
                .as_ref()
                .map(|le_id| (&s.stratum, le_id, Listing::Replacement))
        });
        let added = certificate.second_stage.iter().flat_map(|stage| {
            stage
                .added
                .iter()
                .map(move |le_id| (&stage.stratum, le_id, Listing::SecondStage))
        });
        let items = selected.chain(replaced).chain(added).enumerate().map(
            |(before, (stratum, le_id, listed_as))| {
                let out = certificate
                    .substitutions
                    .iter()
                    .any(|s| s.unusable == *le_id);
                let row = frame.row(le_id);
                let moderators = assignment
                    .and_then(|all| all.items.iter().find(|assigned| assigned.le_id == *le_id));
                ListedItem {
                    le_id: le_id.clone(),
                    listed_as: if out { Listing::Unusable } else { listed_as },
                    moderator: moderators
                        .and_then(|both| both.moderator.clone())
                        .unwrap_or_default(),
                    position: before + 1,
                    reasons: row
                        .map(|row| row.reasons().collect::<Vec<_>>().join(";"))
                        .unwrap_or_default(),
                    reviewer: row.map(|row| row.reviewer.to_string()).unwrap_or_default(),
                    second_moderator: moderators
                        .and_then(|both| both.second.clone())
                        .unwrap_or_default(),
                    service: row.map(|row| row.service.to_string()).unwrap_or_default(),
                    stratum: stratum.clone(),
                    ticket: certificate.tickets.get(le_id).cloned().unwrap_or_default(),
                }
            },
        );
        Self {
            certificate_hash: certificate.hash(),
            cycle: certificate.cycle.clone(),
            items: items.collect(),
        }
    }

    /// The list as a file for a spreadsheet. A cell that begins like a formula gets a single quote before it.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut out = String::from(
            "position,le_id,stratum,service,reviewer,listed_as,reasons,moderator,second_moderator,ticket\n",
        );
        for item in &self.items {
            let fields = [
                Cow::Owned(item.position.to_string()),
                guarded(&item.le_id),
                guarded(&item.stratum),
                guarded(&item.service),
                guarded(&item.reviewer),
                Cow::Borrowed(item.listed_as.code()),
                Cow::Borrowed(item.reasons.as_str()),
                guarded(&item.moderator),
                guarded(&item.second_moderator),
                Cow::Borrowed(item.ticket.as_str()),
            ];
            push_line(&mut out, &fields);
        }
        out.into_bytes()
    }

    /// The list as canonical JSON, its values as they are.
    pub fn to_json(&self) -> Vec<u8> {
        json(&serde_json::to_value(self).unwrap_or_default()).into_bytes()
    }
}

fn guarded(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless() {
        for start in ["=", "+", "-", "@", "\t", "\r"] {
            assert_eq!(guarded(&format!("{start}1")), format!("'{start}1"));
        }
        for plain in ["LE-1", "'=1", "", " =1"] {
            assert_eq!(guarded(plain), plain);
        }
    }
}

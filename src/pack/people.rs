//! What may be said about people, and what not? Never below five items, never as a ranking.

use std::collections::BTreeMap;

use super::figures::{First, at, section};
use super::material::Material;
use super::sheet::{Cell, Section, Table};
use crate::consistency::{FEWEST_PER_PERSON, Pairs, Weights, gwet, severities};
use crate::sampling::Grade;

/// Whether a reviewer grades higher or lower than moderators, drawn towards everybody's mean.
pub(super) fn severity(_: &Material<'_>, moderated: &[First<'_>]) -> Section {
    let mut section = section("reviewers", "Reviewers against moderators");
    section.appendix = true;
    let mut differences: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for first in moderated {
        let own = f64::from(u8::try_from(at(first.own)).unwrap_or(u8::MAX));
        let other = f64::from(u8::try_from(at(first.moderated)).unwrap_or(u8::MAX));
        let of = differences.entry(first.reviewer.to_owned());
        of.or_default().push(own - other);
    }
    section.lead.push(format!(
        "For supervision and learning, not for comparison: in order of id, with chance taken out as far as it can be, and \
         nobody with fewer than {FEWEST_PER_PERSON} moderated items."
    ));
    match severities(&differences) {
        Err(why) => section.lead.push(format!("This figure is {why}.")),
        Ok(found) => {
            let mut table = Table::new(
                "Own grade less moderated grade, against the mean of all, in grades",
                &["Reviewer", "Difference#", "May be off by#", "Items#"],
            );
            let mut few = 0_u64;
            for (reviewer, severity) in &found.reviewers {
                if severity.items < FEWEST_PER_PERSON {
                    few += 1;
                    continue;
                }
                table.row(vec![
                    reviewer.clone().into(),
                    Cell::number(severity.shrunk, 2),
                    Cell::number(severity.spread, 2),
                    severity.items.into(),
                ]);
            }
            section.lead.push(format!(
                "Reviewers not shown because of too few items: {few}."
            ));
            if !table.rows.is_empty() {
                section.tables.push(table);
            }
        }
    }
    section
}

/// Whether two moderators of one episode agree.
pub(super) fn between_moderators(material: &Material<'_>) -> Section {
    let mut section = section("moderators", "Moderators against each other");
    section.appendix = true;
    let mut pairs = Pairs::new(Grade::ALL.len());
    let mut first: BTreeMap<&str, (&str, Grade)> = BTreeMap::new();
    for decision in material.moderated {
        match first.get(decision.le_id.as_str()) {
            None => {
                first.insert(&decision.le_id, (&decision.moderator, decision.grade));
            }
            Some((other, grade)) if *other != decision.moderator => {
                pairs.add(at(*grade), at(decision.grade));
            }
            Some(_) => {}
        }
    }
    let waiting = material.half_moderated.len();
    if waiting > 0 {
        section.lead.push(format!(
            "{} a second moderator. No figure and no table has anything of what the first one gave there until then.",
            if waiting == 1 {
                "1 episode awaits".to_owned()
            } else {
                format!("{waiting} episodes await")
            }
        ));
    }
    let mut table = Table::new(
        "Episodes moderated by two",
        &["Measure", "Found#", "Items#"],
    );
    let items = pairs.items();
    table
        .row(vec![
            "The same grade".into(),
            Cell::share(pairs.exact().value()),
            items.into(),
        ])
        .row(vec![
            "The same grade or the next".into(),
            Cell::share(pairs.adjacent().value()),
            items.into(),
        ])
        .row(vec![
            "Gwet\u{2019}s AC2, quadratic weights".into(),
            Cell::number(gwet(&pairs.units(), Weights::Quadratic).map(|g| g.value), 3),
            items.into(),
        ]);
    section.tables.push(table);
    section
}

//! How far do reviewers and moderators agree? As counted, for the whole cycle, and beyond chance.

use super::chart::Chart;
use super::figures::{First, LEVEL, section};
use super::material::Material;
use super::sheet::{Cell, Section, Table};
use crate::consistency::{
    Estimate, Level, Pairs, Share, StratumResult, Weighted, Weights, bowker, gwet, kappa,
    krippendorff, stuart_maxwell, weighted,
};
use crate::sampling::StratumLine;

/// Whether they agree, in shares with ranges.
pub(super) fn agreement(
    material: &Material<'_>,
    pairs: &Pairs,
    moderated: &[First<'_>],
) -> Section {
    let mut section = section("agreement", "Do reviewers and moderators agree?");
    let groups = strata(material, moderated);
    let items = pairs.items();
    let found = weighted(&groups, LEVEL);
    section.tables = vec![
        shares(pairs, found.as_ref().map_err(|why| *why)),
        lean(pairs),
    ];
    if items == 0 {
        section.lead.push(
            "Nothing has been moderated yet, so nothing can be said of agreement.".to_owned(),
        );
        return section;
    }
    section.lead.push(format!(
        "Reviewer and moderator gave the same grade to {} of {items} episodes. Between 70% and 80% is what careful \
         graders reach on a scale of four.",
        pairs.exact().count
    ));
    for pair in found.iter().flat_map(|found| &found.collapsed) {
        section.lead.push(format!(
            "Group {} has one moderated item and was taken together with {} for the range.",
            pair.name, pair.with
        ));
    }
    section.lead.push(
        "\u{201c}As counted\u{201d} treats every moderated episode alike. \u{201c}For the whole cycle\u{201d} lets each stand for the \
         episodes of its group that were not drawn."
            .to_owned(),
    );
    section.chart = Some(Chart::agreement(material, pairs.exact()));
    section
}

/// How often the two grades are the same, or next to each other.
fn shares(pairs: &Pairs, found: Estimate<&Weighted>) -> Table {
    let items = pairs.items();
    let mut table = Table::new(
        "Agreement, with the range that 95 draws in 100 would give",
        &["Measure", "Found#", "From#", "To#", "Items#"],
    );
    let mut with_range = |name: &str, share: Share| {
        let (low, high) = ends(share.wilson(LEVEL).map(|i| (i.low, i.high)));
        table.row(vec![
            name.into(),
            Cell::share(share.value()),
            low,
            high,
            share.items.into(),
        ]);
    };
    with_range("The same grade, as counted", pairs.exact());
    with_range("The same grade or the next, as counted", pairs.adjacent());
    let share = found.map(|found| found.share);
    let range = found.and_then(|found| found.interval);
    let (low, high) = ends(range.map(|i| (i.low, i.high)));
    table.row(vec![
        "The same grade, for the whole cycle".into(),
        Cell::share(share),
        low,
        high,
        items.into(),
    ]);
    table
}

/// Which way the differences go.
fn lean(pairs: &Pairs) -> Table {
    let items = pairs.items();
    let direction = pairs.direction();
    let mut lean = Table::new(
        "Which way the differences go",
        &["Measure", "Found#", "Items#"],
    );
    lean.row(vec![
        "Reviewer higher than moderator".into(),
        direction.higher.into(),
        items.into(),
    ])
    .row(vec![
        "Reviewer lower than moderator".into(),
        direction.lower.into(),
        items.into(),
    ])
    .row(vec![
        "Mean difference in grades".into(),
        Cell::number(direction.mean(), 2),
        items.into(),
    ]);
    lean
}

fn ends(range: Estimate<(f64, f64)>) -> (Cell, Cell) {
    (
        Cell::share(range.map(|it| it.0)),
        Cell::share(range.map(|it| it.1)),
    )
}

fn strata(material: &Material<'_>, moderated: &[First<'_>]) -> Vec<StratumResult> {
    let of = |line: &StratumLine| {
        let own = moderated.iter().filter(|first| first.stratum == line.name);
        let (mut seen, mut agreed) = (0, 0);
        for first in own {
            seen += 1;
            agreed += u64::from(first.own == first.moderated);
        }
        StratumResult {
            name: line.name.clone(),
            frame: u64::try_from(line.population).unwrap_or(u64::MAX),
            seen,
            agreed,
        }
    };
    material.certificate.strata.iter().map(of).collect()
}

/// Agreement beyond chance, and whether the differences lean.
pub(super) fn coefficients(pairs: &Pairs) -> Section {
    let mut section = section("coefficients", "Agreement beyond chance");
    section.appendix = true;
    section.lead.push(
        "Where most grades are the same one, kappa and alpha are near zero although people nearly always agree. Read \
         Gwet\u{2019}s AC beside them. With fewer than 30 items none of them says much."
            .to_owned(),
    );
    let items = pairs.items();
    let mut table = Table::new(
        "Coefficients",
        &["Coefficient", "Found#", "Standard error#", "Items#"],
    );
    let units = pairs.units();
    for (name, weights) in [
        ("Cohen\u{2019}s kappa", Weights::Identity),
        ("Kappa, linear weights", Weights::Linear),
        ("Kappa, quadratic weights", Weights::Quadratic),
    ] {
        let found = kappa(pairs, weights);
        let error = Cell::number(found.map(|k| k.standard_error), 3);
        table.row(vec![
            name.into(),
            Cell::number(found.map(|k| k.value), 3),
            error,
            items.into(),
        ]);
    }
    for (name, weights) in [
        ("Gwet\u{2019}s AC1", Weights::Identity),
        ("Gwet\u{2019}s AC2, linear weights", Weights::Linear),
        ("Gwet\u{2019}s AC2, quadratic weights", Weights::Quadratic),
        ("Gwet\u{2019}s AC2, ordinal weights", Weights::Ordinal),
    ] {
        let found = gwet(&units, weights);
        let error = Cell::number(found.and_then(|g| g.standard_error), 3);
        table.row(vec![
            name.into(),
            Cell::number(found.map(|g| g.value), 3),
            error,
            items.into(),
        ]);
    }
    for (name, level) in [
        ("Krippendorff\u{2019}s alpha, nominal", Level::Nominal),
        ("Krippendorff\u{2019}s alpha, ordinal", Level::Ordinal),
        ("Krippendorff\u{2019}s alpha, interval", Level::Interval),
    ] {
        let found = krippendorff(&units, level);
        table.row(vec![
            name.into(),
            Cell::number(found, 3),
            "not reckoned".into(),
            items.into(),
        ]);
    }
    section.tables = vec![table, balance(pairs)];
    section
}

/// Whether the differences lean one way.
fn balance(pairs: &Pairs) -> Table {
    let items = pairs.items();
    let mut tests = Table::new(
        "Do the differences lean one way?",
        &[
            "Test",
            "Statistic#",
            "Degrees of freedom#",
            "Probability by chance#",
            "Items#",
        ],
    );
    for (name, found) in [
        ("Bowker, each pair of grades", bowker(pairs)),
        (
            "Stuart and Maxwell, how often each grade is given",
            stuart_maxwell(pairs),
        ),
    ] {
        tests.row(vec![
            name.into(),
            Cell::number(found.map(|t| t.statistic), 2),
            Cell::number(found.map(|t| f64::from(t.degrees)), 0),
            Cell::number(found.map(|t| t.probability), 3),
            items.into(),
        ]);
    }
    tests
}

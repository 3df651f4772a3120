//! Which figures stand in the pack, in which order, and with which words?

use serde::Serialize;

use super::chart::Chart;
use super::material::{Initial, Material};
use super::sheet::{Cell, Section, Table};
use super::{agreement, people};
use crate::consistency::{Cycle, Pairs, cusum, detection, p_chart, sample_size};
use crate::sampling::Grade;

/// The confidence of every interval.
pub(super) const LEVEL: f64 = 0.95;

/// The consistency pack of one cycle.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pack {
    /// The cycle.
    pub cycle: String,
    /// The local day it was made.
    pub made_on: String,
    /// SHA-256 of the frozen frame.
    pub frame_hash: String,
    /// SHA-256 of the certificate as it stands now.
    pub certificate_hash: String,
    /// Its sections, in order.
    pub sections: Vec<Section>,
}

/// The pack that follows from what is known.
pub fn pack(material: &Material<'_>) -> Pack {
    let moderated = first_moderations(material);
    let pairs = pairs(&moderated);
    let day = material.made_on.strftime("%-d %B %Y").to_string();
    Pack {
        cycle: material.certificate.cycle.clone(),
        made_on: day,
        frame_hash: material.certificate.frame_hash.clone(),
        certificate_hash: material.certificate.hash(),
        sections: vec![
            flow(material, moderated.len()),
            agreement::agreement(material, &pairs, &moderated),
            grades(&pairs),
            drift(material),
            initial(material),
            draw(material),
            agreement::coefficients(&pairs),
            people::severity(material, &moderated),
            people::between_moderators(material),
            items(material),
            sizes(material),
        ],
    }
}

/// The first decision on each episode of the sample: its reviewer's grade and the moderator's.
pub(super) struct First<'a> {
    pub(super) le_id: &'a str,
    pub(super) reviewer: &'a str,
    pub(super) stratum: &'a str,
    pub(super) own: Grade,
    pub(super) moderated: Grade,
}

fn first_moderations<'a>(material: &'a Material<'a>) -> Vec<First<'a>> {
    let mut found: Vec<First<'_>> = Vec::new();
    for decision in material.moderated {
        let row = material.frame.row(&decision.le_id);
        let drawn = stratum_of(material, &decision.le_id);
        let (Some(row), Some(stratum)) = (row, drawn) else {
            continue;
        };
        let Some(own) = row.evaluation else { continue };
        if !found.iter().any(|first| first.le_id == decision.le_id) {
            found.push(First {
                le_id: &row.le_id,
                reviewer: &row.reviewer,
                stratum,
                own,
                moderated: decision.grade,
            });
        }
    }
    found
}

fn stratum_of<'a>(material: &'a Material<'_>, le_id: &str) -> Option<&'a str> {
    let certificate = material.certificate;
    if !certificate.sample().any(|drawn| drawn == le_id) {
        return None;
    }
    let drawn = certificate.selected.iter().chain(&certificate.reserves);
    let mut drawn = drawn.filter(|drawn| drawn.le_id == le_id);
    if let Some(drawn) = drawn.next() {
        return Some(&drawn.stratum);
    }
    let of_second = certificate.second_stage.iter();
    let mut of_second = of_second.filter(|stage| stage.added.iter().any(|added| added == le_id));
    if let Some(stage) = of_second.next() {
        return Some(&stage.stratum);
    }
    let replaced = certificate.substitutions.iter();
    let mut replaced = replaced.filter(|one| one.replacement.as_deref() == Some(le_id));
    replaced.next().map(|one| one.stratum.as_str())
}

pub(super) fn at(grade: Grade) -> usize {
    Grade::ALL.iter().position(|one| *one == grade).unwrap_or(0)
}

pub(super) fn words(grade: Grade) -> &'static str {
    match grade {
        Grade::Inadequate => "Inadequate",
        Grade::RequiresImprovement => "Requires improvement",
        Grade::Good => "Good",
        Grade::Outstanding => "Outstanding",
    }
}

fn pairs(moderated: &[First<'_>]) -> Pairs {
    let mut pairs = Pairs::new(Grade::ALL.len());
    for first in moderated {
        pairs.add(at(first.own), at(first.moderated));
    }
    pairs
}

pub(super) fn section(key: &'static str, title: &'static str) -> Section {
    Section {
        key,
        title,
        lead: Vec::new(),
        tables: Vec::new(),
        chart: None,
        appendix: false,
    }
}

fn flow(material: &Material<'_>, moderated: usize) -> Section {
    let (flow, mut section) = (material.flow, section("cycle", "The cycle"));
    let drawn = material.certificate.sample().count();
    section.lead = vec![format!(
        "{} Learning Episodes were allocated, {} of them have a finished practice review, and {drawn} were drawn for \
         moderation. {moderated} of those {} been moderated so far.",
        flow.allocated,
        flow.finished,
        if moderated == 1 { "has" } else { "have" }
    )];
    let mut table = Table::new("How the cycle went", &["What", "Episodes#", "Of#"]);
    let rows: [(&str, u64, u64); 8] = [
        ("Practice review finished", flow.finished, flow.allocated),
        ("Finished after the date in force", flow.late, flow.finished),
        (
            "Finished after the date first set",
            flow.late_against_first,
            flow.finished,
        ),
        ("Cancelled", flow.cancelled, flow.allocated),
        (
            "Cancelled after an evaluation was set",
            flow.cancelled_after_grade,
            flow.cancelled,
        ),
        (
            "Finish let through by an override",
            flow.overrides,
            flow.finished,
        ),
        (
            "Finished without a permit, or sent on early",
            flow.bypassed,
            flow.finished,
        ),
        (
            "Evaluation moved after moderation was asked for",
            flow.moved_after_request,
            flow.finished,
        ),
    ];
    for (what, count, of) in rows {
        table.row(vec![what.into(), count.into(), of.into()]);
    }
    let mut actions = Table::new("Agreed actions", &["What", "Actions#", "Of#"]);
    actions
        .row(vec![
            "Done".into(),
            flow.actions_done.into(),
            flow.actions.into(),
        ])
        .row(vec![
            "Open past their own date".into(),
            flow.actions_overdue.into(),
            flow.actions.into(),
        ]);
    section.tables = vec![table, actions];
    section
}

fn grades(pairs: &Pairs) -> Section {
    let mut section = section("grades", "Grade by moderated grade");
    let mut columns = vec!["Reviewer's grade".to_owned()];
    columns.extend(
        Grade::ALL
            .iter()
            .map(|grade| format!("Moderated {}#", words(*grade))),
    );
    columns.push("All#".to_owned());
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut table = Table::new("Episodes by both grades", &columns);
    for own in Grade::ALL {
        let counts: Vec<u64> = Grade::ALL
            .iter()
            .map(|it| pairs.count(at(own), at(*it)))
            .collect();
        let mut row: Vec<Cell> = vec![words(own).into()];
        row.extend(counts.iter().map(|count| Cell::Count(*count)));
        row.push(counts.iter().sum::<u64>().into());
        table.row(row);
    }
    let mut all: Vec<Cell> = vec!["All".into()];
    all.extend(pairs.seconds().into_iter().map(Cell::Count));
    all.push(pairs.items().into());
    table.row(all);
    section.tables.push(table);
    section.chart = Some(Chart::grades(pairs));
    section
}

fn cycles(material: &Material<'_>) -> Vec<Cycle> {
    let mut now = vec![0_u64; Grade::ALL.len()];
    for grade in material
        .frame
        .rows()
        .iter()
        .filter_map(|row| row.evaluation)
    {
        if let Some(count) = now.get_mut(at(grade)) {
            *count += 1;
        }
    }
    let past = material.past.iter().map(|past| Cycle {
        name: past.cycle.clone(),
        grades: past.grades.to_vec(),
        changed: past.changed,
    });
    let own = Cycle {
        name: material.certificate.cycle.clone(),
        grades: now,
        changed: false,
    };
    past.chain([own]).collect()
}

fn drift(material: &Material<'_>) -> Section {
    let mut section = section("drift", "Do grades drift?");
    let cycles = cycles(material);
    let good = at(Grade::Good);
    match p_chart(&cycles, good) {
        Err(why) => section.lead.push(format!(
            "A chart over cycles is {why}. It begins with the second cycle."
        )),
        Ok(chart) => {
            let sums = cusum(&cycles, 0.5, 4.0);
            let mut table = Table::new(
                "Share of Good and Outstanding in each cycle",
                &[
                    "Cycle",
                    "Share#",
                    "Expected from#",
                    "Expected to#",
                    "Run above#",
                    "Run below#",
                    "Grades#",
                ],
            );
            for (number, point) in chart.points.iter().enumerate() {
                let sum = |of: fn(&crate::consistency::CusumPoint) -> f64| {
                    let found = sums.as_ref().map_err(|why| *why);
                    Cell::number(found.map(|sums| sums.get(number).map_or(0.0, of)), 2)
                };
                table.row(vec![
                    point.name.clone().into(),
                    Cell::share(point.share),
                    Cell::Share(point.low),
                    Cell::Share(point.high),
                    sum(|sum| sum.above),
                    sum(|sum| sum.below),
                    point.items.into(),
                ]);
            }
            let outside: Vec<&str> = chart
                .points
                .iter()
                .filter(|point| point.outside)
                .map(|point| point.name.as_str())
                .collect();
            section.lead.push(if outside.is_empty() {
                "No cycle lies outside what chance alone would give.".to_owned()
            } else {
                format!(
                    "Outside what chance alone would give: {}. Look at what changed.",
                    outside.join(", ")
                )
            });
            let shifted = sums.iter().flatten().filter(|sum| sum.signal);
            let shifted: Vec<&str> = shifted.map(|sum| sum.name.as_str()).collect();
            if !shifted.is_empty() {
                section.lead.push(format!(
                    "Grades have run to one side for some time by {}: a run of more than 4 is no chance.",
                    shifted.join(", ")
                ));
            }
            section.chart = Some(Chart::drift(&chart));
            section.tables.push(table);
        }
    }
    section
}

fn initial(material: &Material<'_>) -> Section {
    let mut section = section("initial", "Initial moderation by the Head");
    let mut table = Table::new(
        "Outcomes",
        &["Outcome", "Moderations#", "Longest, working days#"],
    );
    let mut outcomes: Vec<&str> = material.initial.iter().map(|one| one.outcome).collect();
    outcomes.sort_unstable();
    outcomes.dedup();
    for outcome in outcomes {
        let own: Vec<&Initial> = material
            .initial
            .iter()
            .filter(|one| one.outcome == outcome)
            .collect();
        let longest = own.iter().filter_map(|one| one.working_days).max();
        let longest = longest.and_then(|days| u64::try_from(days).ok());
        table.row(vec![
            outcome.into(),
            own.len().into(),
            longest.map_or_else(|| "no request on record".into(), Cell::Count),
        ]);
    }
    if material.initial.is_empty() {
        section.lead.push("None in this cycle.".to_owned());
    } else {
        section.tables.push(table);
    }
    section
}

fn draw(material: &Material<'_>) -> Section {
    let (certificate, mut section) = (material.certificate, section("draw", "The draw"));
    section.lead.push(format!(
        "{} of {} episodes, seed {}. Anybody can draw it again: docs/sampling.md says how.",
        certificate.sample().count(),
        certificate.frame_rows,
        certificate.seed
    ));
    let mut table = Table::new(
        "Groups",
        &["Group", "Episodes#", "Drawn#", "Chance of each"],
    );
    for line in &certificate.strata {
        table.row(vec![
            line.name.clone().into(),
            line.population.into(),
            line.take.into(),
            line.chance.clone().into(),
        ]);
    }
    section.tables.push(table);
    if !certificate.substitutions.is_empty() {
        let mut table = Table::new(
            "Could not be moderated",
            &["Episode", "Reason", "In its place"],
        );
        for one in &certificate.substitutions {
            let place = one
                .replacement
                .as_deref()
                .unwrap_or("nobody left in its group");
            table.row(vec![
                one.unusable.clone().into(),
                one.reason.clone().into(),
                place.into(),
            ]);
        }
        section.tables.push(table);
    }
    let mut reasons: Vec<&str> = material
        .exclusions
        .iter()
        .map(|one| one.reason.as_str())
        .collect();
    reasons.sort_unstable();
    let mut left = Table::new("Not in the frame", &["Reason", "Episodes#"]);
    let mut distinct = reasons.clone();
    distinct.dedup();
    for reason in distinct {
        let count = reasons.iter().filter(|one| **one == reason).count();
        left.row(vec![reason.into(), count.into()]);
    }
    if !left.rows.is_empty() {
        section.tables.push(left);
    }
    section
}

fn items(material: &Material<'_>) -> Section {
    let mut section = section("items", "Each moderated episode");
    section.appendix = true;
    let mut table = Table::new(
        "Both grades stand beside each other; neither replaces the other",
        &[
            "Episode",
            "Group",
            "Reviewer\u{2019}s grade",
            "Moderated grade",
            "Learning",
            "Since then",
        ],
    );
    for decision in material.moderated {
        let own = material
            .frame
            .row(&decision.le_id)
            .and_then(|row| row.evaluation);
        table.row(vec![
            decision.le_id.clone().into(),
            stratum_of(material, &decision.le_id)
                .unwrap_or("not in the sample")
                .into(),
            own.map_or("could not be read", words).into(),
            words(decision.grade).into(),
            decision.learning.as_deref().unwrap_or("none noted").into(),
            decision.since.unwrap_or("unchanged").into(),
        ]);
    }
    let half = |drawn: &str| material.half_moderated.iter().any(|one| one == drawn);
    let waiting: Vec<String> = material
        .certificate
        .sample()
        .filter(|drawn| !material.moderated.iter().any(|one| one.le_id == *drawn))
        .map(|drawn| {
            if half(drawn) {
                format!("{drawn} (1 of 2 awaited)")
            } else {
                drawn.to_owned()
            }
        })
        .collect();
    section.lead.push(if waiting.is_empty() {
        "Every drawn episode has been moderated.".to_owned()
    } else {
        format!("Still to be moderated: {}.", waiting.join(", "))
    });
    if !table.rows.is_empty() {
        section.tables.push(table);
    }
    section
}

fn sizes(material: &Material<'_>) -> Section {
    let mut section = section("sizes", "How many to see next time");
    section.appendix = true;
    let frame = material.frame.rows().len();
    let frame = u64::try_from(frame).unwrap_or(u64::MAX);
    section.lead.push(format!(
        "For a cycle of {frame} episodes. Ten are enough to notice that something is wrong, not to say how much."
    ));
    let mut table = Table::new(
        "To measure agreement of about 80% with 95% confidence",
        &["To within", "Episodes to moderate#"],
    );
    for (within, error) in [
        ("10 points", 0.10),
        ("15 points", 0.15),
        ("20 points", 0.20),
    ] {
        table.row(vec![
            within.into(),
            sample_size(frame, 0.8, error, LEVEL).into(),
        ]);
    }
    let mut notice = Table::new(
        "Chance to meet at least one wrong grade",
        &[
            "Moderated",
            "5% of grades wrong#",
            "10% wrong#",
            "20% wrong#",
        ],
    );
    for sample in [10_u64, 15, 20]
        .into_iter()
        .filter(|sample| *sample <= frame)
    {
        let mut row: Vec<Cell> = vec![sample.to_string().into()];
        row.extend(
            [20_u64, 10, 5].map(|part| Cell::Share(detection(frame, frame.div_ceil(part), sample))),
        );
        notice.row(row);
    }
    section.tables = vec![table, notice];
    section
}

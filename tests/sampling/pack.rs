//! The pack of the worked cycle: every face shows the same figures, each with what it rests on.

use greentick::consistency::confidence;
use greentick::pack::{Cell, Flow, Initial, Material, Moderated, Pack, PastCycle, pack};
use greentick::sampling::Grade;

use crate::worked::{frozen, sample_of};

fn moderated(le_id: &str, moderator: &str, grade: Grade, learning: Option<&str>) -> Moderated {
    Moderated {
        le_id: le_id.to_owned(),
        moderator: moderator.to_owned(),
        grade,
        learning: learning.map(str::to_owned),
        since: None,
    }
}

fn past(cycle: &str, grades: [u64; 4], agreed: u64) -> PastCycle {
    PastCycle {
        cycle: cycle.to_owned(),
        grades,
        moderated: 10,
        agreed,
        changed: false,
    }
}

/// The worked cycle with nine of its ten episodes moderated, two of them twice.
fn worked() -> Pack {
    let frozen = frozen();
    let certificate = sample_of(&frozen).certificate();
    let decisions = [
        moderated("LE-2026-0002", "M-1", Grade::Outstanding, None),
        moderated("LE-2026-0007", "M-2", Grade::Good, None),
        moderated("LE-2026-0013", "M-1", Grade::Good, Some("evidence_thin")),
        moderated("LE-2026-0020", "M-3", Grade::Inadequate, None),
        moderated("LE-2026-0019", "M-2", Grade::Good, None),
        moderated("LE-2026-0010", "M-3", Grade::Good, None),
        moderated(
            "LE-2026-0001",
            "M-1",
            Grade::RequiresImprovement,
            Some("=cmd()"),
        ),
        moderated("LE-2026-0015", "M-2", Grade::RequiresImprovement, None),
        moderated("LE-2026-0021", "M-3", Grade::RequiresImprovement, None),
        moderated("LE-2026-0015", "M-3", Grade::RequiresImprovement, None),
        moderated("LE-2026-0019", "M-1", Grade::RequiresImprovement, None),
    ];
    let initial = [
        Initial {
            outcome: "agreed",
            working_days: Some(2),
        },
        Initial {
            outcome: "would change it",
            working_days: None,
        },
    ];
    let earlier = [
        past("2026-C1", [1, 6, 12, 2], 7),
        past("2026-C2", [2, 5, 14, 3], 8),
    ];
    pack(&Material {
        frame: frozen.frame(),
        exclusions: frozen.exclusions(),
        certificate: &certificate,
        made_on: "2026-12-01".parse().unwrap(),
        moderated: &decisions,
        half_moderated: &[],
        initial: &initial,
        flow: Flow {
            allocated: 26,
            finished: 24,
            late: 3,
            late_against_first: 5,
            cancelled: 1,
            cancelled_after_grade: 1,
            overrides: 1,
            bypassed: 2,
            actions: 31,
            actions_done: 12,
            actions_overdue: 4,
            moved_after_request: 1,
        },
        past: &earlier,
    })
}

fn find<'a>(pack: &'a Pack, section: &str, row: &str) -> &'a [Cell] {
    let section = pack.sections.iter().find(|it| it.key == section);
    let tables = &section.expect("the section is there").tables;
    let rows = tables.iter().flat_map(|table| &table.rows);
    rows.into_iter()
        .find(|cells| cells[0].shown() == row)
        .expect("the row is there")
}

#[test]
fn the_figures_are_those_of_the_decisions() {
    let pack = worked();
    let exact = find(&pack, "agreement", "The same grade, as counted");
    // 0013 and 0001 were given another grade; 0023 is not decided yet.
    assert_eq!(exact[1], Cell::Share(7.0 / 9.0));
    assert_eq!(exact[4], Cell::Count(9));
    assert!((confidence(0.95) - 1.959_963_985).abs() < 1e-9);
    let higher = find(&pack, "agreement", "Reviewer higher than moderator");
    assert_eq!(higher[1], Cell::Count(2));
    let whole = find(&pack, "agreement", "The same grade, for the whole cycle");
    assert_eq!(
        whole[1].shown(),
        "not estimable: a group has no moderated item"
    );
    let two = find(&pack, "moderators", "The same grade");
    assert_eq!((&two[1], &two[2]), (&Cell::Share(0.5), &Cell::Count(2)));
    let items = pack.sections.iter().find(|it| it.key == "items").unwrap();
    assert_eq!(items.lead, ["Still to be moderated: LE-2026-0023."]);
}

#[test]
fn nothing_is_said_of_a_reviewer_with_few_items() {
    let pack = worked();
    let reviewers = pack
        .sections
        .iter()
        .find(|it| it.key == "reviewers")
        .unwrap();
    assert!(reviewers.tables.is_empty(), "{:?}", reviewers.tables);
    assert!(!pack.html().unwrap().contains("pr-a"));
}

#[test]
fn every_face_shows_every_figure_and_each_share_stands_with_its_number_of_items() {
    let pack = worked();
    let html = pack.html().unwrap();
    let csv = String::from_utf8(pack.csv()).unwrap();
    let json = serde_json::to_value(&pack).unwrap();
    for section in &pack.sections {
        assert!(
            html.contains(&format!("id=\"{}\"", section.key)),
            "{}",
            section.key
        );
        assert!(
            json["sections"]
                .as_array()
                .unwrap()
                .iter()
                .any(|it| it["key"] == section.key)
        );
        for table in &section.tables {
            for row in &table.rows {
                assert_eq!(row.len(), table.columns.len(), "{}", table.caption);
                for cell in row.iter().skip(1) {
                    let shown = cell.shown();
                    assert!(!shown.contains("NaN") && !shown.contains("inf"), "{shown}");
                    let safe = shown.replace('"', "\"\"");
                    assert!(csv.contains(&safe), "{shown} is not in the CSV");
                }
            }
            let shares = table
                .rows
                .iter()
                .flatten()
                .any(|cell| matches!(cell, Cell::Share(_)));
            let names: Vec<&str> = table.columns.iter().map(|it| it.name.as_str()).collect();
            let of = ["Items", "Grades", "Moderated"];
            assert!(
                !shares || of.iter().any(|it| names.contains(it)),
                "{}",
                table.caption
            );
        }
    }
}

#[test]
fn nothing_from_a_code_runs_as_a_formula_or_as_markup() {
    let pack = worked();
    let csv = String::from_utf8(pack.csv()).unwrap();
    assert!(csv.contains("'=cmd()") && !csv.contains(",=cmd()"));
    let mut wild = pack;
    wild.cycle = "<script>alert(1)</script>".to_owned();
    assert!(!wild.html().unwrap().contains("<script"));
}

#[test]
fn the_workbook_is_the_same_each_time() {
    let (one, other) = (worked().xlsx().unwrap(), worked().xlsx().unwrap());
    assert!(one.starts_with(b"PK"));
    assert_eq!(one, other);
}

/// For a person to look at, and for `tests/pack_in_browser.py`: `PACK_OUT=DIR cargo test --test sampling pack`.
#[test]
fn the_pack_can_be_looked_at() {
    let Some(out) = std::env::var_os("PACK_OUT") else {
        return;
    };
    let out = std::path::PathBuf::from(out);
    let pack = worked();
    std::fs::write(out.join("pack.html"), pack.html().unwrap()).unwrap();
    std::fs::write(out.join("pack.xlsx"), pack.xlsx().unwrap()).unwrap();
    std::fs::write(out.join("pack.csv"), pack.csv()).unwrap();
    let json = serde_json::to_vec(&pack).unwrap();
    std::fs::write(out.join("pack.json"), json).unwrap();
}

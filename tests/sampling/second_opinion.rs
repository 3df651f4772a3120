//! `tests/verify_certificate.py` shares no code with this crate. It must agree with whatever the crate publishes, and
//! must notice what the crate notices.

use std::{fs, path::Path, process::Command};

use greentick::sampling::{Certain, FrameRow, Frozen, Grade, Outcome, verify};

use crate::worked::{CYCLE, frozen, rows, sample_of};

#[test]
fn the_second_program_agrees() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: python3 3.11 or later is not here, so no second program was asked");
        return;
    };
    for number in 0..6 {
        let policy = format!(
            "[other]\nkey = 1\n[sampling]\nsample_size = {}\nminimum_per_service = {}\nreserves = {}\n",
            number * 7,
            number % 4,
            number % 5
        );
        let frozen = Frozen::freeze(CYCLE, cycle_of(number), vec![], policy.as_bytes()).unwrap();
        let mut sample = sample_of(&frozen);
        let published = sample.certificate();
        assert_eq!(
            ask(
                python,
                &frozen,
                policy.as_bytes(),
                &published.canonical_bytes()
            ),
            "verifies"
        );
        for le_id in published.sample().take(3) {
            sample.substitute(le_id, "record_restricted").unwrap();
        }
        let outcomes: Vec<_> = sample
            .certificate()
            .sample()
            .map(|le_id| Outcome {
                le_id: le_id.to_owned(),
                moderated: Grade::Good,
            })
            .collect();
        sample.second_stage(&outcomes).unwrap();
        let last = sample.certificate().sample().last().map(str::to_owned);
        if let Some(last) = last {
            sample.substitute(&last, "record_restricted").unwrap();
        }
        let bytes = sample.certificate().canonical_bytes();
        assert_eq!(
            verify(&frozen.frame_csv(), policy.as_bytes(), &bytes),
            vec![]
        );
        assert_eq!(
            ask(python, &frozen, policy.as_bytes(), &bytes),
            "verifies",
            "cycle {number}"
        );
    }
}

#[test]
fn the_second_program_notices() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: python3 3.11 or later is not here, so no second program was asked");
        return;
    };
    let frozen = frozen();
    let policy = crate::worked::POLICY;
    let good = String::from_utf8(sample_of(&frozen).certificate().canonical_bytes()).unwrap();
    for (from, to) in [
        ("LE-2026-0015", "LE-2026-0016"),
        ("0.4172", "0.4173"),
        ("40731|", "40732|"),
        ("\"n\":2", "\"n\":3"),
        ("\"reserves\":2", "\"reserves\":3"),
        ("cancelled", "withdrawn"),
        ("{\"algorithm\"", "{ \"algorithm\""),
    ] {
        let touched = good.replace(from, to);
        assert_ne!(touched, good);
        let said = ask(python, &frozen, policy, touched.as_bytes());
        assert!(said.contains("recomputed"), "{from}: {said}");
        assert_ne!(
            verify(&frozen.frame_csv(), policy, touched.as_bytes()),
            vec![],
            "{from}"
        );
    }
}

/// Cycles of many shapes: ids that need quoting, uneven services, grades that were not seen.
fn cycle_of(number: usize) -> Vec<FrameRow> {
    let mut rows = rows(24 + number * 9);
    for (place, row) in rows.iter_mut().enumerate() {
        let mix = place * 31 + number * 17;
        row.le_id = format!("LÉ,{}\"{place}", mix % 7).as_str().into();
        row.service = format!("Service {}, \"{}\"", mix % 5 % (number + 1), number)
            .as_str()
            .into();
        row.reviewer = format!("W-{}", mix % 13).as_str().into();
        row.cycles_since_moderated = [None, Some(1), Some(3), Some(4), Some(9)]
            .get(mix % 13 % (1 + number % 5))
            .copied()
            .unwrap();
        row.evaluation = Some(if mix.is_multiple_of(2) {
            Grade::Good
        } else {
            Grade::RequiresImprovement
        });
        if mix % 11 == 3 {
            row.evaluation = (place % 2 == 1).then_some(Grade::Outstanding);
        }
        row.certain = Certain {
            below_standard: mix % 29 == 1,
            conflict_override: mix % 37 == 2,
            ..Certain::default()
        };
    }
    rows
}

fn ask(python: &str, frozen: &Frozen, policy: &[u8], certificate: &[u8]) -> String {
    let place = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = place.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify_certificate.py");
    let answer = Command::new(python)
        .arg("-X")
        .arg("utf8")
        .arg(script)
        .arg(file("frame.csv", &frozen.frame_csv()))
        .arg(file("policy.toml", policy))
        .arg(file("certificate.json", certificate))
        .output()
        .unwrap();
    assert!(
        answer.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    let said = String::from_utf8(answer.stdout).unwrap().trim().to_owned();
    assert_eq!(answer.status.success(), said == "verifies");
    said
}

fn python() -> Option<&'static str> {
    let answers = |python: &&str| {
        Command::new(python)
            .args(["-c", "import tomllib"])
            .output()
            .is_ok_and(|answer| answer.status.success())
    };
    ["python3", "python"].into_iter().find(answers)
}

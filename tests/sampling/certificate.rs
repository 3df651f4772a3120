//! A certificate that was touched, or that belongs to other files, does not verify, and says where.

use greentick::sampling::{Certificate, Sample, Seed, verify};
use serde_json::{Value, json};

use crate::worked::{CYCLE, POLICY, frozen, sample_of};

#[test]
fn an_untouched_certificate_verifies() {
    let frozen = frozen();
    let bytes = sample_of(&frozen).certificate().canonical_bytes();
    assert_eq!(verify(&frozen.frame_csv(), POLICY, &bytes), vec![]);
    assert!(!bytes.contains(&b'\n') && bytes.starts_with(br#"{"algorithm":{"name":"#));
}

/// Every single value of a certificate is put wrong in turn.
#[test]
fn no_value_can_be_changed_unseen() {
    let frozen = frozen();
    let mut sample = sample_of(&frozen);
    sample
        .substitute("LE-2026-0015", "record_restricted")
        .unwrap();
    let good = serde_json::to_value(sample.certificate()).unwrap();
    let mut paths = Vec::new();
    leaves("", &good, &mut paths);
    assert!(paths.len() > 80, "{}", paths.len());
    for path in paths {
        // Taken on trust and said to be so: who made it, and the reasons people gave.
        if path.starts_with("/tool") || path == "/substitutions/0/reason" {
            continue;
        }
        let mut touched = good.clone();
        let leaf = touched.pointer_mut(&path).unwrap();
        *leaf = match leaf {
            Value::Number(n) => json!(n.as_u64().unwrap() + 1),
            Value::String(text) => json!(format!("{text}0")),
            _ => json!({}),
        };
        assert!(
            !check(&touched).is_empty(),
            "{path} was changed and not noticed"
        );
    }
}

#[test]
fn the_place_of_a_change_is_told() {
    let frozen = frozen();
    let mut touched = sample_of(&frozen).certificate();
    let wanted = "LE-2026-0014".to_owned();
    touched
        .selected
        .iter_mut()
        .filter(|d| d.stratum == "S/CLA")
        .for_each(|d| {
            d.le_id.clone_from(&wanted);
        });
    let found = check(&serde_json::to_value(touched).unwrap());
    let told: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["certificate /selected/6/le_id: has `LE-2026-0014`, recomputed `LE-2026-0015`"]
    );
}

#[test]
fn other_files_do_not_verify() {
    let frozen = frozen();
    let bytes = sample_of(&frozen).certificate().canonical_bytes();
    let frame = String::from_utf8(frozen.frame_csv()).unwrap();
    let regraded = frame.replacen(",GOOD,", ",RI,", 1);
    let without_last = format!("{}\n", frame.trim_end().rsplit_once('\n').unwrap().0);
    let windows = frame.replace('\n', "\r\n");
    for other in [&regraded, &without_last, &windows] {
        let found = verify(other.as_bytes(), POLICY, &bytes);
        let first = found.first().unwrap();
        assert_eq!(
            (&*first.file, &*first.at),
            ("frame", "SHA-256"),
            "{found:?}"
        );
    }
    let commented = verify(
        frame.as_bytes(),
        b"# \n[sampling]\nsample_size = 10\n",
        &bytes,
    );
    assert_eq!(commented.first().unwrap().file, "policy");
    assert_eq!(commented.len(), 1, "{commented:?}");
    assert!(!verify(frame.as_bytes(), POLICY, b"{}").is_empty());
    assert!(!verify(frame.as_bytes(), b"[sampling", &bytes).is_empty());
    let mut spaced = bytes.clone();
    spaced.push(b'\n');
    assert_eq!(
        verify(frame.as_bytes(), POLICY, &spaced)
            .first()
            .unwrap()
            .file,
        "certificate"
    );
}

/// A second throw gives a sample that verifies by itself, which is why two approvers and both papers are needed.
#[test]
fn a_superseding_draw_needs_two_people_and_keeps_both_papers() {
    let frozen = frozen();
    let first = sample_of(&frozen).certificate();
    let seed = Seed::from_dice("99999 00000 11111 22222", CYCLE).unwrap();
    let mut second = Sample::draw(&frozen, &seed).unwrap();
    for approvers in [["W-1", "W-1"], ["W-1", " w-1 "], ["W-1", " "], ["", "W-2"]] {
        assert!(
            second
                .supersede(&first, "witness withdrew", approvers)
                .is_err(),
            "{approvers:?}"
        );
    }
    assert!(second.supersede(&first, " ", ["W-1", "W-2"]).is_err());
    assert!(
        sample_of(&frozen)
            .supersede(&first, "again", ["W-1", "W-2"])
            .is_err()
    );
    second
        .supersede(&first, "witness withdrew", ["W-1", "W-2"])
        .unwrap();
    let second = second.certificate();
    assert_eq!(
        second.supersedes.as_ref().unwrap().certificate_hash,
        first.hash()
    );
    assert_eq!(check(&serde_json::to_value(&second).unwrap()), vec![]);
    let mut alone = serde_json::to_value(&second).unwrap();
    alone["supersedes"]["approvers"] = json!(["W-1", "W-1"]);
    assert_eq!(check(&alone).first().unwrap().at, "/supersedes");
}

fn check(certificate: &Value) -> Vec<greentick::sampling::Difference> {
    let text = serde_json::to_vec(certificate).unwrap();
    let bytes = match Certificate::from_bytes(&text) {
        Ok(certificate) => certificate.canonical_bytes(),
        Err(_) => text,
    };
    verify(&frozen().frame_csv(), POLICY, &bytes)
}

fn leaves(at: &str, value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                leaves(
                    &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")),
                    value,
                    out,
                );
            }
        }
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                leaves(&format!("{at}/{place}"), value, out);
            }
        }
        _ => out.push(at.to_owned()),
    }
}

//! Is a single byte changed anywhere in what was published noticed, and is the right file named?

use std::collections::BTreeSet;
use std::process::Command;

use greentick::sampling::{Assignment, Difference, Published, Sample, SampleList, Seed, assign};
use greentick::sampling::{Exclusion, Frozen, Moderator};

use crate::worked::{CYCLE, DICE, rows};

const POLICY: &[u8] = b"# small\n[sampling]\nsample_size = 3\nreserves = 1\n";

/// Everything that is published of one small draw, in which one episode could not be used.
struct Files {
    frame: Vec<u8>,
    policy: Vec<u8>,
    certificate: Vec<u8>,
    record: Vec<u8>,
    exclusions: Vec<u8>,
    exclusions_json: Vec<u8>,
    assignment: Vec<u8>,
    csv: Vec<u8>,
    json: Vec<u8>,
}

impl Files {
    fn new() -> Self {
        let left_out = Exclusion {
            le_id: "LE, \"x\"".to_owned(),
            reason: "cancelled".to_owned(),
        };
        let mut rows = rows(5);
        rows[0].le_id = "LE-2026-é,\"1\"".into();
        rows[4].service = "=CLA".into();
        let frozen = Frozen::freeze(CYCLE, rows, vec![left_out], POLICY).unwrap();
        let mut sample = Sample::draw(&frozen, &Seed::from_dice(DICE, CYCLE).unwrap()).unwrap();
        let certificate = sample.certificate();
        let spare = certificate.reserves.first().unwrap().stratum.clone();
        let out = certificate.selected.iter().find(|it| it.stratum == spare);
        let out = out.unwrap().le_id.clone();
        sample.substitute(&out, "record \"restricted\"").unwrap();
        let certificate = sample.certificate();
        let pool = ["M-1", "M-2", "M-3"].map(|id| Moderator {
            id: id.to_owned(),
            services: BTreeSet::new(),
        });
        let assignment: Assignment =
            assign(&certificate, frozen.frame(), frozen.policy(), &pool, None);
        let list = SampleList::of(&certificate, frozen.frame(), Some(&assignment));
        Self {
            frame: frozen.frame_csv(),
            policy: POLICY.to_vec(),
            certificate: certificate.canonical_bytes(),
            record: frozen.record().canonical_bytes(),
            exclusions: frozen.exclusions_csv(),
            exclusions_json: serde_json::to_vec(frozen.exclusions()).unwrap(),
            assignment: serde_json::to_vec(&assignment).unwrap(),
            csv: list.to_csv(),
            json: list.to_json(),
        }
    }

    /// All of them, one of the two spellings of the exclusions.
    fn published(&self) -> Published<'_> {
        let mut all = Published::of(&self.frame, &self.policy, &self.certificate);
        all.record = Some(&self.record);
        all.exclusions = Some(&self.exclusions);
        all.assignment = Some(&self.assignment);
        all.lists = vec![("sample.csv", &self.csv), ("sample.json", &self.json)];
        all.dice = Some(DICE);
        all
    }
}

/// Every file that differs from `good` by one byte: another one, none, or one more.
fn touched(good: &[u8]) -> impl Iterator<Item = (String, Vec<u8>)> + '_ {
    (0..=good.len()).flat_map(|at| {
        let mut all = Vec::new();
        let mut more = good.to_vec();
        more.insert(at, b' ');
        all.push((format!("a space before byte {at}"), more));
        if at < good.len() {
            let (mut other, mut fewer) = (good.to_vec(), good.to_vec());
            other[at] ^= 1;
            fewer.remove(at);
            all.push((format!("byte {at} another one"), other));
            all.push((format!("byte {at} taken out"), fewer));
        }
        all
    })
}

fn names(found: &[Difference]) -> BTreeSet<&str> {
    found.iter().map(|one| one.file.as_str()).collect()
}

/// Touches every byte of one file; every time there must be a difference, and only in the files named.
fn notices(good: &[u8], mut put: impl FnMut(&[u8]) -> Vec<Difference>, may: &[&str]) {
    for (how, bytes) in touched(good) {
        let found = put(&bytes);
        let named = names(&found);
        assert!(named.contains(may[0]), "{}: {how}: {named:?}", may[0]);
        assert!(
            named.iter().all(|name| may.contains(name)),
            "{}: {how}: {named:?}",
            may[0]
        );
    }
}

#[test]
fn as_published_it_verifies() {
    let files = Files::new();
    assert_eq!(files.published().differences(), vec![]);
    let mut other = files.published();
    other.exclusions = Some(&files.exclusions_json);
    other.dice = Some("58213904671229840731");
    assert_eq!(other.differences(), vec![]);
    let certificate = String::from_utf8(files.certificate.clone()).unwrap();
    assert!(
        certificate.contains("restricted"),
        "a reason that only people know"
    );
}

#[test]
fn one_byte_of_the_frame_the_policy_or_the_record_is_noticed_and_named() {
    let files = Files::new();
    let put = |bytes: &[u8]| {
        Published {
            frame: bytes,
            ..files.published()
        }
        .differences()
    };
    notices(&files.frame, put, &["frame"]);
    let put = |bytes: &[u8]| {
        Published {
            policy: bytes,
            ..files.published()
        }
        .differences()
    };
    notices(&files.policy, put, &["policy"]);
    let put = |bytes: &[u8]| {
        Published {
            record: Some(bytes),
            ..files.published()
        }
        .differences()
    };
    notices(&files.record, put, &["freeze record"]);
}

#[test]
fn one_byte_of_what_was_left_out_is_noticed_and_named() {
    let files = Files::new();
    for good in [&files.exclusions, &files.exclusions_json] {
        let put = |bytes: &[u8]| {
            Published {
                exclusions: Some(bytes),
                ..files.published()
            }
            .differences()
        };
        notices(good, put, &["exclusions"]);
    }
}

/// What nothing else holds, reasons and the tool's name, is bound by the hash that the JSON list repeats.
#[test]
fn one_byte_of_the_certificate_is_noticed_and_named() {
    let files = Files::new();
    let put = |bytes: &[u8]| {
        Published {
            certificate: bytes,
            ..files.published()
        }
        .differences()
    };
    // A seed that is another one is not the witnesses' either.
    notices(
        &files.certificate,
        put,
        &["certificate", "sample.json", "seed"],
    );
}

/// All touched lists are laid before one check, which draws once.
#[test]
fn one_byte_of_a_list_is_noticed_and_named() {
    let files = Files::new();
    for good in [&files.csv, &files.json] {
        let all: Vec<(String, Vec<u8>)> = touched(good).collect();
        let lists = all
            .iter()
            .map(|(how, bytes)| (how.as_str(), bytes.as_slice()));
        let lists = lists.collect();
        let found = Published {
            lists,
            ..files.published()
        }
        .differences();
        let named = names(&found);
        for (how, _) in &all {
            assert!(named.contains(how.as_str()), "{how}");
        }
        // Of the hash that a JSON list repeats there is no telling which of the two was touched.
        assert_eq!(named.contains("certificate"), good == &files.json);
        assert_eq!(named.len(), all.len() + usize::from(good == &files.json));
    }
}

#[test]
fn one_digit_of_the_dice_is_noticed_and_named() {
    let files = Files::new();
    for (at, digit) in DICE.char_indices().filter(|(_, sign)| *sign != ' ') {
        let next = char::from_digit((digit.to_digit(10).unwrap() + 1) % 10, 10).unwrap();
        let mut other = DICE.to_owned();
        other.replace_range(at..=at, &next.to_string());
        let dice = Some(other.as_str());
        let found = Published {
            dice,
            ..files.published()
        }
        .differences();
        assert_eq!(names(&found), BTreeSet::from(["seed"]), "{other}");
        let mut fewer = DICE.to_owned();
        fewer.remove(at);
        let dice = Some(fewer.as_str());
        let found = Published {
            dice,
            ..files.published()
        }
        .differences();
        assert_eq!(names(&found), BTreeSet::from(["seed"]), "{fewer}");
    }
}

/// Without the freeze record there are two witnesses to a hash, and the words name both.
#[test]
fn of_two_witnesses_both_are_named() {
    let files = Files::new();
    let mut frame = files.frame.clone();
    *frame.iter_mut().rev().nth(1).unwrap() ^= 1;
    let two = |frame, certificate| Published::of(frame, &files.policy, certificate).differences();
    let found = two(&frame, &files.certificate);
    let said = found.first().unwrap().to_string();
    assert!(
        said.starts_with("frame SHA-256: has `") && said.contains("the certificate says"),
        "{said}"
    );
    let certificate = String::from_utf8(files.certificate.clone()).unwrap();
    let certificate = certificate.replace("\"frame_hash\":\"", "\"frame_hash\":\"0");
    let found = two(&files.frame, certificate.as_bytes());
    let said = found.first().unwrap().to_string();
    assert!(
        said.starts_with("frame SHA-256: has `") && said.contains("the certificate says"),
        "{said}"
    );
}

#[test]
fn a_list_alone_cannot_be_checked_and_an_assignment_must_be_possible() {
    let files = Files::new();
    let alone = Published {
        assignment: None,
        ..files.published()
    };
    assert_eq!(
        names(&alone.differences()),
        BTreeSet::from(["sample.csv", "sample.json"])
    );
    let text = String::from_utf8(files.assignment.clone()).unwrap();
    for (from, to) in [
        ("M-1", "W-1"),
        (":2}", ":3}"),
        ("LE-2026-0002", "LE-2026-0003"),
        (",", ", "),
    ] {
        let other = text.replace(from, to);
        assert_ne!(other, text, "{from}");
        let assignment = Some(other.as_bytes());
        let found = Published {
            assignment,
            ..files.published()
        }
        .differences();
        assert!(!found.is_empty(), "{from} is {to}");
    }
}

/// The program itself: exit status 0, 1, 2 and 3, and the file by its name.
#[test]
fn the_verb_names_the_file() {
    let files = Files::new();
    let place = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(place.path().join(name), bytes).unwrap();
    put("frame.csv", &files.frame);
    put("policy.toml", &files.policy);
    put("certificate.json", &files.certificate);
    put("freeze.json", &files.record);
    put("exclusions.csv", &files.exclusions);
    put("assignment.json", &files.assignment);
    put("sample.csv", &files.csv);
    put("sample.json", &files.json);
    let verify = |more: &str| {
        let three =
            "sample verify frame.csv policy.toml certificate.json --seed 58213904671229840731";
        let ran = Command::new(env!("CARGO_BIN_EXE_greentick"))
            .args(three.split(' ').chain(more.split_whitespace()))
            .current_dir(place.path())
            .output()
            .unwrap();
        (
            ran.status.code().unwrap(),
            String::from_utf8(ran.stdout).unwrap(),
        )
    };
    let all = "--record freeze.json --exclusions exclusions.csv --assignment assignment.json --list sample.csv --list sample.json";
    let (status, said) = verify(all);
    assert_eq!(status, 0, "{said}");
    assert!(
        said.starts_with("the draw verifies\nthe certificate's SHA-256 is "),
        "{said}"
    );
    assert_eq!(
        verify("--list sample.csv").0,
        2,
        "a list needs its assignment"
    );
    assert_eq!(verify("--record nowhere.json").0, 3, "no such file");
    let mut other = files.csv.clone();
    *other.last_mut().unwrap() = b' ';
    put("sample.csv", &other);
    let (status, said) = verify(all);
    assert_eq!((status, said.lines().count()), (1, 1), "{said}");
    assert!(said.starts_with("sample.csv line "), "{said}");
    let (_, said) = verify(&format!("{all} --json"));
    let found: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(found[0]["file"], "sample.csv");
}

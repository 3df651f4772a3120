//! Does the public package consistent-sampler draw the same? Of two hundred random cycles, kept beside this file with
//! what the package drew of them, and of two hundred more when `python3` can be asked.
//!
//! Where the package is not installed the second comparison is skipped out loud, which is a failure when
//! `GREENTICK_REQUIRE_CONSISTENT_SAMPLER=1`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use greentick::sampling::{
    Certain, Certificate, FrameRow, Frozen, Grade, Sample, Seed, StratumLine, Tickets,
};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::json;

/// One cycle and what the package draws of it.
#[derive(Deserialize)]
struct Cycle {
    number: usize,
    seed: String,
    sample_size: usize,
    minimum_per_service: usize,
    reserves: usize,
    groups: Vec<Group>,
    /// SHA-256 of all its tickets, a line each.
    tickets: String,
}

/// One group of it.
#[derive(Deserialize)]
struct Group {
    name: String,
    n: usize,
    ids: Vec<String>,
    /// Places among `ids` of those drawn and their reserves, in the package's order.
    order: Vec<usize>,
    /// The first twenty digits of each id's ticket.
    digits: Vec<String>,
}

/// What the package answers to one question.
#[derive(Deserialize)]
struct Answer {
    tickets: Vec<String>,
    order: Vec<usize>,
}

#[test]
fn two_hundred_cycles_are_drawn_as_the_public_package_drew_them() {
    let cycles: Vec<Cycle> = include_str!("reference.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(cycles.len(), 200);
    let takes = |all: fn(&Group) -> bool| cycles.iter().flat_map(|it| &it.groups).any(all);
    assert!(takes(|group| group.n == 0), "none is left out");
    assert!(takes(|group| group.n == group.ids.len()), "none is whole");
    for cycle in &cycles {
        let number = cycle.number;
        let certificate = drawn(cycle);
        let tickets = Tickets::from_seed_text(&cycle.seed);
        let mut all = String::new();
        for (group, line) in cycle.groups.iter().zip(&certificate.strata) {
            for (id, digits) in group.ids.iter().zip(&group.digits) {
                let ticket = tickets.ticket(id);
                assert_eq!(ticket.get(2..22), Some(&**digits), "cycle {number}, {id:?}");
                if !all.is_empty() {
                    all.push('\n');
                }
                all.push_str(&ticket);
            }
            let same = (&line.name, line.population, line.take);
            let theirs = (&group.name, group.ids.len(), group.n);
            assert_eq!(same, theirs, "cycle {number}");
            let theirs: Vec<&str> = group.order.iter().map(|at| &*group.ids[*at]).collect();
            assert_eq!(
                shown(&certificate, line),
                theirs,
                "cycle {number}, {}",
                group.name
            );
        }
        assert_eq!(
            cycle.groups.len(),
            certificate.strata.len(),
            "cycle {number}"
        );
        let mut hash = String::new();
        for byte in digest(&SHA256, all.as_bytes()).as_ref() {
            write!(hash, "{byte:02x}").unwrap();
        }
        assert_eq!(
            hash, cycle.tickets,
            "cycle {number}: digits beyond the twentieth"
        );
        for (id, ticket) in &certificate.tickets {
            assert_eq!(*ticket, tickets.ticket(id), "cycle {number}, {id:?}");
        }
    }
}

#[test]
fn two_hundred_cycles_more_are_drawn_as_the_package_draws_them_now() {
    if !package_is_here() {
        let required = std::env::var("GREENTICK_REQUIRE_CONSISTENT_SAMPLER");
        assert!(
            !required.is_ok_and(|value| value == "1"),
            "python3 cannot import consistent_sampler; pip install consistent-sampler"
        );
        println!("skipped: python3 cannot import consistent_sampler");
        return;
    }
    let (mut questions, mut wanted) = (String::new(), Vec::new());
    let mut chance = Chance(0x5EED);
    for number in 0..200 {
        let cycle = made_up(&mut chance, number);
        let certificate = drawn(&cycle);
        let tickets = Tickets::from_seed_text(&cycle.seed);
        for (group, line) in cycle.groups.iter().zip(&certificate.strata) {
            assert_eq!(
                (&group.name, group.ids.len()),
                (&line.name, line.population)
            );
            let ours = shown(&certificate, line).into_iter().map(str::to_owned);
            let own: Vec<String> = group.ids.iter().map(|id| tickets.ticket(id)).collect();
            let asked = line.take + cycle.reserves;
            let question = json!({ "seed": cycle.seed, "ids": group.ids, "shown": asked });
            writeln!(questions, "{question}").unwrap();
            wanted.push((
                format!("cycle {number}, {}", line.name),
                group.ids.clone(),
                ours.collect::<Vec<_>>(),
                own,
            ));
        }
    }
    let answers = asked(&questions);
    assert_eq!(answers.len(), wanted.len());
    for (answer, (place, ids, ours, tickets)) in answers.iter().zip(wanted) {
        assert_eq!(answer.tickets, tickets, "{place}");
        let theirs: Vec<&String> = answer.order.iter().map(|at| &ids[*at]).collect();
        assert_eq!(theirs, ours.iter().collect::<Vec<_>>(), "{place}");
    }
}

/// Those drawn of a group and its reserves, as they stand on the certificate.
fn shown<'a>(certificate: &'a Certificate, line: &StratumLine) -> Vec<&'a str> {
    let listed = certificate.selected.iter().chain(&certificate.reserves);
    let own = listed.filter(|drawn| drawn.stratum == line.name);
    own.map(|drawn| drawn.le_id.as_str()).collect()
}

/// The certificate of a cycle, drawn by us. Which group an episode is in follows from facts that put it there.
fn drawn(cycle: &Cycle) -> Certificate {
    let mut rows = Vec::new();
    for group in &cycle.groups {
        for id in &group.ids {
            let (kind, name) = group.name.split_once('/').unwrap_or(("C", "FS"));
            let in_debt = kind == "D";
            rows.push(FrameRow {
                le_id: id.as_str().into(),
                service: if in_debt { "FS" } else { name }.into(),
                reviewer: if in_debt { name } else { "W-steady" }.into(),
                evaluation: Some(if kind == "C" {
                    Grade::Outstanding
                } else {
                    Grade::Good
                }),
                finished: "2026-11-20T16:30:00Z".parse().unwrap(),
                certain: Certain::default(),
                cycles_since_moderated: (!in_debt).then_some(1),
                conflict: Vec::new(),
                initial_moderator: None,
            });
        }
    }
    let policy = format!(
        "[sampling]\nsample_size = {}\nminimum_per_service = {}\nreserves = {}\n",
        cycle.sample_size, cycle.minimum_per_service, cycle.reserves
    );
    let seed = Seed::from_certificate(&cycle.seed).unwrap();
    let frozen = Frozen::freeze(seed.cycle(), rows, vec![], policy.as_bytes()).unwrap();
    Sample::draw(&frozen, &seed).unwrap().certificate()
}

/// A cycle of our own making, with nothing of the package's in it.
fn made_up(chance: &mut Chance, number: usize) -> Cycle {
    const SIGNS: [&str; 16] = [
        "a", "Z", "0", "9", "-", ",", "\"", "'", ";", "|", "=", "é", "e\u{301}", "学", "🧭", "\\",
    ];
    let mut names: Vec<String> = ["C", "D/W-1", "D/ł,2", "S/\"A\",b", "S/FS", "S/🏡"]
        .into_iter()
        .filter(|_| chance.below(2) == 1)
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        names.push("S/FS".to_owned());
    }
    let mut last = 0;
    let groups = names.into_iter().map(|name| {
        let ids = (0..=chance.below(9)).map(|_| {
            last += 1;
            let length = chance.below(if last % 7 == 0 { 130 } else { 9 });
            let signs = (0..length).map(|_| SIGNS[chance.below(SIGNS.len())]);
            format!("{}{last}", signs.collect::<String>())
        });
        let ids = ids.collect();
        Group {
            name,
            n: 0,
            ids,
            order: Vec::new(),
            digits: Vec::new(),
        }
    });
    let groups: Vec<Group> = groups.collect();
    let everybody: usize = groups.iter().map(|group| group.ids.len()).sum();
    let dice: Vec<String> = (0..4)
        .map(|_| format!("{:05}", chance.below(100_000)))
        .collect();
    Cycle {
        number,
        seed: format!(
            "{}|{}",
            dice.join(" "),
            ["2027-C1", "é,\"C\"", "🍀"][chance.below(3)]
        ),
        sample_size: chance.below(everybody + 2),
        minimum_per_service: chance.below(3),
        reserves: chance.below(4),
        groups,
        tickets: String::new(),
    }
}

/// Numbers that are the same in every run (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }
}

fn package_is_here() -> bool {
    let import = ["-c", "import consistent_sampler"];
    let answer = Command::new("python3").args(import).output();
    answer.is_ok_and(|answer| answer.status.success())
}

fn asked(questions: &str) -> Vec<Answer> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sampling/reference.py");
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().write_all(questions.as_bytes()).unwrap();
    let answer = Command::new("python3")
        .args(["-B", script, "ask"])
        .stdin(Stdio::from(file.reopen().unwrap()))
        .output()
        .unwrap();
    let why = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{why}");
    let said = String::from_utf8(answer.stdout).unwrap();
    said.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

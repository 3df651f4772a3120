//! The worked draw: every figure below was computed beforehand with the public package consistent-sampler 1.0.10
//! and by hand, not with this program.

use greentick::sampling::{Certificate, Frozen, Sample, Seed, Tickets, verify};
use proptest::prelude::*;

use crate::worked::{CYCLE, DICE, POLICY, frozen, rows, sample_of};

/// Stratum; N; n; chance; selected with the start of the ticket; reserves, likewise.
const EXPECTED: [[&str; 6]; 6] = [
    ["C", "4", "4", "1", "0002 0007 0013 0020", ""],
    [
        "D/pr-h",
        "3",
        "1",
        "1/3",
        "0019=.061814230",
        "0011=.122820716 0003",
    ],
    ["S/ADO", "2", "1", "1/2", "0021=.260484676", "0018"],
    ["S/CLA", "5", "1", "1/5", "0015=.061480665", "0017 0014"],
    ["S/CWD", "3", "1", "1/3", "0023=.134756114", "0024 0022"],
    [
        "S/FS",
        "7",
        "2",
        "2/7",
        "0010=.267407260 0001=.417272417",
        "0005=.494306421 0008",
    ],
];

#[test]
fn draw_is_reproduced_to_the_digit() {
    let frozen = frozen();
    let certificate = sample_of(&frozen).certificate();
    assert_eq!(certificate.seed, "58213 90467 12298 40731|2026-C3");
    let lines = certificate.strata.iter().map(|line| line.name.as_str());
    assert!(lines.eq(EXPECTED.iter().map(|[name, ..]| *name)));
    for (line, [name, population, take, chance, selected, reserves]) in
        certificate.strata.iter().zip(EXPECTED)
    {
        assert_eq!(line.population.to_string(), population, "{name}");
        assert_eq!(line.take.to_string(), take, "{name}");
        assert_eq!(line.chance, chance, "{name}");
        for (drawn, expected) in [
            (&certificate.selected, selected),
            (&certificate.reserves, reserves),
        ] {
            let mut drawn = ids_of(drawn, name);
            if name == "C" {
                drawn.sort(); // the example lists these by id, the certificate by ticket
            }
            let expected: Vec<_> = expected.split_whitespace().collect();
            assert_eq!(drawn.len(), expected.len(), "{name}");
            for (le_id, expected) in drawn.iter().zip(expected) {
                let (id, ticket) = expected.split_once('=').unwrap_or((expected, ""));
                assert_eq!(le_id, &format!("LE-2026-{id}"));
                let written = certificate.tickets.get(le_id).unwrap();
                assert!(
                    written.starts_with(&format!("0{ticket}")),
                    "{le_id} {written}"
                );
            }
        }
    }
    assert_eq!(
        certificate
            .strata
            .iter()
            .map(|line| line.population)
            .sum::<usize>(),
        24
    );
    assert_eq!(
        (certificate.sample_size.asked, certificate.sample_size.drawn),
        (10, 10)
    );
    assert_eq!(certificate.sample_size.why, None);
    assert_eq!(
        certificate.tickets.get("LE-2026-0011").unwrap(),
        "0.12282071679545759881741059375706174795722362072850680376600635411624323649428"
    );
}

#[test]
fn a_late_episode_enters_without_moving_the_others() {
    let ordered = |count| {
        let everybody = b"[sampling]\nsample_size = 99\n";
        let frozen = Frozen::freeze(CYCLE, rows(count), vec![], everybody).unwrap();
        ids_of(&sample_of(&frozen).certificate().selected, "S/FS")
    };
    let (before, after) = (ordered(24), ordered(25));
    assert_eq!(before[0], "LE-2026-0010");
    assert_eq!(after[0], "LE-2026-0025");
    assert_eq!(after[1..], before[..]);
    let tickets = Tickets::new(&Seed::from_dice(DICE, CYCLE).unwrap());
    assert!(tickets.ticket("LE-2026-0025").starts_with("0.13229414"));
}

#[test]
fn dice_of_another_cycle_are_refused() {
    let frozen = frozen();
    let seed = Seed::from_dice(DICE, "2026-C4").unwrap();
    let fault = Sample::draw(&frozen, &seed).err().unwrap();
    assert!(fault.to_string().contains("`2026-C4`"), "{fault}");
}

/// These files were checked with the public package. Should this test fail, every certificate published so far
/// has stopped verifying: the method needs a new version, not these files new contents.
#[test]
fn what_was_once_published_still_verifies() {
    let frame = include_bytes!("published/frame.csv");
    let certificate = include_bytes!("published/certificate.json");
    assert_eq!(verify(frame, POLICY, certificate), vec![]);
    let now = frozen();
    assert_eq!(now.frame_csv(), frame);
    let mut drawn = sample_of(&now).certificate();
    drawn.tool = Certificate::from_bytes(certificate).unwrap().tool;
    assert_eq!(drawn.canonical_bytes(), certificate);
}

fn ids_of(drawn: &[greentick::sampling::Drawn], stratum: &str) -> Vec<String> {
    drawn
        .iter()
        .filter(|d| d.stratum == stratum)
        .map(|d| d.le_id.clone())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Only as much as is asked for is sorted, by the first digits alone. Sorting everything by the whole text must
    /// come to the same.
    #[test]
    fn the_quick_order_is_the_plain_order(
        dice in "[0-9]{20}", count in 24_usize..150, size in 0_usize..160, reserves in 0_usize..9,
    ) {
        let policy = format!("[sampling]\nsample_size = {size}\nreserves = {reserves}\n");
        let frozen = Frozen::freeze(CYCLE, rows(count), vec![], policy.as_bytes()).unwrap();
        let seed = Seed::from_dice(&dice, CYCLE).unwrap();
        let certificate = Sample::draw(&frozen, &seed).unwrap().certificate();
        let tickets = Tickets::new(&seed);
        // The first service is the only one that grows; its group is all of it that is in no other.
        let mut plain: Vec<_> = frozen
            .frame()
            .rows()
            .iter()
            .filter(|row| {
                let apart = row.is_certain() || &*row.reviewer == "pr-h";
                &*row.service == "FS" && !apart
            })
            .map(|row| (tickets.ticket(&row.le_id), row.le_id.to_string()))
            .collect();
        plain.sort();
        let mut quick = ids_of(&certificate.selected, "S/FS");
        quick.extend(ids_of(&certificate.reserves, "S/FS"));
        let plain: Vec<_> = plain.into_iter().take(quick.len()).map(|(_, le_id)| le_id).collect();
        prop_assert_eq!(quick, plain);
    }
}

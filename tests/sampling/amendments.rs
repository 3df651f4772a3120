//! What may happen to a sample after the draw, and that none of it is a choice.

use greentick::sampling::{AmendFault, Grade, Outcome, Sample, Trigger, verify};

use crate::worked::{POLICY, frozen, sample_of};

fn outcome(number: u32, moderated: Grade) -> Outcome {
    Outcome {
        le_id: format!("LE-2026-{number:04}"),
        moderated,
    }
}

#[test]
fn next_ticket_takes_the_place_of_an_unusable_episode() {
    let frozen = frozen();
    let mut sample = sample_of(&frozen);
    let first = sample
        .substitute("LE-2026-0015", "record_restricted")
        .unwrap();
    assert_eq!(first.replacement.as_deref(), Some("LE-2026-0017"));
    let second = sample.substitute("LE-2026-0017", "family_objects").unwrap();
    assert_eq!(second.replacement.as_deref(), Some("LE-2026-0014"));
    let certain = sample
        .substitute("LE-2026-0020", "record_restricted")
        .unwrap();
    assert_eq!(
        (certain.sequence, certain.replacement.as_deref()),
        (3, None)
    );
    for gone in ["LE-2026-0015", "LE-2026-0016", "LE-2026-9999"] {
        let fault = sample.substitute(gone, "again").unwrap_err();
        assert_eq!(fault, AmendFault::NotInSample(gone.to_owned()));
    }
    assert_eq!(
        sample.substitute("LE-2026-0014", " "),
        Err(AmendFault::NoReason)
    );

    let certificate = sample.certificate();
    assert_eq!(certificate.sample().count(), 9);
    assert!(
        certificate
            .selected
            .iter()
            .any(|drawn| drawn.le_id == "LE-2026-0015")
    );
    assert!(
        !certificate
            .reserves
            .iter()
            .any(|drawn| drawn.le_id == "LE-2026-0014")
    );
    let bytes = certificate.canonical_bytes();
    assert_eq!(verify(&frozen.frame_csv(), POLICY, &bytes), vec![]);
    let again = Sample::resume(&frozen, &certificate).unwrap().certificate();
    assert_eq!(again.canonical_bytes(), bytes);
}

/// Stratum, why, and the last digits of what is added.
type Expected<'a> = Option<(&'a str, Trigger, &'a [&'a str])>;

#[test]
fn a_group_is_taken_further_by_rule() {
    use Grade::{Good, Inadequate, Outstanding, RequiresImprovement};
    // In the frame 0001 and 0010 (S/FS) are GOOD, 0015 (S/CLA) is RI, 0002 (C) is OUT.
    let cases: [(&[Outcome], Expected<'_>); 7] = [
        (&[], None),
        (&[outcome(1, Good), outcome(10, Good)], None),
        (
            &[outcome(1, RequiresImprovement)],
            Some(("S/FS", Trigger::HalfDiffer, &["0005", "0008"])),
        ),
        (
            &[outcome(10, Inadequate)],
            Some(("S/FS", Trigger::TwoGradeGap, &["0005", "0008"])),
        ),
        (
            &[outcome(15, Outstanding)],
            Some(("S/CLA", Trigger::TwoGradeGap, &["0017"])),
        ),
        (
            &[outcome(15, Good)],
            Some(("S/CLA", Trigger::HalfDiffer, &["0017"])),
        ),
        // Every certain episode is in the sample already.
        (&[outcome(2, Inadequate)], None),
    ];
    for (outcomes, expected) in cases {
        let frozen = frozen();
        let mut sample = sample_of(&frozen);
        let stages = sample.second_stage(outcomes).unwrap().to_vec();
        match (stages.as_slice(), expected) {
            ([], None) => {}
            ([stage], Some((stratum, trigger, added))) => {
                assert_eq!((stage.stratum.as_str(), stage.trigger), (stratum, trigger));
                let added: Vec<_> = added.iter().map(|id| format!("LE-2026-{id}")).collect();
                assert_eq!(stage.added, added);
                assert_eq!(sample.second_stage(outcomes).unwrap(), &[], "only once");
            }
            (stages, expected) => panic!("{outcomes:?}: {stages:?} where {expected:?}"),
        }
        let bytes = sample.certificate().canonical_bytes();
        assert_eq!(
            verify(&frozen.frame_csv(), POLICY, &bytes),
            vec![],
            "{outcomes:?}"
        );
    }
}

#[test]
fn amendments_of_both_kinds_keep_their_order() {
    let frozen = frozen();
    let mut sample = sample_of(&frozen);
    sample
        .substitute("LE-2026-0001", "record_restricted")
        .unwrap();
    sample
        .second_stage(&[outcome(10, Grade::Inadequate)])
        .unwrap();
    sample
        .substitute("LE-2026-0008", "record_restricted")
        .unwrap();
    let certificate = sample.certificate();
    let sequence: Vec<_> = certificate
        .substitutions
        .iter()
        .map(|s| s.sequence)
        .collect();
    assert_eq!(
        (sequence, certificate.second_stage[0].sequence),
        (vec![1, 3], 2)
    );
    assert_eq!(certificate.second_stage[0].added.len(), 2);
    assert!(Sample::resume(&frozen, &certificate).is_ok());

    let mut untrue = certificate.clone();
    untrue.second_stage[0].outcomes[0].moderated = Grade::Good;
    assert!(matches!(
        Sample::resume(&frozen, &untrue),
        Err(AmendFault::NotInSample(_))
    ));
    let mut reordered = certificate;
    reordered.substitutions[0].sequence = 2;
    reordered.second_stage[0].sequence = 1;
    assert!(Sample::resume(&frozen, &reordered).is_err());
}

#[test]
fn outcomes_of_strangers_are_refused() {
    let frozen = frozen();
    let mut sample = sample_of(&frozen);
    assert!(sample.second_stage(&[outcome(16, Grade::Good)]).is_err());
    let twice = [outcome(1, Grade::Good), outcome(1, Grade::Inadequate)];
    assert!(sample.second_stage(&twice).is_err());
    assert_eq!(sample.certificate(), sample_of(&frozen).certificate());
}

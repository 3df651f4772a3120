//! The worked cycle: 24 synthetic episodes in four services, eight reviewers.

use greentick::sampling::{Certain, Exclusion, FrameRow, Frozen, Grade, Sample, Seed};

/// The cycle of the worked example.
pub(crate) const CYCLE: &str = "2026-C3";
/// Its dice.
pub(crate) const DICE: &str = "58213 90467 12298 40731";
/// Its policy file.
pub(crate) const POLICY: &[u8] = b"[sampling]\nsample_size = 10\n";

/// The frozen worked cycle.
pub(crate) fn frozen() -> Frozen {
    let cancelled = Exclusion {
        le_id: "LE-2026-0026".to_owned(),
        reason: "cancelled_before_grade".to_owned(),
    };
    Frozen::freeze(CYCLE, rows(24), vec![cancelled], POLICY).unwrap()
}

/// Its sample.
pub(crate) fn sample_of(frozen: &Frozen) -> Sample<'_> {
    Sample::draw(frozen, &Seed::from_dice(DICE, CYCLE).unwrap()).unwrap()
}

/// Rows 0001 up to `count`; 0025 and later are of the first service.
pub(crate) fn rows(count: usize) -> Vec<FrameRow> {
    (1..=count)
        .map(|number| {
            let service = match number {
                12..=17 => "CLA",
                18..=21 => "ADO",
                22..=24 => "CWD",
                _ => "FS",
            };
            let reviewer = format!("pr-{}", "abcdefgh".chars().nth(5 * number % 8).unwrap());
            let evaluation = match number {
                2 | 13 => Grade::Outstanding,
                20 => Grade::Inadequate,
                n if n % 3 == 0 => Grade::RequiresImprovement,
                _ => Grade::Good,
            };
            FrameRow {
                le_id: format!("LE-2026-{number:04}").into(),
                service: service.into(),
                reviewer: reviewer.as_str().into(),
                evaluation: Some(evaluation),
                finished: "2026-11-20T16:30:00Z".parse().unwrap(),
                certain: Certain {
                    disputed_moderation: number == 7,
                    ..Certain::default()
                },
                cycles_since_moderated: match reviewer.as_str() {
                    "pr-d" => None,
                    "pr-h" => Some(4),
                    _ => Some(1),
                },
                conflict: vec![reviewer.into(), format!("W-{}", number % 5).into()],
                initial_moderator: evaluation.is_extreme().then(|| "W-head".into()),
            }
        })
        .collect()
}

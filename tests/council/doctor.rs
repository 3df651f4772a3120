//! Does `doctor` see what is wrong with a live case system, and leave a healthy one in peace?

use std::sync::Arc;
use std::time::Duration;

use greentick::app::Limits;
use greentick::app::doctor::{Health, Told, examine};
use greentick::case_system::{HttpCaseSystem, HttpSettings};
use greentick::mapping::{ChildKeying, Mapping};
use greentick::practice::ids::SourceName;
use jiff::SignedDuration;

use crate::stand::{KEY, MAPPING, Stand, site, stand};

/// What `doctor` says when the mapping is changed in one place, and our clock is off by so many seconds.
async fn told(stand: &Stand, change: (&str, &str), key: &str, off: i64) -> Vec<Told> {
    assert!(MAPPING.contains(change.0), "`{}` stands there", change.0);
    let text = MAPPING.replacen(change.0, change.1, 1);
    let span = Duration::from_secs(10);
    let settings = HttpSettings {
        source: SourceName::from("council"),
        base_url: stand.base.clone(),
        secret: key.into(),
        connect_timeout: span,
        read_timeout: span,
        total_timeout: span,
    };
    let mapping = Mapping::compile_for("changed.toml", &text, &site()).unwrap();
    let keying = ChildKeying::new(b"doctor");
    let system = HttpCaseSystem::new(settings, Arc::new(mapping), keying).unwrap();
    let now = stand.clock.now() + SignedDuration::from_secs(off);
    examine(&system, &Limits::default(), || now).await
}

/// Whether something of this health says this.
fn says(told: &[Told], health: Health, words: &str) -> bool {
    let said = |one: &Told| one.health == health && one.said.contains(words);
    told.iter().any(said)
}

const NOTHING: (&str, &str) = ("[proof]", "[proof]");

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_case_system_is_not_called_ill() {
    let stand = stand().await;
    stand.live_until("2026-11-02T12:00:00Z").await;
    let told = told(&stand, NOTHING, KEY, 0).await;
    let ill: Vec<_> = told
        .iter()
        .filter(|one| one.health == Health::Ill)
        .collect();
    assert!(ill.is_empty(), "{ill:?}");
    for words in [
        "clock is 0 seconds",
        "narrows the answer",
        "tell the same",
        "is not found",
        "open steps on the first page",
    ] {
        assert!(says(&told, Health::Well, words), "{words}: {told:#?}");
    }
}

type Case = (
    (&'static str, &'static str),
    &'static str,
    i64,
    Health,
    &'static str,
);

/// A change of the mapping, the key, our clock's error, and what is then said.
const CASES: [Case; 10] = [
    (
        (
            "[stages]",
            "[grants.reopen]\npath = \"/workflow/alerts\"\nroot = \"Alerts\"\nfind = \"Alert/Mark\"\n\
             wanted = true\nwhy = \"ask for it\"\n[stages]",
        ),
        KEY,
        0,
        Health::Doubtful,
        "`reopen` is not granted",
    ),
    (
        NOTHING,
        "another-key",
        0,
        Health::Ill,
        "did not accept our key",
    ),
    (NOTHING, KEY, 400, Health::Ill, "400 seconds behind ours"),
    (
        NOTHING,
        KEY,
        -100,
        Health::Doubtful,
        "100 seconds ahead of ours",
    ),
    (
        ("&since={{ since }}", ""),
        KEY,
        0,
        Health::Doubtful,
        "`since` seems to be ignored",
    ),
    (
        ("steps?status=open&", "steps/changes?"),
        KEY,
        0,
        Health::Ill,
        "root",
    ),
    (
        (
            "\"/workflow/steps/{{ step }}\"",
            "\"/workflow/step/{{ step }}\"",
        ),
        KEY,
        0,
        Health::Ill,
        "is not found alone",
    ),
    (
        (
            "[stages]",
            "[only_when]\npath = \"Status\"\nis = [\"NEVER\"]\n[stages]",
        ),
        KEY,
        0,
        Health::Doubtful,
        "none is a Learning Episode step",
    ),
    (
        ("COMPLETED = \"completed\"\n", ""),
        KEY,
        0,
        Health::Doubtful,
        "the status `COMPLETED`",
    ),
    (
        ("[@question='le.overall']", "[@question='le.overal']"),
        KEY,
        0,
        Health::Doubtful,
        "never read: evaluation",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_sickness_is_named_with_what_to_do() {
    let stand = stand().await;
    stand.live_until("2026-11-02T12:00:00Z").await;
    for (change, key, off, health, words) in CASES {
        let told = told(&stand, change, key, off).await;
        assert!(says(&told, health, words), "{words}: {told:#?}");
        let helpless = |one: &&Told| one.health >= Health::Doubtful && one.help.is_none();
        assert_eq!(told.iter().find(helpless).map(|one| &one.said), None);
    }
}

//! Can others read the journal, and is one changed byte named?

use greentick::ledger::{Ledger, LedgerFault, Verified};

use super::{effect, file, owe, whole};

#[tokio::test]
async fn the_export_is_what_an_independent_verifier_reads() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&file(&folder)).await.unwrap();
    for (second, id) in (1..).zip(["E1", "E2", "E3"]) {
        owe(&ledger, id, vec![effect(id, id, 1)], &[], second).await;
    }
    let mut out = Vec::new();
    assert_eq!(ledger.export(&mut out).await.unwrap(), 6);
    let text = String::from_utf8(out).unwrap();
    let told = folder.path().join("export.jsonl");
    let verify = |text: &str| {
        std::fs::write(&told, text).unwrap();
        let run = std::process::Command::new("python3")
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/verify_ledger.py"
            ))
            .arg(&told)
            .output()
            .unwrap();
        String::from_utf8(run.stdout).unwrap()
    };
    assert!(verify(&text).starts_with("whole: 6 entries"));
    let tampered = text.replacen("\"episode\":\"E2\"", "\"episode\":\"E9\"", 1);
    assert!(
        verify(&tampered).starts_with("broken: entry 3"),
        "{}",
        verify(&tampered)
    );
}

#[tokio::test]
async fn one_changed_byte_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&file(&folder)).await.unwrap();
    for (second, id) in (1..).zip(["E1", "E2", "E3"]) {
        owe(&ledger, id, Vec::new(), &[], second).await;
    }
    assert_eq!(whole(&ledger).await, 3);
    drop(ledger);
    let tamper = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as db:\n    \
        db.execute(\"UPDATE journal SET body = replace(body, 'E2', 'E9') WHERE seq = 2\")\n";
    let run = std::process::Command::new("python3")
        .args(["-c", tamper])
        .arg(folder.path().join("ledger.db"))
        .status();
    assert!(run.unwrap().success());
    // It is not worked with any more, and can still be looked at.
    let refused = Ledger::open(&file(&folder)).await.err().unwrap();
    assert!(
        matches!(&refused, LedgerFault::Unfit(why) if why.contains("line 2")),
        "{refused}"
    );
    let ledger = Ledger::inspect(&file(&folder)).await.unwrap();
    let verified = ledger.verify().await.unwrap();
    assert!(
        matches!(verified, Verified::Broken { seq: 2, .. }),
        "{verified:?}"
    );
}

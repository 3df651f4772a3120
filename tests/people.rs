//! The people file and the allocation, from lists that a council keeps elsewhere: every faulty row at once, nothing
//! written in a preview. The program itself, at the terminal.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

/// A deployment of files alone: nothing answers at its address, and nothing here asks.
struct Council {
    folder: tempfile::TempDir,
}

impl Council {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/redmine.toml");
        let settings = format!(
            "activation = \"2026-01-01T00:00:00Z\"\n[ledger]\nurl = \"sqlite:{}\"\n[source]\nname = \"redmine\"\n\
             mapping = \"{}\"\nbase_url = \"http://127.0.0.1:1\"\nsecret_env = \"SECRET\"\n\
             child_key_env = \"CHILD\"\n[finish]\nmode = \"reverse\"\n[files]\npeople = \"people.toml\"\n",
            "ledger.sqlite3",
            mapping.display(),
        );
        fs::write(folder.path().join("greentick.toml"), settings).unwrap();
        let people = "[[holders]]\nworker = \"W-QA\"\nrole = \"qa_manager\"\n";
        fs::write(folder.path().join("people.toml"), people).unwrap();
        Self { folder }
    }

    /// Exit status, and what was said.
    fn run(&self, words: &[&str]) -> (i32, String) {
        let ran = Command::new(env!("CARGO_BIN_EXE_greentick"))
            .args(words)
            .args(["--config", "greentick.toml"])
            .current_dir(self.folder.path())
            .env_clear()
            .env("SECRET", "not-asked-for")
            .env("CHILD", "key of children")
            .output()
            .unwrap();
        let text = String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap();
        (ran.status.code().unwrap(), text)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

const PEOPLE: &str = "kind,worker,role,service,other,from,until
holder,W-QA,qa_manager,,,,
holder,W-HEAD,head_of_service,,,2026-09-01,
away,W-HEAD,,,W-DEPUTY,2026-11-02,2026-11-06
service,W-OP,operational_manager,assessment,,,
manages,W-SUP,,,W-1,,
interest,W-HEAD,,fostering,,,
address,W-HEAD,,,head-of-practice,,
";

#[test]
fn a_list_of_people_becomes_the_people_file_whole_or_not_at_all() {
    let council = Council::new();
    let before = council.read("people.toml");
    council.write(
        "people.csv",
        &format!("{PEOPLE}holdr,W-2,,,,,\nholder,W-3,head,,,1 May,\nholder,,cslt,,,,\n"),
    );
    let (status, said) = council.run(&["people", "import", "people.csv"]);
    assert_eq!(status, 1, "{said}");
    for fault in [
        "people.csv:9: `kind` is `holdr`; did you mean `holder`?",
        "people.csv:10: `role` is `head`, which is no role",
        "people.csv:10: `from` is `1 May`; write a day",
        "people.csv:11: `worker` is empty",
    ] {
        assert!(said.contains(fault), "{fault}\n{said}");
    }
    // Two rows that cannot both be true are told by their lines in the list.
    council.write(
        "people.csv",
        &format!("{PEOPLE}address,W-HEAD,,,head-of-learning,,\n"),
    );
    let (status, said) = council.run(&["people", "import", "people.csv"]);
    assert_eq!(status, 1);
    assert!(
        said.contains("people.csv:9: `W-HEAD` has two addresses"),
        "{said}"
    );
    assert_eq!(council.read("people.toml"), before);

    council.write("people.csv", PEOPLE);
    let (status, shown) = council.run(&["people", "import", "people.csv", "--preview"]);
    assert_eq!(status, 0, "{shown}");
    assert_eq!(
        council.read("people.toml"),
        before,
        "a preview writes nothing"
    );
    let (status, said) = council.run(&["people", "import", "people.csv"]);
    assert_eq!(status, 0, "{said}");
    let text = council.read("people.toml");
    assert_eq!(text, shown);
    assert_eq!(council.read("people.toml.before"), before);
    // A local day begins at its midnight, and `until` is through its end; London was an hour ahead in September.
    for line in [
        "from = \"2026-08-31T23:00:00Z\"",
        "until = \"2026-11-07T00:00:00Z\"",
        "operational_manager = \"W-OP\"",
        "to = \"head-of-practice\"",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let (status, said) = council.run(&["check"]);
    assert!(!said.contains("people.toml"), "{status} {said}");
}

const HEADING: &str = "cycle,le_id,child,practitioner,reviewer,supervisor,service_manager,service,plan_type,\
                       allocated_on,due_on,conflict_reason";

fn row(nth: u32, reviewer: &str) -> String {
    format!(
        "2026-C3,LE-2026-{nth:04},c{nth},W-{nth},{reviewer},W-60,W-70,assessment,cla,2026-11-02,2026-12-04,"
    )
}

#[test]
fn a_preview_says_every_fault_of_every_row_and_writes_nothing() {
    let council = Council::new();
    let rows = [
        HEADING.to_owned(),
        row(1, "W-50"),
        row(2, "W-2"),
        row(3, "W-50")
            .replace("2026-12-04", "soon")
            .replace("W-70", ""),
        row(1, "W-50"),
        row(4, "W-50").replace("c4", "c1"),
        row(5, "W-50"),
        row(6, "W-50"),
        row(7, "W-51").replace("2026-12-04,", "2026-12-04"),
    ];
    council.write("cycle.csv", &rows.join("\n"));
    let allocate = |more: &[&str]| {
        let words = [&["allocate", "cycle.csv", "--by", "W-QA"], more].concat();
        council.run(&words)
    };
    let (status, said) = allocate(&["--preview"]);
    assert_eq!(status, 1, "{said}");
    for line in [
        "4 would be accepted, 0 unchanged",
        "cycle.csv:3: The practice reviewer has to be somebody else than the practitioner.",
        "cycle.csv:4: `service_manager`: is empty",
        "cycle.csv:4: `due_on`: is `soon`; write a day as 2026-11-23",
        "cycle.csv:5: `le_id`: `LE-2026-0001` stands on line 2 already",
        "cycle.csv:6: look at it: The child already has a live Learning Episode.",
        "cycle.csv:8: look at it: The practice reviewer already has 3 Learning Episodes in this cycle.",
        "cycle.csv:9: has 11 cells where the heading has 12",
        "reviewer W-50: 0 live before, 4 with this, at most 3 meant, more than meant",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let (_, journal) = council.run(&["ledger", "export"]);
    assert!(
        !journal.contains("LE-2026-0001"),
        "a preview writes nothing"
    );

    let (status, said) = allocate(&[]);
    assert_eq!(status, 1);
    assert!(said.contains("4 accepted, 0 unchanged"), "{said}");
    let (_, said) = allocate(&["--preview"]);
    assert!(said.contains("0 would be accepted, 4 unchanged"), "{said}");
    // Nobody but the QA manager allocates, and each row says so.
    council.write(
        "other.csv",
        &[HEADING.to_owned(), row(20, "W-52")].join("\n"),
    );
    let (status, said) = council.run(&["allocate", "other.csv", "--by", "W-50"]);
    assert_eq!(status, 1);
    assert!(
        said.contains("other.csv:2: worker `W-50` does not hold"),
        "{said}"
    );
    assert!(said.contains("ask the QA manager (`W-QA`)"), "{said}");
}

#[test]
fn a_workbook_is_read_like_a_csv_file_with_its_days_and_texts() {
    let council = Council::new();
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/allocation/cycle.xlsx");
    fs::copy(&book, council.folder.path().join("cycle.xlsx")).unwrap();
    let (status, said) = council.run(&["allocate", "cycle.xlsx", "--by", "W-QA"]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("3 accepted"), "{said}");
    assert!(
        said.contains("cycle.xlsx:6: `due_on`: is `4 Dec`"),
        "{said}"
    );
    let (_, journal) = council.run(&["ledger", "export"]);
    for kept in [
        "\"due_on\":\"2026-12-04\"",
        "\"period\":{\"end\":\"2026-10-31\",\"start\":\"2026-05-01\"}",
        "\"plan_type\":\"cla\"",
        "assessment & care <1>",
    ] {
        assert!(journal.contains(kept), "{kept}\n{journal}");
    }
    assert!(!journal.contains("\"1001\""), "no child's id is kept");

    // Damaged in every way that cutting gives, it is refused in words and never read as something else.
    let bytes = fs::read(book).unwrap();
    for cut in [4, 100, bytes.len() / 2, bytes.len() - 1] {
        fs::write(council.folder.path().join("cut.xlsx"), &bytes[..cut]).unwrap();
        let (status, said) = council.run(&["allocate", "cut.xlsx", "--by", "W-QA"]);
        assert_eq!(status, 1);
        assert!(
            said.contains("no Excel workbook that can be read"),
            "{said}"
        );
    }
    for (name, bytes, words) in [
        (
            "text.xlsx",
            &b"cycle,le_id\n2026-C3,LE-1\n"[..],
            "its name says workbook",
        ),
        (
            "old.xls",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            "an old kind",
        ),
        (
            "picture.csv",
            b"GIF89a\x01\x00\x01\x00",
            "neither text nor a workbook",
        ),
    ] {
        fs::write(council.folder.path().join(name), bytes).unwrap();
        let (status, said) = council.run(&["allocate", name, "--by", "W-QA"]);
        assert_eq!(status, 1);
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_decision_at_the_terminal_has_its_own_words_a_preview_and_the_json_of_the_http_interface() {
    let council = Council::new();
    council.write(
        "cycle.csv",
        &[HEADING.to_owned(), row(1, "W-50")].join("\n"),
    );
    let (status, said) = council.run(&["allocate", "cycle.csv", "--by", "W-QA"]);
    assert_eq!(status, 0, "{said}");
    let decide = |words: &[&str]| council.run(&[&["decide", "LE-2026-0001"], words].concat());
    let extend = ["extend", "--due", "2026-12-11", "--reason", "sickness"];
    let (status, said) = decide(&[&extend[..], &["--by", "W-50"]].concat());
    assert_eq!(status, 1);
    assert!(
        said.contains("ask the QA manager (`W-QA`)") && said.contains("(LE-03.4)"),
        "{said}"
    );
    let named = ["--by", "W-QA", "--id", "once"];
    let (status, said) = decide(&[&extend[..], &named, &["--preview"]].concat());
    assert_eq!(
        (status, said.trim()),
        (0, "would be recorded, by the QA manager")
    );
    let (status, said) = decide(&[&extend[..], &named].concat());
    assert_eq!((status, said.trim()), (0, "recorded once"));
    let (status, said) = decide(&[&extend[..], &named].concat());
    assert_eq!((status, said.trim()), (0, "on record already: once"));
    let body = r#"{"decision":"return_step","to":"practitioner","reason":"more"}"#;
    let (status, said) = decide(&["--json", body, "--by", "W-50"]);
    assert_eq!(status, 1);
    assert!(said.contains("(LE-29.4)"), "{said}");
    let (status, said) = decide(&["--by", "W-50"]);
    assert_eq!(status, 1);
    assert!(said.contains("say what is decided"), "{said}");
    let (status, said) = decide(&[
        "moderate",
        "--grade",
        "brilliant",
        "--outcome",
        "agree",
        "--by",
        "W-50",
    ]);
    assert_eq!(status, 2, "usage");
    assert!(said.contains("requires_improvement"), "{said}");
}

//! What the program says at the terminal, wherever it is called from.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A deployment of files alone, in a folder of its own; nothing answers at its address.
fn council() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/redmine.toml");
    let settings = format!(
        "activation = \"2026-01-01T00:00:00Z\"\n[ledger]\nurl = \"sqlite:kept.sqlite3\"\n[source]\nname = \"redmine\"\n\
         mapping = \"{}\"\nbase_url = \"http://127.0.0.1:1\"\nsecret_env = \"SECRET\"\n\
         child_key_env = \"CHILD\"\n[finish]\nmode = \"reverse\"\n[files]\npeople = \"people.toml\"\n",
        mapping.display(),
    );
    fs::write(folder.path().join("greentick.toml"), settings).unwrap();
    let people = "[[holders]]\nworker = \"W-QA\"\nrole = \"qa_manager\"\n";
    fs::write(folder.path().join("people.toml"), people).unwrap();
    fs::write(folder.path().join("allocation.csv"), ALLOCATION).unwrap();
    folder
}

const ALLOCATION: &str =
    "cycle,le_id,child,practitioner,reviewer,supervisor,service_manager,service,allocated_on,due_on
2026-C3,LE-2026-0001,C-1,W-1,W-2,W-3,W-4,children_in_need,2026-09-01,2026-12-01
";

fn greentick(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greentick"));
    command.args(words).env_clear();
    command
        .env("SECRET", "not-asked-for")
        .env("CHILD", "key of children");
    command
}

/// Exit status, and what was said on both ways out.
fn said(mut command: Command) -> (i32, String) {
    let ran = command.output().unwrap();
    let text = String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap();
    (ran.status.code().unwrap(), text)
}

#[test]
fn from_another_folder_it_is_the_same_ledger_and_a_wrong_place_makes_none() {
    let (folder, elsewhere) = (council(), tempfile::tempdir().unwrap());
    let settings = folder.path().join("greentick.toml");
    let settings = settings.to_str().unwrap();
    let from = |place: &Path, words: &[&str]| {
        let mut command = greentick(words);
        command.args(["--config", settings]).current_dir(place);
        said(command)
    };
    let kept = folder.path().join("kept.sqlite3");
    let whole = kept.to_str().unwrap();
    for words in [
        &["outbox", "list"][..],
        &["ledger", "verify"],
        &["mirror", "list"],
        &["mirror", "reconcile"],
        &["explain", "LE-2026-0001"],
        &["decide", "LE-2026-0001", "close", "--by", "W-QA"],
        &["cycle", "2026-C3"],
        &["sample", "freeze", "2026-C3"],
    ] {
        let (status, text) = from(elsewhere.path(), words);
        assert_eq!(status, 3, "{words:?}: {text}");
        assert!(
            text.contains(whole) && text.contains("there is none"),
            "{words:?}: {text}"
        );
    }
    assert!(!kept.exists());

    let allocation = folder.path().join("allocation.csv");
    let allocate = ["allocate", allocation.to_str().unwrap(), "--by", "W-QA"];
    let (_, text) = from(
        elsewhere.path(),
        &["allocate", "no-such.csv", "--by", "W-QA"],
    );
    assert!(text.contains("no-such.csv") && !kept.exists(), "{text}");
    let (status, text) = from(elsewhere.path(), &allocate);
    assert_eq!(status, 0, "{text}");
    assert!(
        text.contains(&format!("a new ledger is made: sqlite:{whole}")),
        "{text}"
    );
    let (status, text) = from(folder.path(), &allocate);
    assert_eq!((status, text.contains("1 unchanged")), (0, true), "{text}");
    assert!(!text.contains("a new ledger"), "{text}");

    // What is typed starts where it is typed, as for any other program.
    let mut typed = greentick(&["ledger", "verify", "--ledger", "sqlite:kept.sqlite3"]);
    typed.current_dir(folder.path());
    assert_eq!(said(typed).0, 0);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn a_decision_that_nobody_will_hear_of_says_so_and_the_list_has_headings() {
    let folder = council();
    let in_it = |words: &[&str]| {
        let mut command = greentick(words);
        command
            .args(["--config", "greentick.toml"])
            .current_dir(folder.path());
        said(command)
    };
    let people = "[[holders]]\nworker = \"W-QA\"\nrole = \"qa_manager\"\n\
        [[holders]]\nworker = \"W-HEAD\"\nrole = \"head_of_service\"\n";
    fs::write(folder.path().join("people.toml"), people).unwrap();
    let (status, text) = in_it(&["allocate", "allocation.csv", "--by", "W-QA"]);
    assert_eq!(status, 0, "{text}");
    let (_, text) = in_it(&["outbox", "list"]);
    assert!(text.starts_with("state\tmark\tkey\ttries\twhy\n"), "{text}");
    let (status, text) = in_it(&["decide", "LE-2026-0001", "raise-concern", "--by", "W-2"]);
    assert_eq!(status, 0, "{text}");
    assert!(
        text.contains("Greentick cannot tell this (`[write.notice]` needs the value `noticeboard`")
            && text.contains("tell the Head of Service Practice and Learning"),
        "{text}"
    );
}

#[test]
fn whoever_stops_reading_ends_it_quietly_and_a_full_disk_is_said() {
    let folder = council();
    let settings = "[source]\nmapping = \"mapping.toml\"\nbase_url = \"http://127.0.0.1:1\"\n";
    let good = folder.path().join("good.toml");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/redmine.toml");
    fs::copy(shipped, folder.path().join("mapping.toml")).unwrap();
    fs::write(&good, settings).unwrap();
    assert_eq!(
        said({
            let mut allocate = greentick(&["allocate", "allocation.csv", "--by", "W-QA"]);
            allocate
                .args(["--config", "greentick.toml"])
                .current_dir(folder.path());
            allocate
        })
        .0,
        0
    );
    for words in [
        &["mapping", "keys"][..],
        &["mapping", "explain", "mapping.toml"],
        &["ledger", "export", "--ledger", "sqlite:kept.sqlite3"],
        &["outbox", "list", "--ledger", "sqlite:kept.sqlite3"],
        &["check", "--config", "good.toml"],
    ] {
        let ended = |out: Stdio| {
            let mut command = greentick(words);
            command
                .current_dir(folder.path())
                .stdout(out)
                .stderr(Stdio::piped());
            let ended = command.spawn().unwrap().wait_with_output().unwrap();
            (
                ended.status.code().unwrap(),
                String::from_utf8(ended.stderr).unwrap(),
            )
        };
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(ended(writer.into()), (0, String::new()), "{words:?}");
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let (status, text) = ended(full.into());
        assert_eq!(status, 3, "{words:?}: {text}");
        assert!(
            text.contains("the output cannot be written"),
            "{words:?}: {text}"
        );
    }
}

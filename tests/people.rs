//! The people file and the allocation, from lists that a council keeps elsewhere: every faulty row at once, nothing
//! written in a preview. The program itself, at the terminal.
#![allow(
    clippy::unwrap_used,
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
            folder.path().join("ledger.sqlite3").display(),
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

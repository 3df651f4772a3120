use std::io::Write;

use super::*;
use crate::practice::terms::{Mode, Policy};

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Vec<Fault>> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    Settings::load(Some(file.path()), &environment(variables))
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    variables.iter().map(own).collect()
}

#[test]
fn the_manual_alone_is_enough() {
    let settings = Settings::load(None, &Environment::new()).unwrap();
    assert_eq!(settings.web.bind, "127.0.0.1:8480");
    assert!(!settings.has_source());
    assert!(settings.clock.anchor().is_none());
}

#[test]
fn the_shipped_policy_is_the_default() {
    let settings = Settings::load(None, &Environment::new()).unwrap();
    let terms = settings.terms(Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(terms.policy, Policy::default());
    // Every key stands in the file, so that it documents all of them.
    let text = settings.policy_text().unwrap();
    let mut given: toml::Table = toml::from_str(&text).unwrap();
    given.remove("sampling").unwrap();
    let mut given: Policy = given.try_into().unwrap();
    // What stands there of each rule is held to the rules by tests/pages.rs.
    given.rules.clear();
    assert_eq!(given, Policy::default());
}

#[test]
fn the_environment_comes_last() {
    let variables = [("GREENTICK__BEAT__POLL_SECONDS", "7")];
    let settings = load("[beat]\npoll_seconds = 5\ntick_seconds = 6\n", &variables).unwrap();
    assert_eq!(
        (settings.beat.poll_seconds, settings.beat.tick_seconds),
        (7, 6)
    );
}

#[test]
fn every_mode_is_accepted_from_the_file_and_the_environment_and_told_in_the_manual() {
    let told = MANUAL
        .lines()
        .find(|line| line.starts_with("# How Finish is held"))
        .unwrap();
    for mode in Mode::ALL {
        let word = mode.word();
        let file = load(&format!("[finish]\nmode = \"{word}\"\n"), &[]).unwrap();
        assert_eq!(file.finish.mode, mode);
        let variable = load("", &[("GREENTICK__FINISH__MODE", word)]).unwrap();
        assert_eq!(variable.finish.mode, mode);
        assert!(told.contains(&format!("`{word}`")), "{word}: {told}");
    }
    // The list of all is as long as the words that the file knows.
    let faults = load("[finish]\nmode = \"x\"\n", &[]).unwrap_err();
    let known = Mode::ALL.map(Mode::word).join(", ");
    let help = faults[0].help.as_deref();
    assert_eq!(help, Some(format!("known are: {known}").as_str()));
}

#[test]
fn a_secret_in_place_of_its_variable_s_name_is_refused_and_not_shown() {
    let secret = "svc:s3-cret";
    for (file, line, key) in [
        ("[source]\nsecret_env = '@'", 2, "source.secret_env"),
        (
            "[source]\nproxy_secret_env = '@'",
            2,
            "source.proxy_secret_env",
        ),
        ("[source]\nchild_key_env = '@'", 2, "source.child_key_env"),
        (
            "[source.secrets.second]\nenv = '@'",
            2,
            "source.secrets.second.env",
        ),
        (
            "[web]\nfinish_check_secret_env = '@'",
            2,
            "web.finish_check_secret_env",
        ),
        (
            "[web]\ncallback_secret_env = '@'",
            2,
            "web.callback_secret_env",
        ),
        (
            "[[web.callers]]\nworker = 'W-1'\nmay = ['read']\ntoken_env = '@'",
            4,
            "web.callers[0].token_env",
        ),
    ] {
        let faults = load(&file.replace('@', secret), &[]).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].line, line, "{faults:?}");
        assert!(
            faults[0]
                .message
                .starts_with(&format!("`{key}` is no name")),
            "{faults:?}"
        );
        assert!(!faults[0].to_string().contains("s3-cret"), "{faults:?}");
        load(&file.replace('@', "CASES_KEY_2"), &[]).unwrap();
    }
}

#[test]
fn a_ledger_says_whether_it_is_a_file_or_a_server() {
    for (url, meant) in [
        ("greentick.sqlite3", "`sqlite:greentick.sqlite3`"),
        ("", "`sqlite:greentick.sqlite3`"),
        ("postgres:/u:hush@host/name", "`postgres://HOST/NAME`"),
        ("u:hush@host/name", "`postgres://HOST/NAME`"),
    ] {
        let faults = load(&format!("[ledger]\nurl = '{url}'"), &[]).unwrap_err();
        assert_eq!((faults.len(), faults[0].line), (1, 2), "{faults:?}");
        let said = faults[0].to_string();
        assert!(said.contains(meant) && !said.contains("hush"), "{said}");
    }
    for url in ["sqlite::memory:", "postgres://h/b", "postgresql://h/b"] {
        load(&format!("[ledger]\nurl = '{url}'"), &[]).unwrap();
    }
}

#[test]
fn every_fault_is_said_at_once_with_its_line() {
    let text = "[beat]\npol_seconds = 5\n\n[web]\nbind = 8480\n[[web.callers]]\ntoken = 'x'\n";
    let faults = load(text, &[("GREENTICK__LEDGER__URI", "x")]).unwrap_err();
    let said: Vec<_> = faults
        .iter()
        .map(|fault| (fault.line, fault.message.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (2, "unknown key `beat.pol_seconds`"),
            (5, "`web.bind` must be text in quotes"),
            (6, "the key `web.callers[0].worker` is missing"),
            (6, "the key `web.callers[0].may` is missing"),
            (7, "unknown key `web.callers[0].token`"),
            (
                0,
                "variable `GREENTICK__LEDGER__URI` sets an unknown key `ledger.uri`"
            ),
        ]
    );
    assert_eq!(
        faults[0].help.as_deref(),
        Some("did you mean `poll_seconds`?")
    );
}

#[test]
fn values_out_of_bounds_are_refused_on_their_line() {
    for (text, line) in [
        ("[beat]\npoll_seconds = 0\n", 2),
        ("[beat]\njitter_percent = 91\n", 2),
        ("[web]\nbind = 'nowhere'\n", 2),
        ("[log]\nlevel = 'loud'\n", 2),
        ("[source]\nbase_url = 'http://127.0.0.1:1'\n", 1),
        (
            "[source]\nmapping = 'm.toml'\nbase_url = '127.0.0.1:1'\n",
            3,
        ),
        (
            "[source]\nmapping = 'm.toml'\nbase_url = 'http:///steps'\n",
            3,
        ),
        ("[[web.callers]]\nworker = 'W-101'\nmay = ['read']\n", 1),
        (
            "[[web.callers]]\nworker = 'W-1'\ntoken_env = 'T'\nmay = ['all']\n",
            4,
        ),
    ] {
        let faults = load(text, &[]).unwrap_err();
        assert_eq!(faults.len(), 1, "{text}");
        assert_eq!(faults[0].line, line, "{text}: {}", faults[0]);
    }
}

#[test]
fn no_secret_is_shown_and_every_missing_one_is_named() {
    let text = "[source]\nsecret_env = 'KEY'\nchild_key_env = 'CHILD'\n";
    let settings = load(text, &[]).unwrap();
    let secrets = settings.secrets(&environment(&[("KEY", "canary-1"), ("CHILD", "canary-2")]));
    assert!(!format!("{:?}", secrets.unwrap()).contains("canary"));
    assert_eq!(settings.secrets(&Environment::new()).unwrap_err().len(), 2);
}

#[test]
fn a_policy_with_several_faults_names_each() {
    let folder = tempfile::tempdir().unwrap();
    let policy = "permit_minute = 1\nguidance_link = 7\n[sampling]\nsize = 3\n";
    std::fs::write(folder.path().join("policy.toml"), policy).unwrap();
    let file = folder.path().join("greentick.toml");
    std::fs::write(&file, "[files]\npolicy = 'policy.toml'\n").unwrap();
    let (_, faults) = check(Some(&file), &Environment::new());
    let lines: Vec<_> = faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines.len(), 3);
    for line in [1, 2, 4] {
        assert!(lines.contains(&line), "{lines:?}");
    }
}

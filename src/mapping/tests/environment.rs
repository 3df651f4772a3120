//! One file, read with the numbers of each environment.

use std::collections::BTreeMap;

use crate::mapping::{Mapping, Site};

const FILE: &str = r#"
[values]
le_review = ""
le_other = "9"
form = "LE"
[environments.live]
le_review = "1202"
[environments.train]
le_review = "7702"
[feed]
path = "/"
root = "steps"
record = "step"
[record]
id = "@id"
status = "status"
[stages]
path = "type"
ignore = ["{{ le_other }}"]
[stages.is]
"{{ le_review }}" = "practice_review"
[vocabularies.status]
Open = "started"
[facts.evaluation]
path = "form[@code='{{ form }}{{le_review}}']/value"
"#;

fn compiled(text: &str, environment: Option<&str>) -> Result<Mapping, Vec<String>> {
    let site = Site {
        worker: None,
        environment: environment.map(str::to_owned),
        ids: BTreeMap::new(),
    };
    let faults =
        |faults: Vec<crate::mapping::Fault>| faults.iter().map(ToString::to_string).collect();
    Mapping::compile_for("m.toml", text, &site).map_err(faults)
}

#[test]
fn one_file_reads_the_ids_of_the_environment_that_is_chosen() {
    for (environment, id) in [("live", "1202"), ("train", "7702")] {
        let mapping = compiled(FILE, Some(environment)).unwrap();
        let told = format!("{:?} {:?}", mapping.stages, mapping.facts);
        assert!(told.contains(&format!("\"{id}\"")), "{told}");
        assert!(told.contains(&format!("LE{id}")), "{told}");
        assert_eq!(mapping.environment(), Some(environment));
    }
}

#[test]
fn a_site_overrules_its_environment() {
    let site = Site {
        worker: None,
        environment: Some("live".to_owned()),
        ids: BTreeMap::from([("le_review".to_owned(), "5".to_owned())]),
    };
    let mapping = Mapping::compile_for("m.toml", FILE, &site).unwrap();
    assert!(format!("{:?}", mapping.facts).contains("LE5"));
}

#[test]
fn a_name_that_stands_for_nothing_is_told_with_its_line() {
    let empty = compiled(FILE, None).unwrap_err();
    assert_eq!(empty.len(), 2, "{empty:?}");
    assert!(
        empty[0].starts_with("m.toml:21: `le_review` is empty here"),
        "{empty:?}"
    );
    let unknown = FILE.replace("{{ le_other }}", "{{ le_othr }}");
    let unknown = compiled(&unknown, Some("live")).unwrap_err();
    assert_eq!(
        unknown,
        ["m.toml:19: `le_othr` is not in `[values]`; did you mean `le_other`?"]
    );
    let open = FILE.replace("{{ le_other }}", "{{ le_other }");
    let open = compiled(&open, Some("live")).unwrap_err();
    assert!(open[0].contains("is not closed"), "{open:?}");
}

#[test]
fn an_unknown_environment_and_an_unknown_name_in_one_are_faults() {
    let unknown = compiled(FILE, Some("trian")).unwrap_err();
    assert!(unknown[0].contains("did you mean `train`?"), "{unknown:?}");
    // Without any table the environment is only a name, which messages from another one do not carry.
    let plain = FILE.replace("[environments.", "[vocabularies.");
    let none = compiled(&plain, Some("live")).unwrap_err();
    assert!(none[0].contains("`le_review` is empty here"), "{none:?}");
    let wrong = FILE.replace("le_review = \"7702\"", "le_reviw = \"7702\"");
    let wrong = compiled(&wrong, Some("live")).unwrap_err();
    assert_eq!(
        wrong,
        ["m.toml:9: `le_reviw` is not in `[values]`; did you mean `le_review`?"]
    );
}

#[test]
fn a_test_runs_in_the_environment_that_it_names() {
    let body = "<steps><step id='1'><type>7702</type><status>Open</status></step></steps>";
    let test = |environment: &str| {
        format!(
            "{FILE}\n[[test]]\nname = \"t\"\nbody = \"b\"\nenvironment = \"{environment}\"\n\
             good = 1\nquarantined = 0\n"
        )
    };
    let run = |environment: &str| {
        let mapping = compiled(&test(environment), Some("live")).unwrap();
        let outcomes = mapping.run_tests(|_| Ok(body.as_bytes().to_vec()));
        outcomes[0].differences.clone()
    };
    assert!(run("train").is_empty());
    assert_eq!(run("live").len(), 3);
    let unknown = compiled(&test("trial"), Some("live")).unwrap_err();
    assert!(
        unknown[0].contains("there is no `[environments.trial]`"),
        "{unknown:?}"
    );
}

#[test]
fn two_names_that_are_the_same_here_are_a_fault() {
    let twice = FILE.replace(
        "\"{{ le_review }}\" =",
        "\"{{ le_other }}\" = \"sign_off\"\n\"9\" = \"practice_review\"\n\"{{ le_review }}\" =",
    );
    let faults = compiled(&twice, Some("live")).unwrap_err();
    assert!(
        faults[0].contains("which stands here already"),
        "{faults:?}"
    );
}

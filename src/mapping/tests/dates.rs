//! Stamps without a zone, hours that come twice or never, days that mean "none" (P16).

use super::desk::{compiled, faults, file, one, set_aside};
use crate::practice::fact::{Fact, Value};
use crate::practice::known::{Known, Why};

fn started(dates: &str, text: &str) -> Result<Option<String>, String> {
    let mapping = compiled(&file("started = \"started\"", dates));
    let step =
        format!("<step id='1'><type>A</type><status>Open</status><started>{text}</started></step>");
    let page = super::desk::read(&mapping, &step);
    match page.records.first() {
        Some(seen) => Ok(seen.dates.started.map(|at| at.to_string())),
        None => Err(page.quarantined.first().unwrap().reason.clone()),
    }
}

fn due(dates: &str, text: &str) -> Option<String> {
    let mapping = compiled(&file("due = \"due\"", dates));
    let step = format!("<step id='1'><type>A</type><status>Open</status><due>{text}</due></step>");
    one(&mapping, &step).dates.due.map(|day| day.to_string())
}

#[test]
fn each_way_of_writing_comes_to_the_same_instant() {
    for (read, text) in [
        ("iso", "2026-07-01T13:45:00"),
        ("iso", "2026-07-01T13:45:00+01:00"),
        ("iso", "2026-07-01 12:45:00Z"),
        ("%d/%m/%Y %H:%M", "01/07/2026 13:45"),
        ("%d-%b-%y %H.%M.%S", "01-Jul-26 13.45.00"),
        ("%Y%m%d%H%M%S%z", "20260701144500+0200"),
        ("dotnet", "/Date(1782909900000+0100)/"),
        ("dotnet", "/Date(1782909900000)/"),
        ("epoch_seconds", "1782909900"),
        ("epoch_milliseconds", "1782909900000"),
    ] {
        let dates = format!("[dates]\nread = [\"{read}\"]");
        let at = started(&dates, text);
        assert_eq!(
            at,
            Ok(Some("2026-07-01T12:45:00Z".to_owned())),
            "{read} {text}"
        );
    }
    let both = "[dates]\nread = [\"dotnet\", \"%d/%m/%Y %H:%M\"]";
    assert_eq!(
        started(both, "01/07/2026 13:45").unwrap().unwrap(),
        "2026-07-01T12:45:00Z"
    );
    assert_eq!(
        started("[dates]\nread = [\"dotnet\"]", "/Date(-1000-0500)/")
            .unwrap()
            .unwrap(),
        "1969-12-31T23:59:59Z"
    );
}

#[test]
fn a_day_alone_is_its_first_instant_and_a_stamp_falls_on_a_local_day() {
    assert_eq!(
        started("", "2026-07-01").unwrap().unwrap(),
        "2026-06-30T23:00:00Z"
    );
    assert_eq!(due("", "2026-07-01").unwrap(), "2026-07-01");
    assert_eq!(due("", "01/07/2026").unwrap(), "2026-07-01");
    assert_eq!(due("", "2026-06-30T23:30:00Z").unwrap(), "2026-07-01");
    assert_eq!(due("", "2026-07-01T00:00:00").unwrap(), "2026-07-01");
    // A system that writes UTC without saying so: its late evening is the next day here.
    assert_eq!(
        due("[dates]\nzone = \"UTC\"", "2026-06-30T23:30:00").unwrap(),
        "2026-07-01"
    );
    assert_eq!(
        due("[dates]\nzone = \"UTC\"", "2026-06-30").unwrap(),
        "2026-06-30"
    );
}

#[test]
fn the_hour_that_comes_twice_is_read_as_the_mapping_says() {
    let text = "2026-10-25T01:30:00";
    for (policy, at) in [
        ("", "2026-10-25T00:30:00Z"),
        ("ambiguous = \"earlier\"", "2026-10-25T00:30:00Z"),
        ("ambiguous = \"later\"", "2026-10-25T01:30:00Z"),
    ] {
        let dates = format!("[dates]\n{policy}");
        assert_eq!(started(&dates, text).unwrap().unwrap(), at, "{policy}");
    }
    let why = started("[dates]\nambiguous = \"unreadable\"", text).unwrap_err();
    assert!(
        why.contains("comes twice") && !why.contains("01:30"),
        "{why}"
    );
    // An offset settles it, and so does a day alone.
    let strict = "[dates]\nambiguous = \"unreadable\"\nmissing = \"unreadable\"";
    assert_eq!(
        started(strict, "2026-10-25T01:30:00+00:00")
            .unwrap()
            .unwrap(),
        "2026-10-25T01:30:00Z"
    );
    assert_eq!(due(strict, text).unwrap(), "2026-10-25");
}

#[test]
fn the_hour_that_never_was_is_read_as_the_mapping_says() {
    let text = "2026-03-29T01:30:00";
    for (policy, at) in [
        ("", "2026-03-29T01:30:00Z"),
        ("missing = \"after\"", "2026-03-29T01:30:00Z"),
        ("missing = \"before\"", "2026-03-29T00:30:00Z"),
    ] {
        let dates = format!("[dates]\n{policy}");
        assert_eq!(started(&dates, text).unwrap().unwrap(), at, "{policy}");
    }
    let why = started("[dates]\nmissing = \"unreadable\"", text).unwrap_err();
    assert!(why.contains("left out"), "{why}");
}

#[test]
fn a_day_that_means_none_is_none_however_it_is_written() {
    for (read, text) in [
        ("iso", "9999-12-31T23:59:59Z"),
        ("iso", "9999-12-31"),
        ("iso", "0001-01-01T00:00:00"),
        ("iso", "1900-01-01T00:00:00+00:00"),
        ("%d/%m/%Y", "01/01/1900"),
        ("dotnet", "/Date(253402300799999)/"),
        ("dotnet", "/Date(-62135596800000)/"),
    ] {
        let dates = format!("[dates]\nread = [\"{read}\"]");
        assert_eq!(started(&dates, text), Ok(None), "{text}");
        assert_eq!(due(&dates, text), None, "{text}");
    }
    let epoch = "[dates]\nread = [\"epoch_seconds\"]\nnone = [\"1970-01-01\"]";
    assert_eq!(started(epoch, "0"), Ok(None));
}

#[test]
fn each_field_may_be_written_in_its_own_way() {
    let mapping = compiled(&file(
        "started = \"started\"\ndue = \"due\"",
        "[dates]\nread = [\"epoch_seconds\"]\nzone = \"UTC\"\n[dates.started]\nread = [\"iso\"]\n\
         [dates.due]\nread = [\"%d.%m.%Y\"]\n[dates.agreed_date]\nread = [\"%Y/%m/%d\"]\n\
         [facts.agreed_date]\npath = \"agreed\"\n",
    ));
    let step = one(
        &mapping,
        "<step id='1'><type>A</type><status>Open</status><started>2026-07-01T12:00:00</started>\
         <due>05.11.2026</due><agreed>2026/10/19</agreed></step>",
    );
    // The zone is inherited, the ways of writing are not.
    assert_eq!(
        step.dates.started.unwrap().to_string(),
        "2026-07-01T12:00:00Z"
    );
    assert_eq!(step.dates.due.unwrap().to_string(), "2026-11-05");
    let agreed = step.facts.get(&Fact::AgreedDate).unwrap();
    assert_eq!(
        agreed,
        &Known::Is(Value::Day("2026-10-19".parse().unwrap()))
    );
}

#[test]
fn a_stamp_that_cannot_be_read_sets_its_record_aside_and_a_fact_is_unreadable() {
    let mapping = compiled(&file(
        "modified = \"changed\"",
        "[facts.agreed_date]\npath = \"agreed\"",
    ));
    let (path, reason) = set_aside(
        &mapping,
        "<step id='1'><type>A</type><status>Open</status><changed>CANARY</changed></step>",
    );
    assert_eq!(path, "changed");
    assert!(
        reason.contains("modified") && !reason.contains("CANARY"),
        "{reason}"
    );
    let step = one(
        &mapping,
        "<step id='1'><type>A</type><status>Open</status><agreed>soon</agreed></step>",
    );
    let agreed = step.facts.get(&Fact::AgreedDate).unwrap();
    assert_eq!(agreed, &Known::Unreadable(Why::Malformed));
}

#[test]
fn ways_that_nothing_can_be_read_by_are_faults() {
    let told = faults(&file(
        "",
        "[dates]\nread = [\"ISO\", \"%d/%m\", \"%d/%m/%Y %Z\", \"%&\"]\nzone = \"Europe/Londn\"\nnone = [\"never\"]\n\
         ambiguous = \"latr\"\n[dates.dued]\nzone = \"UTC\"\n[dates.agreed_date]\nzone = \"UTC\"",
    ));
    let said = told.join("\n");
    for part in [
        "20: `ISO` is no `strftime` pattern that finds a whole day in what it writes; did you mean `iso`?",
        "20: `%d/%m` is no",
        "20: `%d/%m/%Y %Z` is no",
        "20: `%&` is no",
        "21: `Europe/Londn` is no time zone",
        "22: `never` is no day",
        "23: `latr` is no word for `dates.ambiguous`; did you mean `later`?",
        "24: `dued` is no field with a date; did you mean `due`?",
        "26: `agreed_date` has no place in `[facts]`",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert_eq!(told.len(), 9, "{said}");
}

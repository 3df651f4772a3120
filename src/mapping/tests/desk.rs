//! A small mapping to try one table at a time with.

use jiff::Timestamp;

use crate::mapping::{ChildKeying, Mapping, Page, Reading};
use crate::practice::ids::SourceName;
use crate::practice::sighting::{Road, Sighting};

/// What every mapping needs, with more keys for `[record]` and more tables.
pub(super) fn file(record: &str, more: &str) -> String {
    format!(
        "[feed]\npath = \"/\"\nroot = \"steps\"\nrecord = \"step\"\n\
         [record]\nid = \"@id\"\nstatus = \"status\"\n{record}\n\
         [vocabularies.status]\nIncoming = \"incoming\"\nOpen = \"started\"\nDone = \"completed\"\n\
         [stages]\npath = \"type\"\nignore = [\"other\"]\n[stages.is]\nA = \"practitioner\"\nB = \"practice_review\"\n\
         {more}\n"
    )
}

pub(super) fn compiled(text: &str) -> Mapping {
    Mapping::compile("m.toml", text)
        .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())
        .unwrap()
}

/// Every fault of a file, without its name.
pub(super) fn faults(text: &str) -> Vec<String> {
    let faults = Mapping::compile("m.toml", text).err().unwrap_or_default();
    let line = |fault: &crate::mapping::Fault| fault.to_string().replacen("m.toml:", "", 1);
    faults.iter().map(line).collect()
}

pub(super) fn reading() -> Reading {
    Reading {
        source: SourceName::from("test"),
        now: Timestamp::UNIX_EPOCH,
        road: Road::Feed,
        charset: None,
        keying: ChildKeying::new(b"key"),
    }
}

/// What a mapping makes of steps.
pub(super) fn read(mapping: &Mapping, steps: &str) -> Page {
    let body = format!("<steps>{steps}</steps>");
    mapping.feed_page(body.as_bytes(), &reading()).unwrap()
}

/// The one sighting of a page that has no other and set nothing aside.
pub(super) fn one(mapping: &Mapping, step: &str) -> Sighting {
    let page = read(mapping, step);
    assert!(page.quarantined.is_empty(), "{:?}", page.quarantined);
    assert_eq!(page.records.len(), 1);
    page.records.into_iter().next().unwrap()
}

/// Why the one record of a page was set aside.
pub(super) fn set_aside(mapping: &Mapping, step: &str) -> (String, String) {
    let page = read(mapping, step);
    assert!(page.records.is_empty(), "{:?}", page.records);
    let bad = page.quarantined.into_iter().next().unwrap();
    (bad.path, bad.reason)
}

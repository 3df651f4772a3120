//! Who is who here? The people file, read and looked at for what cannot be true.

use super::Fault;
use super::contradictions::contradictions;
use super::terms::{File, shown};
use super::{Settings, read_or};
use crate::practice::people::{Address, Away, Holder, Interest, Manages, People, Service};

const PEOPLE: &str = include_str!("../../config/people.toml");
const EXAMPLES: &str = r#"
[[holders]]
"!" = ["worker", "role"]
worker = ""
role = "qa_manager|head_of_service|operational_manager|cslt|practitioner|practice_reviewer|supervisor|service_manager"
from = ""
until = ""
[[away]]
"!" = ["worker"]
worker = ""
from = ""
until = ""
deputy = ""
[[services]]
"!" = ["service"]
service = ""
operational_manager = ""
service_manager = ""
head = ""
from = ""
until = ""
[[managers]]
"!" = ["manager", "worker"]
manager = ""
worker = ""
from = ""
until = ""
[[interests]]
"!" = ["worker"]
worker = ""
with = ""
service = ""
from = ""
until = ""
[[addresses]]
"!" = ["worker", "to"]
worker = ""
to = ""
"#;

impl Settings {
    pub(super) fn people(&self) -> Result<People, Vec<Fault>> {
        self.people_file().map(|(people, _)| people)
    }

    /// What in the people file cannot be true together. The daemon runs with it all the same: it judges by who
    /// holds what at a moment.
    pub(super) fn people_contradictions(&self) -> Vec<Fault> {
        let faults = self
            .people_file()
            .map_or_else(|_| Vec::new(), |(_, faults)| faults);
        faults.into_iter().map(|(_, fault)| fault).collect()
    }

    fn people_file(&self) -> Read {
        let file = shown(self.files.people.as_ref(), "config/people.toml");
        let text = read_or(self.files.people.as_ref(), PEOPLE).map_err(|fault| vec![fault])?;
        read(&file, &text)
    }
}

/// The people, and what cannot be true of them, each with the row it shows in; or every fault of the file.
type Read = Result<(People, Vec<(String, Fault)>), Vec<Fault>>;

/// Reads a people file.
pub(super) fn read(file: &str, text: &str) -> Read {
    let mut read = File::read(file, text, PEOPLE, EXAMPLES);
    let people = People {
        holders: read.dated::<Holder>("holders"),
        away: read.dated::<Away>("away"),
        services: read.dated::<Service>("services"),
        managers: read.dated::<Manages>("managers"),
        interests: read.dated::<Interest>("interests"),
        addresses: read.dated::<Address>("addresses"),
    };
    let found = contradictions(&people).into_iter();
    let mut faults: Vec<(String, Fault)> = found
        .map(|(at, what, help)| {
            let line = read.lines.of(&at);
            (at, Fault::at(file, line, what).help(help))
        })
        .collect();
    faults.sort_by_key(|(_, fault)| fault.line);
    read.or_faults(|| Ok(people)).map(|people| (people, faults))
}

//! What does a mapping say of how its case system is reached? The tables that are about the asking, not the answer.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::auth::AuthStyle;
use super::auth_table::AuthRow;
use super::compile::{Desk, Mapping};
use super::language::File;
use super::lookups::{Lookup, LookupRow};
use super::proof::Proof;
use super::proof_table::ProofRow;
use super::schedule::{Schedule, ScheduleRow};
use super::soap::{Wrapper, Wrapping};
use super::template::{Slot, TemplateFault, render};

/// The names of this site that every template knows, beside `[values]`.
pub(super) const SITE: [&str; 2] = ["environment", "worker"];

/// These tables, as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ClientTables {
    proof: ProofRow,
    auth: AuthRow,
    headers: BTreeMap<String, String>,
    schedule: ScheduleRow,
    pub(super) lookups: BTreeMap<String, LookupRow>,
}

/// How a case system is reached.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    pub(super) proof: Proof,
    pub(super) auth: Vec<AuthStyle>,
    pub(super) wrapper: Wrapper,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) schedule: Schedule,
    pub(super) lookups: BTreeMap<String, Lookup>,
}

impl ClientTables {
    pub(super) fn headers(&self) -> &BTreeMap<String, String> {
        &self.headers
    }

    /// The texts of `[auth]` that could hold a secret, with their places.
    pub(super) fn auth_texts(&self) -> Vec<(String, String)> {
        self.auth.texts()
    }
}

impl Mapping {
    /// How often it may be asked, and when not at all.
    pub fn schedule(&self) -> &Schedule {
        &self.client.schedule
    }

    /// The headers that go with every request.
    pub fn headers(&self) -> Result<Vec<(String, String)>, TemplateFault> {
        let values = self.own_values();
        let headers = self.client.headers.iter();
        headers
            .map(|(name, template)| Ok((name.clone(), render(template, Slot::Header, &values)?)))
            .collect()
    }
}

impl Desk<'_> {
    pub(super) fn client(&mut self, file: &File) -> Client {
        let tables = &file.client;
        let mut known: BTreeSet<&str> = SITE.into_iter().collect();
        known.extend(file.values.keys().map(String::as_str));
        for (name, template) in &tables.headers {
            self.template(&format!("headers.{name}"), template, &known);
        }
        self.no_secrets(file);
        let wrapper = self.wrapper(&file.envelope, &known);
        let soap = wrapper.style != Wrapping::None;
        Client {
            proof: self.proof(&tables.proof),
            auth: self.auth(&tables.auth, &known, soap),
            headers: tables.headers.clone(),
            schedule: self.schedule(&tables.schedule),
            lookups: self.lookups(file),
            wrapper,
        }
    }
}

//! What does the case system allow, where it can be read? For `doctor`: rights of our account, and settings such as
//! an immediate option that lets work be sent on without Finish.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::call::Call;
use super::compile::{Desk, Mapping};
use super::language::File;
use super::page_fault::PageFault;
use super::seen::at;
use super::template::{Slot, TemplateFault, render};
use super::writing::Put;

/// One `[grants.NAME]`.
#[derive(Clone, Debug, Deserialize)]
pub struct GrantRow {
    /// Path template of the request.
    pub path: String,
    /// How it is asked for besides.
    #[serde(flatten)]
    pub call: Call,
    /// Local name of the root element.
    pub root: String,
    /// Where the grant is said.
    pub find: String,
    /// What stands there if it is granted; none: anything.
    #[serde(default)]
    pub is: Vec<String>,
    /// Whether it should be granted.
    pub wanted: bool,
    /// What a person can do if it is otherwise.
    pub why: String,
}

impl Mapping {
    /// Everything that can be read of rights and settings, by name.
    pub fn grants(&self) -> impl Iterator<Item = (&str, &GrantRow)> {
        self.grants.iter().map(|(name, row)| (name.as_str(), row))
    }

    /// The request that asks for it.
    ///
    /// # Errors
    /// When a template names a value that nothing gives it.
    pub fn grant_request(&self, row: &GrantRow) -> Result<Put, TemplateFault> {
        let values = self.own_values();
        let path = render(&row.path, Slot::Url, &values)?;
        self.put(&row.call, path, &values)
    }

    /// Whether the answer says that it is granted.
    ///
    /// # Errors
    /// When the answer is not what was promised.
    pub fn granted(
        &self,
        row: &GrantRow,
        bytes: &[u8],
        charset: Option<&str>,
    ) -> Result<bool, PageFault> {
        let whole = self.document(bytes, charset, &row.root)?;
        let values = at(&whole.root(), &row.find, &self.namespaces)?;
        let mut there = values.iter();
        Ok(there.any(|text| row.is.is_empty() || row.is.contains(text)))
    }
}

impl Desk<'_> {
    pub(super) fn grants(&mut self, file: &File) {
        let known: BTreeSet<&str> = file.values.keys().map(String::as_str).collect();
        let rows: &BTreeMap<String, GrantRow> = &file.grants;
        for (name, row) in rows {
            self.address(&format!("grants.{name}.path"), &row.path, &known);
            let soap = file.envelope.is_soap();
            self.call(&format!("grants.{name}"), &row.call, soap, &known);
            self.loose(&format!("grants.{name}.find"), &row.find);
        }
    }
}

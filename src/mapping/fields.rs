//! What can `[record]` say of a step, beside what is read in a way of its own?

use std::collections::BTreeMap;

use super::compile::Desk;
use super::path::Path;

macro_rules! fields {
    ($($field:ident = $name:literal,)*) => {
        /// A key of `[record]`; the manual says what each means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Field {
            $($field,)*
        }

        impl Field {
            const ALL: &'static [Self] = &[$(Self::$field),*];

            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$field => $name,)* }
            }
        }
    };
}

fields! {
    Version = "version",
    Modified = "modified",
    Incoming = "incoming",
    Started = "started",
    Completed = "completed",
    Reopened = "reopened",
    Cancelled = "cancelled",
    Due = "due",
    Scheduled = "scheduled",
    Assignee = "assignee",
    Team = "team",
    Reference = "reference",
    Cycle = "cycle",
    Child = "child",
    MergedFrom = "merged_from",
    CopiedFrom = "copied_from",
    Locked = "locked",
    Restricted = "restricted",
    Deleted = "deleted",
    Change = "change",
}

/// Where each field stands in a record; they are asked for so often that they are not looked up by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(Vec<Option<Path>>);

impl Places {
    /// The path of a field; none if the mapping names no such place.
    pub(super) fn at(&self, field: Field) -> Option<&Path> {
        self.0.get(field as usize)?.as_ref()
    }
}

impl Desk<'_> {
    pub(super) fn places(&mut self, record: &BTreeMap<String, String>) -> Places {
        let mut paths = BTreeMap::new();
        // In the order of the names, which is that of the rules.
        for (name, written) in record {
            if Field::ALL.iter().any(|field| field.name() == name) {
                paths.insert(name.as_str(), self.path(&format!("record.{name}"), written));
            }
        }
        let all = Field::ALL.iter().map(|field| paths.remove(field.name()));
        Places(all.collect())
    }
}

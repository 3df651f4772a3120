//! Which languages does the council speak? Five, over one truth, each under addresses of its own.

pub(crate) mod batch;
pub(crate) mod eav;
pub(crate) mod json;
pub(crate) mod soap;
pub(crate) mod tokens;
pub(crate) mod xml;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::desk::Refusal;

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// One address a thing, in XML.
    #[default]
    Xml,
    /// One address for everything, in SOAP 1.1 or 1.2.
    Soap,
    /// One address a thing, in JSON, with cursors.
    Json,
    /// Forms as rows of names and values, in JSON, with numbered pages.
    Eav,
    /// One address for everything, as a list of operations in JSON.
    Batch,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Dialect; 5] = [Self::Xml, Self::Soap, Self::Json, Self::Eav, Self::Batch];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Soap => "soap",
            Self::Json => "json",
            Self::Eav => "eav",
            Self::Batch => "batch",
        }
    }

    /// The dialect of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// The beginning of its addresses.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Xml => "/workflow",
            Self::Soap => "/soap",
            Self::Json => "/rest",
            Self::Eav => "/eav",
            Self::Batch => "/batch",
        }
    }

    /// The dialect that an address belongs to.
    pub(crate) fn of_path(path: &str) -> Self {
        let all = Self::ALL.into_iter();
        let mut of = all.filter(|one| path.starts_with(one.prefix()));
        of.next().unwrap_or_default()
    }

    /// Whether its documents are XML.
    pub(crate) fn is_xml(self) -> bool {
        matches!(self, Self::Xml | Self::Soap)
    }

    /// The content type of its documents, without the charset.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "application/xml",
            Self::Soap => "text/xml",
            _ => "application/json",
        }
    }

    /// A refusal in this dialect.
    pub(crate) fn refusal(self, refusal: Refusal) -> Response {
        match self {
            Self::Xml => xml::refuse(refusal),
            Self::Soap => soap::refuse(soap::Version::Eleven, &refusal),
            Self::Json => json::refuse(refusal),
            Self::Eav => eav::refuse(refusal),
            Self::Batch => batch::refuse(refusal),
        }
    }
}

/// What an answer is about, for the switches that strike on its way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About {
    /// How many steps are in it.
    pub(crate) steps: usize,
    /// Whether something was written.
    pub(crate) wrote: bool,
}

/// An answer of this content type, and what it is about.
pub(crate) fn answer(status: StatusCode, kind: &str, body: String, about: About) -> Response {
    let kind = format!("{kind}; charset=utf-8");
    let mut answer = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
    answer.extensions_mut().insert(about);
    answer
}

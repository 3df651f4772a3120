//! What else is asked of one step? A case system that keeps forms at an address of their own answers in parts, and
//! paths go through all of them.
//!
//! The parts are joined to one document: in JSON an object, in XML an element `joined`, with the first answer as
//! `step` and each further one under its own name. A part that does not exist is left out. The step is read before
//! its parts: what they say is then never older than the version that the step tells.

use std::fmt::Write;

use super::asking::Asking;
use super::compile::{Desk, Mapping};
use super::language::{File, RequestRow};
use super::limits::Format;
use super::page::Page;
use super::page_fault::PageFault;
use super::path::Path;
use super::request::Request;
use super::trie::Trie;
use super::walk::{Task, Whole, document};

/// The name under which the first answer stands among the parts.
const FIRST: &str = "step";

/// One more request of a step.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Under which name its answer stands.
    pub name: String,
    /// How it is asked for.
    pub request: Request,
    /// Values that the first answer has for its templates.
    with: Vec<(String, Path)>,
}

/// Everything that is read of one step besides the first answer.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    pub(super) each: Vec<Piece>,
    /// How the joined document is read.
    joined: Request,
    /// What is wanted of the first answer.
    wanted: Trie,
}

/// What the first answer says.
#[derive(Clone, Debug)]
pub struct First {
    text: String,
    /// Of which environment it is, if the mapping looks.
    pub environment: Option<String>,
    /// For each further request the values of its templates; none if it has one of them not, and so nothing to ask for.
    pub given: Vec<Option<Vec<(String, String)>>>,
}

impl Request {
    /// The further requests of a step, in the order of their names.
    pub fn also(&self) -> &[Piece] {
        self.pieces.as_ref().map_or(&[], |pieces| &pieces.each)
    }

    /// How what it brings is read: the joined document of a step in parts, else the answer itself.
    pub fn read_as(&self) -> &Self {
        self.pieces.as_ref().map_or(self, |pieces| &pieces.joined)
    }
}

impl Mapping {
    /// Proves the first answer and takes from it what the further requests need.
    ///
    /// # Errors
    /// When it is not what was promised.
    pub fn first(
        &self,
        request: &Request,
        bytes: &[u8],
        charset: Option<&str>,
    ) -> Result<First, PageFault> {
        let nothing = Trie::whole([], request.format == Format::Json);
        let pieces = request.pieces.as_deref();
        let wanted = pieces.map_or(&nothing, |pieces| &pieces.wanted);
        let whole = self.proven(request, bytes, charset, wanted)?;
        let root = whole.root();
        let mut page = Page::default();
        self.around(request, &root, &mut page)?;
        let value = |(name, path): &(String, Path)| {
            let value = path.first(&root).filter(|value| !value.is_empty());
            value.map(|value| (name.clone(), value))
        };
        let given = request.also().iter();
        let given = given.map(|also| also.with.iter().map(value).collect());
        Ok(First {
            given: given.collect(),
            environment: page.ahead.environment,
            text: whole.text.clone().into_owned(),
        })
    }

    /// The parts as one document; `answers` are those that came, by name, with their charset.
    ///
    /// # Errors
    /// When a part is not what was promised; its name stands before the reason.
    pub fn join<'a>(
        &self,
        request: &Request,
        first: &First,
        answers: impl IntoIterator<Item = (&'a str, &'a [u8], Option<&'a str>)>,
    ) -> Result<Vec<u8>, PageFault> {
        let nothing = Trie::whole([], request.format == Format::Json);
        let mut joined = Joined::new(request.format);
        joined.put(FIRST, &first.text);
        for (name, bytes, charset) in answers {
            let Some(also) = request.also().iter().find(|also| also.name == name) else {
                continue;
            };
            let part = self.proven(&also.request, bytes, charset, &nothing);
            let part = part.map_err(|mut fault| {
                fault.words.insert_str(0, &format!("`{name}`: "));
                fault
            })?;
            joined.put(name, &part.text);
        }
        Ok(joined.end())
    }

    /// An answer whose root is proven.
    fn proven<'t>(
        &self,
        request: &Request,
        bytes: &'t [u8],
        charset: Option<&str>,
        wanted: &Trie,
    ) -> Result<Whole<'t>, PageFault> {
        let task = Task {
            request,
            envelope: &self.envelope,
            limits: self.limits,
            wanted,
            rows: false,
        };
        document(bytes, charset, task)
    }
}

/// A document that is put together.
struct Joined {
    format: Format,
    text: String,
}

impl Joined {
    fn new(format: Format) -> Self {
        let text = match format {
            Format::Xml => "<joined>",
            Format::Json => "{",
        };
        Self {
            format,
            text: text.to_owned(),
        }
    }

    /// Adds a part that has been proven to be one whole document.
    fn put(&mut self, name: &str, part: &str) {
        let part = part.trim_start_matches('\u{feff}').trim();
        match self.format {
            Format::Xml => {
                // Only the first line of a document may be a declaration.
                let declared = part.strip_prefix("<?xml ");
                let part = declared
                    .and_then(|rest| rest.split_once("?>"))
                    .map_or(part, |(_, rest)| rest);
                let _ = write!(self.text, "<{name}>{part}</{name}>");
            }
            Format::Json => {
                let comma = if self.text.len() > 1 { "," } else { "" };
                let _ = write!(self.text, "{comma}\"{name}\":{part}");
            }
        }
    }

    fn end(mut self) -> Vec<u8> {
        self.text.push_str(match self.format {
            Format::Xml => "</joined>",
            Format::Json => "}",
        });
        self.text.into_bytes()
    }
}

impl Desk<'_> {
    /// What is read of one step besides the first answer, if anything is.
    pub(super) fn pieces_of_step(
        &mut self,
        name: &str,
        row: &RequestRow,
        (format, ask): (Format, &Asking),
        file: &File,
    ) -> Option<Box<Pieces>> {
        if row.also.is_empty() {
            return None;
        }
        let json = format == Format::Json;
        self.whole_in_pieces(name, row, file);
        let mut each = Vec::new();
        for (part, asked) in &row.also {
            let at = format!("{name}.also.{part}");
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let is_name =
                part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.chars().all(plain);
            if !is_name || part == FIRST {
                let message =
                    "a part is named by letters, digits and `_`, and `step` is the first answer";
                self.fault(&at, message, None);
            }
            let with = asked.with.iter();
            let with: Vec<(String, Path)> = with
                .map(|(value, path)| {
                    (
                        value.clone(),
                        self.loose(&format!("{at}.with.{value}"), path),
                    )
                })
                .collect();
            let own = RequestRow {
                format: row.format.clone(),
                ..asked.clone()
            };
            each.push(Piece {
                name: part.clone(),
                request: self.request(&at, &own, file),
                with,
            });
        }
        let paths: Vec<Path> = each
            .iter()
            .flat_map(|also| &also.with)
            .map(|(_, path)| path.clone())
            .collect();
        let record = Path {
            number: Some(0),
            ..Path::default()
        };
        Some(Box::new(Pieces {
            each,
            wanted: Trie::whole(paths.iter().chain(ask.paths()), json),
            joined: Request {
                root: if json { "" } else { "joined" }.to_owned(),
                format,
                outer: Trie::new([&record], json),
                record,
                bare: true,
                ..Request::default()
            },
        }))
    }

    /// What is read in pieces is the whole of them, and no row of a list can be that.
    fn whole_in_pieces(&mut self, name: &str, row: &RequestRow, file: &File) {
        if row.record != "." {
            let message =
                "a step that is read in parts is the whole of them, so `record` is left out";
            let help = format!("begin the paths with `{FIRST}/`, or with the name of another part");
            self.fault(&format!("{name}.record"), message, Some(help));
        }
        let lists = [("feed", Some(&file.feed)), ("sweep", file.sweep.as_ref())];
        for (list, _) in lists
            .iter()
            .filter(|(_, list)| list.is_some_and(|list| list.ids.is_none()))
        {
            let message = format!(
                "one step is read in parts (`[{name}.also.NAME]`), so a list can only name steps: say `ids`"
            );
            self.fault(list, &message, None);
        }
    }
}

//! How are records asked for, and does that make sense? One of the tables `[feed]`, `[sweep]`, `[step]`.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::asking::{Asking, Cursor};
use super::client::SITE;
use super::compile::{Desk, Mapping};
use super::date_forms::pattern_of;
use super::ids::Ids;
use super::language::{File, Paging, RequestRow};
use super::limits::Format;
use super::path::{Condition, Move, Path};
use super::pieces::Pieces;
use super::template::{self, Given, Slot, TemplateFault, Values, render};
use super::trie::Trie;
use super::writing::Put;

/// One way to ask for records.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Path and query template, after the base address.
    pub path: String,
    /// Local name of the root element.
    pub root: String,
    /// In what its answer comes.
    pub format: Format,
    /// Namespace of the root element, if it is checked.
    pub namespace: Option<String>,
    /// How the next page is asked for.
    pub paging: Paging,
    /// Records asked for at a time.
    pub page_size: u64,
    /// `strftime` form of `since`, in the zone of [`Asking`].
    pub since_format: String,
    /// Everything about the asking besides the path.
    pub ask: Asking,
    /// Whether an answer may leave the list out when nothing is in it.
    pub(super) list_is_optional: bool,
    /// Path of a record below the root; the root itself if it is empty.
    pub(super) record: Path,
    /// Where the root says how many there are in all.
    pub(super) total: Option<Path>,
    /// Where the next token stands.
    pub(super) next: Option<Path>,
    /// Where the case system's own time stands.
    pub(super) server_time: Option<Path>,
    /// Where a row names its step, if rows show none.
    pub(super) ids: Option<Ids>,
    /// What is read besides, if one step is read in parts.
    pub(super) pieces: Option<Box<Pieces>>,
    /// Nothing stands around its document, whatever the mapping's envelope.
    pub(super) bare: bool,
    /// What is wanted of the root; path 0 is the record's.
    pub(super) outer: Trie,
}

impl Request {
    /// Reads a document of which only the root is promised.
    pub(super) fn whole(root: &str, format: Format) -> Self {
        Self {
            root: root.to_owned(),
            format,
            ..Self::default()
        }
    }

    /// The keys of the request that take something: what stands around the records, and the ids of a list of ids.
    pub(super) fn around(&self) -> impl Iterator<Item = (String, Path)> {
        let all = [
            ("total", &self.total),
            ("next", &self.next),
            ("server_time", &self.server_time),
        ];
        let ids = self.ids.as_ref().map(|ids| self.record.then(&ids.path));
        all.into_iter()
            .chain(self.ask.around())
            .filter_map(|(key, path)| Some((key.to_owned(), path.clone()?)))
            .chain(ids.map(|path| ("ids".to_owned(), path)))
    }
}

/// What a read request asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// Changes at or after this instant, UTC.
    pub since: Option<Timestamp>,
    /// Continuation token, or the last id read.
    pub token: Option<&'a str>,
    /// Records already read.
    pub offset: u64,
    /// Pages already read.
    pub pages: u64,
    /// What the pass before left to go on from.
    pub high_water: Option<&'a str>,
    /// The step's id.
    pub step: Option<&'a str>,
    /// What the first answer of a step has for the templates of its other parts.
    pub given: &'a [(String, String)],
}

/// The names that the template of a read request may use, beside `[values]`.
const READ_NAMES: [&str; 7] = [
    "since",
    "offset",
    "limit",
    "token",
    "step",
    "page",
    "high_water",
];

impl Mapping {
    /// A read request as it is put to the case system, before it stands in an envelope.
    pub fn read_request(&self, request: &Request, asked: &Asked<'_>) -> Result<Put, TemplateFault> {
        let values = self.asked_values(request, asked);
        let path = match (request.paging, asked.token) {
            (Paging::Link, Some(link)) => link.to_owned(),
            _ => render(&request.path, Slot::Url, &values)?,
        };
        self.put(&request.ask.call, path, &values)
    }

    fn asked_values(&self, request: &Request, asked: &Asked<'_>) -> Values {
        let since = asked
            .since
            .map(|at| request.ask.since(at, &request.since_format));
        let mut values = self.own_values();
        let page = request.ask.first_page.saturating_add(asked.pages);
        let given: [String; READ_NAMES.len()] = [
            since.unwrap_or_default(),
            asked.offset.to_string(),
            request.page_size.to_string(),
            asked.token.unwrap_or_default().to_owned(),
            self.item_of(asked.step.unwrap_or_default()).to_owned(),
            page.to_string(),
            asked.high_water.unwrap_or_default().to_owned(),
        ];
        for (name, value) in READ_NAMES.into_iter().zip(given) {
            values.insert(name.to_owned(), Given::One(value));
        }
        let given = asked.given.iter();
        values.extend(given.map(|(name, value)| (name.clone(), Given::One(value.clone()))));
        values
    }

    /// The mapping's own `[values]` and what this site is, for templates.
    pub(super) fn own_values(&self) -> Values {
        let mut all: Values = SITE
            .into_iter()
            .map(|name| (name.to_owned(), Given::One(String::new())))
            .collect();
        let own = self.values.iter();
        all.extend(own.map(|(name, value)| (name.clone(), Given::One(value.clone()))));
        all
    }

    /// How the change feed is asked.
    pub fn feed(&self) -> &Request {
        &self.feed
    }

    /// How open steps are asked for, if the mapping says.
    pub fn sweep(&self) -> Option<&Request> {
        self.sweep.as_ref()
    }

    /// How one step is asked for, if the mapping says.
    pub fn single(&self) -> Option<&Request> {
        self.step.as_ref()
    }
}

impl Desk<'_> {
    pub(super) fn request(&mut self, name: &str, row: &RequestRow, file: &File) -> Request {
        let at = |key: &str| format!("{name}.{key}");
        let mut known: BTreeSet<&str> = READ_NAMES.into_iter().chain(SITE).collect();
        known.extend(file.values.keys().map(String::as_str));
        known.extend(row.with.keys().map(String::as_str));
        let ask = self.asking(name, &row.ask);
        self.address(&at("path"), &row.path, &known);
        self.call(name, &row.ask.call, file.envelope.is_soap(), &known);
        let mut names = template::names(&row.path).unwrap_or_default();
        for (_, template) in row.ask.call.templates(name) {
            names.extend(template::names(template).unwrap_or_default());
        }
        let paging = self.pages_by(name, row, &ask, &names);
        let page_size = self.sizes(name, row);
        let mut place =
            |key: &str, written: &Option<String>| Some(self.loose(&at(key), written.as_deref()?));
        let (total, next) = (place("total", &row.total), place("next", &row.next));
        let server_time = place("server_time", &row.server_time);
        let format = Format::of(row.format.as_ref().unwrap_or(&file.format));
        if format == Format::Xml && row.root.is_empty() {
            let message = "`root` is empty, so any document would pass; name the root element";
            self.fault(&at("root"), message, None);
        }
        let mut record = self.loose(&at("record"), &row.record);
        self.record_path(&at("record"), &record, format);
        record.number = Some(0);
        // The number marks where a record begins; nothing else of the root is captured.
        let ids = self.ids_of(name, row, format, file);
        let pieces = self.pieces_of_step(name, row, (format, &ask), file);
        let wanted = [&total, &next, &server_time].into_iter().flatten();
        let wanted = wanted.chain(ask.paths());
        let outer = Trie::new(wanted.chain([&record]), format == Format::Json);
        Request {
            total,
            next,
            server_time,
            record,
            ids,
            pieces,
            bare: false,
            outer,
            format,
            path: row.path.clone(),
            root: row.root.clone(),
            namespace: row.namespace.clone(),
            paging,
            page_size,
            since_format: row.since_format.clone(),
            list_is_optional: row.list == "optional",
            ask,
        }
    }

    /// How pages are turned; what that needs has to be in the request and in the answer.
    fn pages_by(
        &mut self,
        name: &str,
        row: &RequestRow,
        ask: &Asking,
        names: &BTreeSet<String>,
    ) -> Paging {
        let at = |key: &str| format!("{name}.{key}");
        let paging = paging(&row.paging);
        if matches!(paging, Paging::Token | Paging::Link)
            && row.next.is_none()
            && ask.next_header.is_none()
        {
            let message = format!(
                "paging by {} needs `next` or `next_header`, where it stands",
                row.paging
            );
            self.fault(&at("paging"), &message, None);
        }
        let asked = match paging {
            Paging::None | Paging::Link => None,
            Paging::Offset => Some("offset"),
            Paging::Page => Some("page"),
            Paging::Token | Paging::LastId => Some("token"),
        };
        if let Some(asked) = asked.filter(|asked| !names.contains(*asked)) {
            let message = format!(
                "the path does not use `{{{{ {asked} }}}}`, so every page would be the first"
            );
            self.fault(&at("path"), &message, None);
        }
        if matches!(ask.cursor, Cursor::Sequence | Cursor::Token) && !names.contains("high_water") {
            let message =
                "the path does not use `{{ high_water }}`, so every pass would read everything";
            self.fault(&at("path"), message, None);
        }
        paging
    }

    fn sizes(&mut self, name: &str, row: &RequestRow) -> u64 {
        let at = |key: &str| format!("{name}.{key}");
        let page_size = u64::try_from(row.page_size).unwrap_or(0);
        if page_size == 0 {
            self.fault(&at("page_size"), "`page_size` must be at least 1", None);
        }
        // What reads the same whenever it is written asks for nothing in particular.
        let written = |at: Timestamp| jiff::fmt::strtime::format(&row.since_format, at).ok();
        let (one, other) = (Timestamp::UNIX_EPOCH, Timestamp::constant(3_000_000, 0));
        if written(one).is_none_or(|one| written(other) == Some(one)) {
            let message = format!("`{}` is no `strftime` form of a time", row.since_format);
            let help = pattern_of(&row.since_format);
            let help = help.map(|pattern| format!("did you mean `{pattern}`?"));
            self.fault(&at("since_format"), &message, help);
        }
        page_size
    }

    /// Whether something is a record must be plain from where it begins.
    fn record_path(&mut self, at: &str, record: &Path, format: Format) {
        let plain = |condition: &Condition| match condition {
            Condition::Nth(_) => false,
            Condition::Is { at, .. } => {
                format == Format::Xml && at.moves.is_empty() && at.attribute.is_some()
            }
        };
        let steps = &record.moves;
        let fits = |step: &Move| step.embedded.is_none() && step.conditions.iter().all(plain);
        if record.attribute.is_some() || !steps.iter().all(fits) {
            let message = "a record is picked by names, in XML also by conditions on attributes";
            let help = "pick records by their values in `[only_when]`".to_owned();
            self.fault(at, message, Some(help));
        }
    }
}

fn paging(word: &str) -> Paging {
    match word {
        "offset" => Paging::Offset,
        "page" => Paging::Page,
        "token" => Paging::Token,
        "last_id" => Paging::LastId,
        "link" => Paging::Link,
        _ => Paging::None,
    }
}

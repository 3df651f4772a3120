//! What is tried, and which promises are looked at?

use greentick::mapping::{ChildKeying, FaultKind, Mapping, Page, PageFault, Reading};
use greentick::practice::sighting::Road;
use greentick::sampling::verify;
use jiff::Timestamp;

use crate::doors::Doors;

pub const NAMES: [&str; 8] = [
    "xml",
    "json",
    "path",
    "mapping",
    "decoding",
    "embedded",
    "doors",
    "certificate",
];

const MARKUP: &[&str] = &[
    "<step>",
    "</step>",
    "<steps>",
    "</steps>",
    "<id>1</id>",
    "<a q='1'>",
    "</a>",
    "<v>",
    "</v>",
    "<v/>",
    "<![CDATA[",
    "]]>",
    "&amp;",
    "&#1;",
    "&#xFFFD;",
    "<!--",
    "-->",
    "<?x ?>",
    "<!DOCTYPE",
    " xsi:nil='true'",
    " xmlns:p='urn:p'",
    "<p:a>",
    "</p:a>",
    "\u{fffd}",
    "\r\n",
    "<form>",
    "</form>",
    "&lt;",
    "&gt;",
    "<t>1</t>",
    "<s>Open</s>",
    "<item><V>",
    "</V><C>x</C></item>",
    "<C>x</C>",
];
const MEMBERS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"steps\":",
    "\"id\":\"1\"",
    "\"t\":1",
    "\"s\":\"Open\"",
    "\"a\":",
    "\"q\":\"1\"",
    "\"v\":",
    "null",
    "true",
    "\\ud800",
    "\\udc00",
    "\\u0001",
    "\\u0000",
    "\\\"",
    "1e9",
    "-0.5",
    "00",
    "\"",
    "\\",
    "{\"a\":[{\"q\":\"1\",\"v\":[1]}]}",
    "\"item\":",
    "\"C\":\"x\"",
    "\"V\":",
    "\"{\\\"a\\\":1}\"",
];
const PARTS: &[&str] = &[
    "/",
    "@",
    "[",
    "]",
    "=",
    "^=",
    "'|'",
    "|",
    "'",
    "\"",
    "''",
    "*",
    ".",
    "p:",
    "a",
    "steps",
    "[1]",
    "[@q='1']",
    "[q='1']",
    "[embedded='xml']",
    "[embedded='base64-json']",
    "d[embedded='json']",
    "e[f='1']/d[embedded='json']/a",
    "[d[embedded='json']/a='1']",
    "[.='1']",
    "\u{e9}",
];
const KEYS: &[&str] = &[
    "[feed]\n",
    "[record]\n",
    "[limits]\n",
    "[namespaces]\n",
    "[envelope]\n",
    "[[links]]\n",
    "format = 'json'\n",
    "depth = 1\n",
    "inside = 'a/b'\n",
    "style = 'soap11'\n",
    "path = 'a'\n",
    "id = 'b'\n",
    "\"*\"",
    "= 99999999999999999999\n",
    "{{ x }}",
    "[facts.actions]\nkey = 'x'\n",
    "[batch]\n",
    "action = 'a'\n",
    "open = '<a b=\"{{ x }}\">'\n",
    "kind = 'batch'\n",
    "effects = 3\n",
    "content_type = 'text/xml; action=\"a\"'\n",
];

const MESSAGES: &[&str] = &[
    "<m>",
    "</m>",
    "<e id='1'/>",
    "<e id='2'><s>7</s></e>",
    "<s>7</s>",
    "<r>q-1</r>",
    "<w id='W-1'/>",
    "<d>500</d>",
    "<n i='true'><a>W-2</a></n>",
    "]]>",
    "&amp;",
    "&#1;",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"m\":",
    "\"e\":",
    "\"@id\":\"1\"",
    "\"s\":7",
    "\"r\":\"q\"",
    "\"w\":{\"@id\":null}",
    "\"n\":[{\"@i\":true,\"a\":\"x\"}]",
    "\u{fffe}",
    "\u{1f600}",
    "\\u0000",
    "\"",
    "\\",
];
const DIGITS: &[&str] = &[
    "0",
    "9",
    "LE-2026-0001",
    "\"",
    ",",
    "{",
    "}",
    "[",
    "]",
    "null",
    "S/FS",
    " ",
];

const FRAME: &[u8] = include_bytes!("../../tests/sampling/published/frame.csv");
const POLICY: &[u8] = include_bytes!("../../tests/sampling/published/policy.toml");
const CERTIFICATE: &[u8] = include_bytes!("../../tests/sampling/published/certificate.json");

pub struct Target {
    name: String,
    mapping: Mapping,
    doors: Doors,
}

fn text(format: &str, more: &str, id: &str) -> String {
    let (root, record) = if format == "json" {
        ("", "steps")
    } else {
        ("steps", "step")
    };
    let id = serde_json::Value::from(id);
    format!(
        "format = '{format}'\n{more}\n[namespaces]\np = 'urn:p'\n[feed]\npath = '/'\nroot = '{root}'\nrecord = '{record}'\n\
         total = 'total'\n[stages]\npath = 't'\n[stages.is]\n1 = 'practitioner'\n[record]\nid = {id}\nstatus = 's'\nversion = 'a[q=\"1\"]/v'\n\
         assignee = 'a[@q=\"1\"][2]/v'\nreference = 'p:a/@q'\ncycle = '*[3]'\n\
         [vocabularies.status]\nOpen = 'started'\n\
         [facts.reflection_length]\npath = \"form[embedded='{format}']/a[@q='1']/v\"\n\
         [facts.focus_length]\npath = \"form64[embedded='base64-{format}']/a[q='1']/v\"\n\
         [facts.analysis_length]\npath = \"item[C='x']/V[embedded='{format}']/a\"\n\
         [facts.agreed_date]\npath = 'a[q=\"2\"]/v'\n[[links]]\npath = 'a[q=\"3\"]/v'\ndirection = 'next'\n"
    )
}

fn reading(charset: Option<&str>) -> Reading {
    Reading {
        source: "fuzz".into(),
        now: Timestamp::UNIX_EPOCH,
        road: Road::Feed,
        charset: charset.map(str::to_owned),
        keying: ChildKeying::new(b"fuzz"),
    }
}

impl Target {
    pub fn new(name: &str) -> Self {
        let format = if name == "json" { "json" } else { "xml" };
        let mapping = Mapping::compile("fuzz.toml", &text(format, "", "id"));
        let mapping = mapping.unwrap_or_else(|faults| panic!("{faults:?}"));
        Self {
            name: name.to_owned(),
            mapping,
            doors: Doors::new(),
        }
    }

    /// Words that inputs are made of.
    pub fn words(&self) -> &'static [&'static str] {
        match self.name.as_str() {
            "json" => MEMBERS,
            "path" => PARTS,
            "mapping" => KEYS,
            "doors" => MESSAGES,
            "certificate" => DIGITS,
            _ => MARKUP,
        }
    }

    /// What was said of the input; an error if a promise is broken.
    pub fn try_on(&self, input: &[u8]) -> Result<String, String> {
        match self.name.as_str() {
            "xml" => self.page(input, None),
            "json" => self.json(input),
            "decoding" => self.decoding(input),
            "embedded" => self.embedded(input),
            "path" => path(input),
            "doors" => self.doors.try_on(input),
            "certificate" => certificate(input),
            _ => mapping(input),
        }
    }

    fn page(&self, body: &[u8], charset: Option<&str>) -> Result<String, String> {
        let reading = reading(charset);
        let read = self.mapping.feed_page(body, &reading);
        let again = self.mapping.feed_page(body, &reading);
        let same = match (&read, &again) {
            (Ok(one), Ok(two)) => one.quarantined == two.quarantined && one.records == two.records,
            (Err(one), Err(two)) => one == two,
            _ => false,
        };
        if !same {
            return Err("two readings differ".to_owned());
        }
        // A trace looks at all of it, and so refuses no less; but that a list is not there is no fault of what is.
        let refused = read
            .as_ref()
            .is_err_and(|fault| fault.kind != FaultKind::Unproven);
        if charset.is_none() && refused && self.mapping.trace(body).is_ok() {
            return Err("a refused answer can be traced".to_owned());
        }
        clean(&read)?;
        Ok(said(&read))
    }

    fn json(&self, input: &[u8]) -> Result<String, String> {
        let said = self.page(input, None)?;
        let ours = self.mapping.feed_page(input, &reading(None));
        if let (Err(fault), Ok(value)) = (&ours, serde_json::from_slice::<serde_json::Value>(input))
        {
            let twice = fault.words.contains("twice");
            if fault.kind == FaultKind::Cut
                || fault.kind == FaultKind::Malformed
                    && !twice
                    && (value.is_object() || value.is_array())
            {
                return Err(format!("good JSON is refused: {fault}"));
            }
        }
        Ok(said)
    }

    fn decoding(&self, input: &[u8]) -> Result<String, String> {
        let labels = [
            None,
            Some("utf-8"),
            Some("windows-1252"),
            Some("utf-16"),
            Some("shift_jis"),
            Some("x-none"),
            Some("iso-2022-jp"),
        ];
        let (first, body) = input.split_first().unwrap_or((&0, &[]));
        self.page(body, labels[usize::from(*first) % labels.len()])
    }

    /// The input stands in a value of one record, between two others, which must not suffer.
    fn embedded(&self, input: &[u8]) -> Result<String, String> {
        let form = String::from_utf8_lossy(input);
        let escaped: String = form
            .chars()
            .map(|letter| match letter {
                '<' => "&lt;".to_owned(),
                '&' => "&amp;".to_owned(),
                '>' => "&gt;".to_owned(),
                other => other.to_string(),
            })
            .collect();
        let step =
            |id: u32, more: &str| format!("<step><id>{id}</id><t>1</t><s>Open</s>{more}</step>");
        let raw = form
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "+/= \n".contains(letter));
        let name = if raw { "form64" } else { "form" };
        let holder = format!("<{name}>{escaped}</{name}>");
        let body = format!(
            "<steps>{}{}{}</steps>",
            step(1, ""),
            step(2, &holder),
            step(3, "")
        );
        let read = self
            .mapping
            .feed_page(body.as_bytes(), &reading(None))
            .map_err(|fault| format!("the page suffers: {fault}"))?;
        let (count, kept) = (read.count, read.records.len());
        if count != 3 || kept < 2 || kept + read.quarantined.len() != 3 {
            return Err(format!("{kept} of {count} records"));
        }
        let read = Ok(read);
        clean(&read)?;
        Ok(said(&read))
    }
}

/// Any change of a published certificate is found.
fn certificate(input: &[u8]) -> Result<String, String> {
    let found = verify(FRAME, POLICY, input);
    if found.is_empty() != (input == CERTIFICATE || another_tool(input)) {
        return Err(format!("{} differences", found.len()));
    }
    let places: String = found.iter().take(4).map(|one| one.at.as_str()).collect();
    Ok(places
        .chars()
        .filter(|letter| !letter.is_ascii_digit())
        .take(120)
        .collect())
}

/// Whether only the writing program's name or version is another one, which is said and not compared.
fn another_tool(input: &[u8]) -> bool {
    let read = |bytes| serde_json::from_slice::<serde_json::Value>(bytes).ok();
    let (Some(mut one), Some(two)) = (read(input), read(CERTIFICATE)) else {
        return false;
    };
    if !one.is_object() {
        return false;
    }
    one["tool"] = two["tool"].clone();
    one == two
        && greentick::sampling::Certificate::from_bytes(input)
            .is_ok_and(|read| read.canonical_bytes() == input)
}

/// No record holds what stands for no character.
fn clean(read: &Result<Page, PageFault>) -> Result<(), String> {
    let Ok(page) = read else { return Ok(()) };
    for record in &page.records {
        let text = serde_json::to_value(record)
            .map_err(|why| why.to_string())?
            .to_string();
        let bad = |letter: char| letter == '\u{fffd}' || letter.is_ascii_control();
        if text.chars().any(bad) || text.contains("\\u00") {
            return Err("a record keeps what is no character".to_owned());
        }
    }
    Ok(())
}

/// The kind of an answer, without its numbers.
fn said(read: &Result<Page, PageFault>) -> String {
    match read {
        Err(fault) => {
            let words: String = fault
                .words
                .chars()
                .filter(|letter| !letter.is_ascii_digit())
                .take(90)
                .collect();
            format!("{:?} {words}", fault.kind)
        }
        Ok(page) => {
            let facts = page.records.iter().map(|one| {
                format!(
                    "{:?}{:?}{:?}{:?}",
                    one.facts,
                    one.version.is_some(),
                    one.links.len(),
                    one.cycle.value().is_some()
                )
            });
            let reasons = page
                .quarantined
                .iter()
                .map(|bad| format!("{}{}", bad.path, bad.reason));
            let all: String = facts.chain(reasons).take(3).collect();
            let all: String = all
                .chars()
                .filter(|letter| !letter.is_ascii_digit())
                .take(300)
                .collect();
            format!(
                "{} {} {all}",
                page.records.len().min(3),
                page.quarantined.len().min(3)
            )
        }
    }
}

fn path(input: &[u8]) -> Result<String, String> {
    let Ok(written) = std::str::from_utf8(input) else {
        return Ok("not text".to_owned());
    };
    let bodies = [
        (
            "xml",
            "<steps><step><a q='1'>x<b>1</b><b>2</b></a><a q='2'/><d>{\"a\": \"1\"}</d><e><d>{\"a\": \"2\"}</d><f>1</f></e><e><d>no</d></e><id>7</id><t>1</t><s>Open</s></step></steps>",
        ),
        (
            "json",
            r#"{"steps": [{"a": [{"q": "1", "b": [1, 2]}, {"@q": 2, "b": null}], "d": "{\"a\": \"1\"}",
                "e": [{"d": "{\"a\": \"2\"}", "f": 1}, {"d": "no"}], "id": "7", "t": 1, "s": "Open"}]}"#,
        ),
    ];
    let mut all = String::new();
    for (format, body) in bodies {
        match Mapping::compile("fuzz.toml", &text(format, "", written)) {
            Err(faults) => {
                let words = faults
                    .first()
                    .map(|fault| fault.message.clone())
                    .unwrap_or_default();
                let words = words
                    .rsplit("character")
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                all.extend(words.chars().filter(|letter| !letter.is_ascii_digit()));
            }
            Ok(mapping) => {
                let page = mapping
                    .feed_page(body.as_bytes(), &reading(None))
                    .map_err(|fault| fault.to_string())?;
                let traced = mapping
                    .trace(body.as_bytes())
                    .map_err(|fault| fault.to_string())?;
                // What was captured while reading is what walking the whole document finds.
                let walked: Vec<&str> = traced
                    .iter()
                    .filter(|one| one.rules.iter().any(|rule| rule.starts_with("record.id ")))
                    .map(|one| one.value.trim())
                    .collect();
                let walked = walked.iter().find(|text| !text.is_empty()).copied();
                if page.last_id.as_deref() != walked.filter(|text| text.chars().count() <= 64) {
                    return Err(format!(
                        "{format}: read {:?}, walked {walked:?}",
                        page.last_id
                    ));
                }
                all += &format!("{walked:?}");
            }
        }
    }
    Ok(all.chars().take(200).collect())
}

fn mapping(input: &[u8]) -> Result<String, String> {
    let Ok(written) = std::str::from_utf8(input) else {
        return Ok("not text".to_owned());
    };
    match Mapping::compile("fuzz.toml", written) {
        Ok(mapping) => {
            // Whatever is compiled can be explained, looked over and tried.
            let answer = |_: &str| Ok(b"<a><b id='1'><c>x</c></b></a>".to_vec());
            let said = mapping.explain().len() + mapping.doubts().len();
            let differences = mapping.run_tests(answer).len();
            let faults = mapping.recorded_faults(answer).len();
            Ok(format!("good {said} {differences} {faults}"))
        }
        Err(faults) if faults.is_empty() => Err("refused without a fault".to_owned()),
        Err(faults) => {
            let lines = written.lines().count() + 1;
            if let Some(fault) = faults.iter().find(|fault| fault.line > lines) {
                return Err(format!("a fault beyond the file: {fault}"));
            }
            let words: String = faults
                .iter()
                .take(4)
                .map(|fault| fault.message.as_str())
                .collect();
            Ok(words
                .chars()
                .filter(|letter| !letter.is_ascii_digit())
                .take(120)
                .collect())
        }
    }
}

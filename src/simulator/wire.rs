//! How does the council write? Its XML dialect, as `docs/synthetic-council.md` shows it.

use std::fmt::Write;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::event::{Received, Status};
use super::forms::{Kind, StepType, label};
use super::truth::Step;

/// The namespace of every document.
pub(super) const NAMESPACE: &str = "urn:example:casework:steps:v1";

/// An XML document as an answer.
pub(super) fn answer(status: StatusCode, body: String) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
    (status, kind, body).into_response()
}

/// A refusal.
pub(super) fn refusal(status: StatusCode, code: &str, text: &str) -> Response {
    let inside = format!("{}{}", element("Code", code), element("Text", text));
    answer(status, document("Fault", "", &inside))
}

/// A document with its root in the namespace.
pub(super) fn document(root: &str, attributes: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{root} xmlns=\"{NAMESPACE}\"{attributes}>{inside}</{root}>\n"
    )
}

/// What a list of steps says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paging<'a> {
    /// The clamped limit.
    pub(super) limit: usize,
    /// The cursor of the next page, if there is one.
    pub(super) next: Option<&'a str>,
}

/// A page of steps under the given root.
pub(super) fn steps(root: &str, steps: &[&Step], paging: Paging<'_>, now: Timestamp) -> String {
    let attributes = format!(" schemaVersion=\"1\" generatedAt=\"{}\"", utc(now));
    let next = paging
        .next
        .map_or_else(String::new, |next| element("NextCursor", next));
    let more = if paging.next.is_some() { "Y" } else { "N" };
    let records: Vec<String> = steps.iter().map(|one| step(one)).collect();
    let inside = format!(
        "\n<Paging><Limit>{}</Limit>{next}<MoreData>{more}</MoreData></Paging>\n<Steps>\n{}</Steps>\n",
        paging.limit,
        records.concat()
    );
    document(root, &attributes, &inside)
}

/// One step alone.
pub(super) fn single(one: &Step, now: Timestamp) -> String {
    let attributes = format!(" schemaVersion=\"1\" generatedAt=\"{}\"", utc(now));
    document("WorkflowStep", &attributes, &format!("\n{}", step(one)))
}

fn step(step: &Step) -> String {
    let change = if step.version == 1 {
        "CREATED"
    } else {
        "UPDATED"
    };
    let (id, kind) = (escaped(&step.id), step.step_type);
    let mut out = format!("<Step id=\"{id}\" version=\"{}\">\n", step.version);
    out += &element("ChangeType", change);
    out += &element("ChangedAt", &utc(step.changed_at));
    put(
        &mut out,
        format_args!(
            "<StepType id=\"{}\">{}</StepType>",
            kind.code(),
            escaped(kind.label())
        ),
    );
    out += &element("Status", step.status.word());
    out += &dates(step);
    if let Some(worker) = &step.assignee {
        put(
            &mut out,
            format_args!("<Assignee><Worker id=\"{}\"/></Assignee>", escaped(worker)),
        );
    }
    if let Some(child) = &step.subject {
        put(
            &mut out,
            format_args!(
                "<Subjects restricted=\"N\"><Subject type=\"PER\" id=\"{}\"/></Subjects>",
                escaped(child)
            ),
        );
    }
    if let Some(previous) = &step.previous {
        put(
            &mut out,
            format_args!(
                "<Links><Previous stepId=\"{}\" immediate=\"{}\"/></Links>",
                escaped(&previous.step),
                if previous.immediate { "Y" } else { "N" }
            ),
        );
    }
    out + "\n" + &form(step) + "</Step>\n"
}

fn dates(step: &Step) -> String {
    let mut inside = String::new();
    for (status, name) in [
        (Status::Incoming, "Incoming"),
        (Status::Started, "Started"),
        (Status::Completed, "Completed"),
        (Status::Reopened, "Reopened"),
        (Status::Cancelled, "Cancelled"),
    ] {
        if let Some(at) = step.stamps.get(&status) {
            inside += &element(name, &local(*at));
        }
    }
    if let Some(due) = step.due {
        inside += &element("Due", &due.to_string());
    }
    element_of("Dates", &inside)
}

fn form(step: &Step) -> String {
    if step.step_type == StepType::DutyContact {
        return String::new();
    }
    let mut out = format!(
        "<Forms><Form formId=\"F-{}\" templateCode=\"{}\" templateVersion=\"1\">\n",
        escaped(&step.id),
        step.step_type.template()
    );
    for (question, kind) in step.step_type.questions() {
        put(
            &mut out,
            format_args!(
                "<Answer question=\"{question}\" type=\"{}\">{}</Answer>\n",
                kind.name(),
                value(kind, step.answer(question))
            ),
        );
    }
    for (collection, columns) in step.step_type.tables() {
        put(
            &mut out,
            format_args!("<Table collection=\"{collection}\">"),
        );
        let rows = step.tables.get(*collection);
        for (index, row) in rows.into_iter().flatten().enumerate() {
            put(&mut out, format_args!("<Row rowId=\"{}\">", index + 1));
            for (column, kind) in *columns {
                put(
                    &mut out,
                    format_args!(
                        "<Cell question=\"{column}\" type=\"{}\">{}</Cell>",
                        kind.name(),
                        value(*kind, row.get(*column).map(String::as_str))
                    ),
                );
            }
            out += "</Row>";
        }
        out += "</Table>\n";
    }
    out + "</Form></Forms>\n"
}

/// A blank answer is an element with nothing in it.
fn value(kind: Kind, answer: Option<&str>) -> String {
    match (kind, answer) {
        (_, None) => String::new(),
        (Kind::Lookup, Some(code)) => element("Code", code) + &element("Label", label(code)),
        (Kind::RichText, Some(html)) => {
            // A CDATA section cannot hold its own end.
            let html = html.replace("]]>", "]]]]><![CDATA[>");
            format!("<Value><![CDATA[{html}]]></Value>")
        }
        (Kind::Text | Kind::Date, Some(text)) => element("Value", text),
    }
}

/// One write as it is shown: a note, flag, field, reopening, alert or sample list.
pub(super) fn written(root: &str, one: &Received, is_document: bool) -> String {
    let mut attributes = format!(" id=\"{}\" at=\"{}\"", escaped(&one.id), utc(one.at));
    if let Some(step) = one.step.as_ref().filter(|_| one.operation != "alert") {
        put(
            &mut attributes,
            format_args!(" stepId=\"{}\"", escaped(step)),
        );
    }
    if let Some(name) = one.name.as_ref().filter(|_| one.operation != "sample_list") {
        put(&mut attributes, format_args!(" name=\"{}\"", escaped(name)));
    }
    let references = || one.references.iter().map(|id| element("Reference", id));
    let mut inside = element("Mark", &one.mark);
    match one.operation.as_str() {
        "flag" | "unflag" | "field" => inside += &element("Value", &one.text),
        "reopen" => inside += &element("Reason", &one.text),
        "alert" => {
            let step = one.step.iter().map(|step| element("Step", step));
            let roles = one.roles.iter().map(|role| element("Role", role));
            inside.extend(step.chain(references()));
            inside += &element("Text", &one.text);
            inside += &element_of("To", &roles.collect::<String>());
        }
        "sample_list" => {
            inside += &element("Cycle", one.name.as_deref().unwrap_or_default());
            inside += &element("Certificate", &one.text);
            inside.extend(references());
        }
        _ => inside += &element("Text", &one.text),
    }
    if is_document {
        document(root, &attributes, &inside)
    } else {
        format!("<{root}{attributes}>{inside}</{root}>\n")
    }
}

/// A list of writes.
pub(super) fn list<'a>(root: &str, each: &str, all: impl Iterator<Item = &'a Received>) -> String {
    let inside: String = all.map(|one| written(each, one, false)).collect();
    document(root, "", &format!("\n{inside}"))
}

/// An instant as the wire shows it: UTC, whole seconds.
pub(super) fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A local stamp without its zone, as forms have it.
fn local(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    let local = at.to_zoned_datetime(zone);
    local.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn element(name: &str, text: &str) -> String {
    element_of(name, &escaped(text))
}

fn element_of(name: &str, inside: &str) -> String {
    format!("<{name}>{inside}</{name}>")
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(what);
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(letter),
            // XML 1.0 has no way to write these at all.
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

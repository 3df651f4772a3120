//! How does the council write? Its XML dialect, as `docs/synthetic-council.md` shows it.

use jiff::Timestamp;

pub(crate) use super::pieces::{element, element_of, escaped, local, put, stamp, utc};
use crate::simulator::desk::{ENVIRONMENT, Page};
use crate::simulator::forms::Kind;
use crate::simulator::shown::{Answer, Shown};
use crate::simulator::step::Step;
use crate::simulator::words::{Merge, Received, Task};

/// The namespace of every document.
pub(crate) const NAMESPACE: &str = "urn:example:casework:steps:v1";

/// A refusal.
pub(crate) fn refusal(code: &str, text: &str) -> String {
    let inside = format!("{}{}", element("Code", code), element("Text", text));
    document("Fault", "", &inside)
}

/// A document with its root in the namespace.
pub(crate) fn document(root: &str, attributes: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{root} xmlns=\"{NAMESPACE}\"{attributes}>{inside}</{root}>\n"
    )
}

/// A page of steps under the given root.
pub(crate) fn steps(root: &str, page: &Page, next: Option<&str>) -> String {
    let next_cursor = next.map_or_else(String::new, |next| element("NextCursor", next));
    let more = if next.is_some() { "Y" } else { "N" };
    let records: Vec<String> = page.steps.iter().map(step).collect();
    let inside = format!(
        "\n<Paging><Limit>{}</Limit>{next_cursor}<MoreData>{more}</MoreData><HighWater>{}</HighWater></Paging>\n\
         <Steps>\n{}</Steps>\n",
        page.limit,
        page.water,
        records.concat()
    );
    document(root, &attributes(page), &inside)
}

/// One step alone.
pub(crate) fn single(page: &Page) -> String {
    let records: Vec<String> = page.steps.iter().map(step).collect();
    document(
        "WorkflowStep",
        &attributes(page),
        &format!("\n{}", records.concat()),
    )
}

fn attributes(page: &Page) -> String {
    format!(
        " schemaVersion=\"1\" generatedAt=\"{}\" environment=\"{}\"",
        utc(page.now),
        page.environment
    )
}

fn step(shown: &Shown) -> String {
    let step = &shown.step;
    let id = escaped(&step.id);
    let mut out = format!("<Step id=\"{id}\" version=\"{}\">\n", step.version);
    out += &element("ChangeType", shown.change);
    out += &element("ChangedAt", &stamp(&shown.changed_at, utc));
    if shown.blanked && shown.change != "UPDATED" && shown.change != "CREATED" {
        return out + "</Step>\n";
    }
    put(
        &mut out,
        format_args!(
            "<StepType id=\"{}\">{}</StepType>",
            escaped(&shown.type_id),
            escaped(&shown.label)
        ),
    );
    if shown.blanked {
        return out + "<Subjects restricted=\"Y\"/></Step>\n";
    }
    out += &element("Status", &shown.status);
    if let Some(lock) = &step.lock {
        let (by, kind) = (escaped(&lock.by), escaped(&lock.kind));
        put(
            &mut out,
            format_args!("<Lock by=\"{by}\" kind=\"{kind}\"/>"),
        );
    }
    let dates = shown.dates.iter();
    let dates = dates.map(|(name, at)| element(name, &stamp(at, local)));
    out += &element_of("Dates", &dates.collect::<String>());
    people(&mut out, step);
    links(&mut out, step);
    out + "\n" + &form(shown) + "</Step>\n"
}

fn people(out: &mut String, step: &Step) {
    let mut whose = String::new();
    if let Some(worker) = &step.assignee {
        put(
            &mut whose,
            format_args!("<Worker id=\"{}\"/>", escaped(worker)),
        );
    }
    if let Some(worker) = &step.acting_for {
        put(
            &mut whose,
            format_args!("<ActingFor id=\"{}\"/>", escaped(worker)),
        );
    }
    if let Some(team) = &step.team {
        put(&mut whose, format_args!("<Team id=\"{}\"/>", escaped(team)));
    }
    if !whose.is_empty() {
        *out += &element_of("Assignee", &whose);
    }
    let subjects = step.subjects();
    let subjects = subjects.map(|id| format!("<Subject type=\"PER\" id=\"{}\"/>", escaped(id)));
    let subjects = subjects.collect::<String>();
    if !subjects.is_empty() {
        put(
            out,
            format_args!("<Subjects restricted=\"N\">{subjects}</Subjects>"),
        );
    }
    for merge in &step.merged_from {
        let (from, at) = (escaped(&merge.from), utc(merge.at));
        put(
            out,
            format_args!("<MergedFrom personId=\"{from}\" at=\"{at}\"/>"),
        );
    }
}

fn links(out: &mut String, step: &Step) {
    let mut links = String::new();
    if let Some(previous) = &step.previous {
        put(
            &mut links,
            format_args!(
                "<Previous stepId=\"{}\" immediate=\"{}\"/>",
                escaped(&previous.step),
                if previous.immediate { "Y" } else { "N" }
            ),
        );
    }
    if let Some(copied) = &step.copied_from {
        put(
            &mut links,
            format_args!("<CopiedFrom stepId=\"{}\"/>", escaped(copied)),
        );
    }
    if !links.is_empty() {
        *out += &element_of("Links", &links);
    }
}

fn form(shown: &Shown) -> String {
    if !shown.has_form() {
        return String::new();
    }
    let mut out = format!(
        "<Forms><Form formId=\"F-{}\" templateCode=\"{}\" templateVersion=\"{}\">\n",
        escaped(&shown.step.id),
        shown.step.step_type.template(),
        shown.template_version
    );
    for answer in shown.answers() {
        put(
            &mut out,
            format_args!(
                "<Answer question=\"{}\" type=\"{}\">{}</Answer>\n",
                answer.question,
                answer.kind.name(),
                value(&answer)
            ),
        );
    }
    for (collection, rows) in shown.tables() {
        put(
            &mut out,
            format_args!("<Table collection=\"{collection}\">"),
        );
        for (index, row) in rows.iter().enumerate() {
            put(&mut out, format_args!("<Row rowId=\"{}\">", index + 1));
            for cell in row {
                put(
                    &mut out,
                    format_args!(
                        "<Cell question=\"{}\" type=\"{}\">{}</Cell>",
                        cell.question,
                        cell.kind.name(),
                        value(cell)
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
fn value(answer: &Answer<'_>) -> String {
    match (answer.kind, answer.value) {
        (_, None) => String::new(),
        (Kind::Lookup, Some(code)) => element("Code", code) + &element("Label", answer.label()),
        (Kind::RichText, Some(html)) => {
            // A CDATA section cannot hold its own end.
            let html = html.replace("]]>", "]]]]><![CDATA[>");
            format!("<Value><![CDATA[{html}]]></Value>")
        }
        (Kind::Text | Kind::Date, Some(text)) => element("Value", text),
    }
}

/// One write as it is shown: a note, flag, field, reopening, alert or sample list.
pub(crate) fn written(root: &str, one: &Received, is_document: bool) -> String {
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
        "flag" | "unflag" | "field" | "due" => inside += &element("Value", &one.text),
        "reassign" => inside += &element("Worker", &one.text),
        "answer_task" => {
            inside += &element("Code", one.code.as_deref().unwrap_or_default());
            inside += &element("Text", &one.text);
        }
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
pub(crate) fn list(root: &str, each: &str, all: &[&Received]) -> String {
    let all = all.iter();
    let inside: String = all.map(|one| written(each, one, false)).collect();
    document(root, "", &format!("\n{inside}"))
}

/// A list of tasks.
pub(crate) fn tasks(all: &[&Task]) -> String {
    let inside: String = all.iter().map(|one| task_of(one)).collect();
    document("Tasks", "", &format!("\n{inside}"))
}

/// One task alone.
pub(crate) fn task(one: &Task) -> String {
    document("TaskDetail", "", &task_of(one))
}

fn task_of(task: &Task) -> String {
    let mut inside = element("State", task.state());
    inside += &element("SentAt", &utc(task.sent_at));
    put(
        &mut inside,
        format_args!("<To><Worker id=\"{}\"/></To>", escaped(&task.to)),
    );
    if let Some(answer) = &task.answer {
        inside += &element("Mark", &answer.mark);
        inside += &element("AnsweredAt", &utc(answer.at));
        let code = element("Code", answer.code.as_deref().unwrap_or_default());
        inside += &element_of("Response", &(code + &element("Text", &answer.text)));
    }
    format!(
        "<Task id=\"{}\" stepId=\"{}\" definition=\"{}\" mandatory=\"{}\">{inside}</Task>\n",
        escaped(&task.id),
        escaped(&task.step),
        escaped(&task.definition),
        if task.mandatory { "Y" } else { "N" }
    )
}

/// The list of persons who became one.
pub(crate) fn merges(all: &[Merge], now: Timestamp) -> String {
    let each = |merge: &Merge| {
        let (from, to) = (escaped(&merge.from), escaped(&merge.to));
        let at = utc(merge.at);
        format!("<Merge from=\"{from}\" to=\"{to}\" at=\"{at}\"/>\n")
    };
    let inside: String = all.iter().map(each).collect();
    let made = format!(
        " generatedAt=\"{}\" environment=\"{ENVIRONMENT}\"",
        utc(now)
    );
    document("PersonMerges", &made, &format!("\n{inside}"))
}

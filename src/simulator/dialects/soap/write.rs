//! How does the council write SOAP? Prefixed elements, statuses in the words of the help pages, and each form as
//! a document of its own, escaped in the element that holds it.

use super::super::xml::write::{element, escaped, local, put, stamp, utc};
use crate::simulator::desk::Page;
use crate::simulator::forms::Kind;
use crate::simulator::shown::{Answer, Shown};
use crate::simulator::words::{Merge, Received, Task};

/// A page of steps.
pub(super) fn steps(page: &Page, next: Option<&str>) -> String {
    let more = if next.is_some() { " Y " } else { " N " };
    let mut out = format!(
        "<cw:GeneratedAt>{}</cw:GeneratedAt><cw:Environment>{}</cw:Environment>",
        utc(page.now),
        page.environment
    );
    // The end of the list is a cursor that is nil.
    let cursor = match next {
        Some(next) => cw("NextCursor", next),
        None => "<cw:NextCursor xsi:nil=\"true\"/>".to_owned(),
    };
    put(
        &mut out,
        format_args!(
            "<cw:Paging><cw:Limit>{}</cw:Limit>{cursor}<cw:MoreData>{more}</cw:MoreData>\
             <cw:HighWater>{}</cw:HighWater></cw:Paging><cw:Steps>\n",
            page.limit, page.water
        ),
    );
    out.extend(page.steps.iter().map(step));
    out + "</cw:Steps>"
}

/// One step alone.
pub(super) fn single(page: &Page) -> String {
    let mut out = format!(
        "<cw:GeneratedAt>{}</cw:GeneratedAt><cw:Environment>{}</cw:Environment>\n",
        utc(page.now),
        page.environment
    );
    out.extend(page.steps.iter().map(step));
    out
}

fn cw(name: &str, text: &str) -> String {
    element(&format!("cw:{name}"), text)
}

/// The word of the help pages for a status.
fn word(status: &str) -> &str {
    match status {
        "PROPOSED" => "Proposed",
        "INCOMING" => "Incoming",
        "STARTED" => "In progress",
        "REOPENED" => "Reopened",
        "COMPLETED" => "Completed",
        "CANCELLED" => "Cancelled",
        other => other,
    }
}

fn step(shown: &Shown) -> String {
    let step = &shown.step;
    let mut out = "<cw:Step>".to_owned();
    out += &cw("StepId", &step.id);
    out += &cw("Version", &step.version.to_string());
    out += &cw("ChangeType", shown.change);
    out += &cw("ChangedAt", &stamp(&shown.changed_at, utc));
    if shown.blanked && shown.change != "UPDATED" && shown.change != "CREATED" {
        return out + "</cw:Step>\n";
    }
    put(
        &mut out,
        format_args!(
            "<cw:StepType cw:id=\"{}\">{}</cw:StepType>",
            escaped(&shown.type_id),
            escaped(&shown.label)
        ),
    );
    out += &cw("Restricted", if shown.blanked { "Y" } else { "N" });
    if shown.blanked {
        return out + "</cw:Step>\n";
    }
    out += &cw("Status", word(&shown.status));
    if let Some(lock) = &step.lock {
        out += &cw("CheckedOutBy", &lock.by);
    }
    for (name, at) in &shown.dates {
        out += &cw(&format!("{name}On"), &stamp(at, local));
    }
    for (name, value) in [
        ("AssigneeId", &step.assignee),
        ("ActingForId", &step.acting_for),
        ("TeamId", &step.team),
        ("CopiedFromStepId", &step.copied_from),
    ] {
        if let Some(value) = value {
            out += &cw(name, value);
        }
    }
    out.extend(step.subjects().map(|child| cw("SubjectPersonId", child)));
    let merged = step.merged_from.iter();
    out.extend(merged.map(|merge| cw("FormerPersonId", &merge.from)));
    if let Some(previous) = &step.previous {
        let name = if previous.immediate {
            "SentEarlyFromStepId"
        } else {
            "PreviousStepId"
        };
        out += &cw(name, &previous.step);
    }
    if shown.has_form() {
        let template = step.step_type.template();
        put(
            &mut out,
            format_args!(
                "<cw:Form cw:template=\"{template}\">{}</cw:Form>",
                escaped(&form(shown))
            ),
        );
    }
    out + "</cw:Step>\n"
}

/// The form as a document of its own.
fn form(shown: &Shown) -> String {
    let mut out = format!(
        "<Form xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" version=\"{}\">",
        shown.template_version
    );
    for answer in shown.answers() {
        put(
            &mut out,
            format_args!(
                "<Answer question=\"{}\">{}</Answer>",
                answer.question,
                value(&answer)
            ),
        );
    }
    for (collection, rows) in shown.tables() {
        put(
            &mut out,
            format_args!("<Table collection=\"{collection}\">"),
        );
        for row in rows {
            out += "<Row>";
            for cell in row {
                put(
                    &mut out,
                    format_args!(
                        "<Cell question=\"{}\">{}</Cell>",
                        cell.question,
                        value(&cell)
                    ),
                );
            }
            out += "</Row>";
        }
        out += "</Table>";
    }
    out + "</Form>"
}

/// A blank answer is nil.
fn value(answer: &Answer<'_>) -> String {
    match (answer.kind, answer.value) {
        (_, None) => "<Value xsi:nil=\"true\"/>".to_owned(),
        (Kind::Lookup, Some(code)) => {
            let code = escaped(code);
            format!("<Value code=\"{code}\">{}</Value>", escaped(answer.label()))
        }
        (_, Some(text)) => element("Value", text),
    }
}

/// Everything that was written, one by one.
pub(super) fn list(all: &[&Received]) -> String {
    all.iter().map(|one| item(one)).collect()
}

/// One thing that was written.
pub(super) fn item(one: &Received) -> String {
    let mut out = format!("<cw:Item cw:id=\"{}\">", escaped(&one.id));
    out += &cw("Mark", &one.mark);
    out += &cw("At", &utc(one.at));
    for (name, value) in [("StepId", &one.step), ("Name", &one.name)] {
        if let Some(value) = value {
            out += &cw(name, value);
        }
    }
    out += &cw("Text", &one.text);
    out.extend(one.roles.iter().map(|role| cw("Role", role)));
    out.extend(one.references.iter().map(|one| cw("Reference", one)));
    out + "</cw:Item>\n"
}

/// Tasks.
pub(super) fn tasks(all: &[&Task]) -> String {
    all.iter().map(|one| task(one)).collect()
}

/// One task.
pub(super) fn task(task: &Task) -> String {
    let mut out = format!("<cw:Task cw:id=\"{}\">", escaped(&task.id));
    out += &cw("StepId", &task.step);
    out += &cw("Definition", &task.definition);
    out += &cw("Mandatory", if task.mandatory { "Y" } else { "N" });
    out += &cw("State", task.state());
    out += &cw("SentAt", &utc(task.sent_at));
    out += &cw("ToWorkerId", &task.to);
    if let Some(answer) = &task.answer {
        out += &cw("Mark", &answer.mark);
        out += &cw("ResponseCode", answer.code.as_deref().unwrap_or_default());
    }
    out + "</cw:Task>\n"
}

/// Persons who became one.
pub(super) fn merges(all: &[Merge]) -> String {
    let each = |merge: &Merge| {
        let inside = cw("FromPersonId", &merge.from) + &cw("ToPersonId", &merge.to);
        format!(
            "<cw:Merge>{inside}{}</cw:Merge>\n",
            cw("At", &utc(merge.at))
        )
    };
    all.iter().map(each).collect()
}

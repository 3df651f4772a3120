//! How is the council asked and told in SOAP? One address for everything; the operation is the body's first element.
//!
//! Both versions are spoken, each as it was spoken to. A refusal is a Fault. Absent on purpose: attachments, addressing,
//! and any policy beyond a user's name and password.

mod envelope;
mod write;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;

use super::xml::read::Element;
use super::xml::write::NAMESPACE;
use super::{About, xml};
use crate::simulator::council::Council;
use crate::simulator::desk::{self, List, Refusal, bad, missing};
use crate::simulator::dialects;
use crate::simulator::orders::{self, Order};

pub(crate) use self::envelope::Version;

/// Its address, and its description.
pub(crate) fn router() -> Router<Council> {
    Router::new().route("/soap/CaseworkService", post(operate).get(describe))
}

/// A refusal as an answer: 500 in version 1.1; in 1.2, 400 if the sender is at fault.
pub(crate) fn refuse(version: Version, refusal: &Refusal) -> Response {
    let status = match (version, refusal.0.is_server_error()) {
        (Version::Twelve, false) => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let body = version.fault(refusal);
    dialects::answer(status, version.content_type(), body, About::default())
}

/// What an operation answers: what is inside, and what it is about.
struct Said {
    inside: String,
    about: About,
}

impl Said {
    fn of(inside: String) -> Self {
        let about = About::default();
        Self { inside, about }
    }

    fn steps(inside: String, steps: usize) -> Self {
        let about = About {
            steps,
            wrote: false,
        };
        Self { inside, about }
    }
}

async fn operate(State(council): State<Council>, headers: HeaderMap, body: Bytes) -> Response {
    let message = match envelope::read(&headers, &body) {
        Ok(message) => message,
        Err((version, refusal)) => return refuse(version, &refusal),
    };
    let version = message.version;
    let said = message
        .proves(&council)
        .and_then(|()| perform(&council, &message.operation));
    match said {
        Ok(Said { inside, about }) => {
            let name = &message.operation.name;
            let body = version.message(&format!("<cw:{name}Response>{inside}</cw:{name}Response>"));
            dialects::answer(StatusCode::OK, version.content_type(), body, about)
        }
        Err(refusal) => refuse(version, &refusal),
    }
}

/// Writes by name: the operation, and the parameter that is its text.
const WRITES: [(&str, &str, &str); 12] = [
    ("AddNote", "note", "Text"),
    ("SetFlag", "flag", "Value"),
    ("ClearFlag", "unflag", "Value"),
    ("SetField", "field", "Value"),
    ("ReopenStep", "reopen", "Reason"),
    ("SendAlert", "alert", "Text"),
    ("PutSampleList", "sample_list", "Certificate"),
    ("SendTask", "send_task", "Definition"),
    ("AnswerTask", "answer_task", "Text"),
    ("SetDueDate", "due", "Value"),
    ("ReassignStep", "reassign", "WorkerId"),
    ("AttachDocument", "attach", "Content"),
];

/// Lists of what was written to a step.
const LISTS: [(&str, &str); 7] = [
    ("ListNotes", "notes"),
    ("ListReopenings", "reopenings"),
    ("ListFlags", "flags"),
    ("ListFields", "fields"),
    ("ListAttachments", "attachments"),
    ("ListAssignments", "assignments"),
    ("ListDueDates", "due-dates"),
];

fn perform(council: &Council, operation: &Element) -> Result<Said, Refusal> {
    let asked = format!("POST /soap/CaseworkService {}", operation.name);
    let text = |name: &str| operation.text_of(name);
    let need = |name: &str| text(name).ok_or_else(|| bad(format!("`{name}` is missing")));
    if let Some((_, kind, said)) = WRITES.iter().find(|(name, ..)| *name == operation.name) {
        let order = order(operation, kind, said)?;
        let written = orders::take(council, &asked, order)?;
        return Ok(Said {
            inside: write::item(&written),
            about: About {
                wrote: true,
                ..About::default()
            },
        });
    }
    if let Some((_, what)) = LISTS.iter().find(|(name, _)| *name == operation.name) {
        let step = need("StepId")?;
        let all =
            council.truth(|truth| desk::on_step(truth, &step, what).map(|all| write::list(&all)));
        return Ok(Said::of(all?));
    }
    match operation.name.as_str() {
        name @ ("GetChangedWorkflowSteps" | "GetOpenWorkflowSteps") => {
            let list = if name == "GetOpenWorkflowSteps" {
                List::Open
            } else {
                List::Feed
            };
            let (limit, since, cursor) = (text("Limit"), text("Since"), text("Cursor"));
            let sought = xml::sought(list, limit.as_deref(), since.as_deref(), cursor.as_deref())?;
            let page = desk::page(council, &asked, sought)?;
            let inside = write::steps(&page, xml::next(&page).as_deref());
            Ok(Said::steps(inside, page.steps.len()))
        }
        "GetWorkflowStep" => {
            let page = desk::single(council, &asked, &need("StepId")?)?;
            Ok(Said::steps(write::single(&page), 1))
        }
        name @ ("ListAlerts" | "ListSampleLists") => {
            let kind = if name == "ListAlerts" {
                "alert"
            } else {
                "sample_list"
            };
            let mark = text("Mark");
            Ok(Said::of(council.truth(|truth| {
                write::list(&desk::marked(truth, kind, mark.as_deref()))
            })))
        }
        "ListTasks" => {
            let (to, state) = (text("ToWorkerId"), text("State"));
            Ok(Said::of(council.truth(|truth| {
                write::tasks(&desk::tasks(truth, to.as_deref(), state.as_deref()))
            })))
        }
        "GetTask" => {
            let id = need("TaskId")?;
            let task = council.truth(|truth| truth.tasks.get(&id).map(write::task));
            Ok(Said::of(
                task.ok_or_else(|| missing(format!("no task {id}")))?,
            ))
        }
        "ListMerges" => Ok(Said::of(
            council.truth(|truth| write::merges(&truth.merges)),
        )),
        other => Err(bad(format!("there is no operation `{other}`"))),
    }
}

fn order(operation: &Element, kind: &str, said: &str) -> Result<Order, Refusal> {
    let text = |name: &str| operation.text_of(name);
    let mut order = Order::new(kind, text("Mark"), text(said));
    order.write.step = text("StepId");
    let names = ["Name", "Cycle", "TaskId", "ToWorkerId", "FileName"];
    order.write.name = names.iter().find_map(|name| text(name));
    order.write.code = text("Code");
    order.write.roles = operation.all("Role");
    order.write.references = operation.all("Reference");
    order.version = text("Version").and_then(|text| text.parse().ok());
    if order.write.step.is_none() && !matches!(kind, "alert" | "sample_list" | "answer_task") {
        return Err(bad("`StepId` is missing"));
    }
    Ok(order)
}

/// The description: every operation, with a body of any content.
async fn describe() -> Response {
    let reads = [
        "GetChangedWorkflowSteps",
        "GetOpenWorkflowSteps",
        "GetWorkflowStep",
        "ListAlerts",
        "ListSampleLists",
        "ListTasks",
        "GetTask",
        "ListMerges",
    ];
    let lists = LISTS.iter().map(|(name, _)| *name);
    let names: Vec<&str> = reads
        .into_iter()
        .chain(lists)
        .chain(WRITES.iter().map(|(name, ..)| *name))
        .collect();
    let each =
        |make: &dyn Fn(&str) -> String| names.iter().map(|name| make(name)).collect::<String>();
    let elements = each(&|name| {
        let any = "<xs:complexType><xs:sequence><xs:any minOccurs=\"0\" maxOccurs=\"unbounded\" \
                   processContents=\"lax\"/></xs:sequence></xs:complexType>";
        format!(
            "<xs:element name=\"{name}\">{any}</xs:element>\
             <xs:element name=\"{name}Response\">{any}</xs:element>\n"
        )
    });
    let messages = each(&|name| {
        format!(
            "<message name=\"{name}\"><part name=\"body\" element=\"cw:{name}\"/></message>\
             <message name=\"{name}Response\"><part name=\"body\" element=\"cw:{name}Response\"/></message>\n"
        )
    });
    let ports = each(&|name| {
        format!(
            "<operation name=\"{name}\"><input message=\"cw:{name}\"/>\
             <output message=\"cw:{name}Response\"/></operation>\n"
        )
    });
    let bindings = each(&|name| {
        format!(
            "<operation name=\"{name}\"><soap:operation soapAction=\"{NAMESPACE}/{name}\"/>\
             <input><soap:body use=\"literal\"/></input><output><soap:body use=\"literal\"/></output></operation>\n"
        )
    });
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <definitions xmlns=\"http://schemas.xmlsoap.org/wsdl/\" xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/\" \
         xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:cw=\"{NAMESPACE}\" targetNamespace=\"{NAMESPACE}\">\n\
         <types><xs:schema targetNamespace=\"{NAMESPACE}\" elementFormDefault=\"qualified\">\n{elements}</xs:schema></types>\n\
         {messages}<portType name=\"Casework\">\n{ports}</portType>\n\
         <binding name=\"CaseworkSoap\" type=\"cw:Casework\">\
         <soap:binding transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n{bindings}</binding>\n\
         <service name=\"CaseworkService\"><port name=\"CaseworkSoap\" binding=\"cw:CaseworkSoap\">\
         <soap:address location=\"/soap/CaseworkService\"/></port></service></definitions>\n"
    );
    dialects::answer(StatusCode::OK, "text/xml", body, About::default())
}

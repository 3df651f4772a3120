//! What can stand in a batch? Operations by name, and references to what an earlier one of the same batch gave.

use serde_json::{Map, Value as Json};

use super::{Outcome, write};
use crate::simulator::council::Council;
use crate::simulator::desk::{self, List, Refusal, Sought, bad, missing};
use crate::simulator::forms::StepType;
use crate::simulator::orders::Order;

/// One operation of a batch.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// Its name within the batch.
    pub(super) id: String,
    /// What is to be done.
    pub(super) name: String,
    params: Map<String, Json>,
}

/// What an operation gave.
#[derive(Clone, Debug)]
pub(super) struct Done {
    /// As it stands in the result.
    pub(super) data: String,
    /// The same, for references.
    pub(super) value: Json,
    /// How many steps are in it.
    pub(super) steps: usize,
}

impl Done {
    pub(super) fn of(value: Json) -> Self {
        Self {
            data: value.to_string(),
            value,
            steps: 0,
        }
    }
}

/// Writes by name: the operation, and the parameter that is its text.
const WRITES: [(&str, &str, &str); 12] = [
    ("addNote", "note", "text"),
    ("setFlag", "flag", "value"),
    ("clearFlag", "unflag", "value"),
    ("setField", "field", "value"),
    ("reopenStep", "reopen", "reason"),
    ("sendAlert", "alert", "text"),
    ("putSampleList", "sample_list", "certificate"),
    ("sendTask", "send_task", "definition"),
    ("answerTask", "answer_task", "text"),
    ("setDueDate", "due", "value"),
    ("reassignStep", "reassign", "workerId"),
    ("attachDocument", "attach", "content"),
];

/// Lists of what was written to a step.
const LISTS: [(&str, &str); 7] = [
    ("listNotes", "notes"),
    ("listReopenings", "reopenings"),
    ("listFlags", "flags"),
    ("listFields", "fields"),
    ("listAttachments", "attachments"),
    ("listAssignments", "assignments"),
    ("listDueDates", "due-dates"),
];

/// Reads a batch: whether it is partial, and its operations.
pub(super) fn read(body: &[u8]) -> Result<(bool, Vec<Operation>), Refusal> {
    let body: Json = serde_json::from_slice(body).map_err(|_| bad("the body is no JSON"))?;
    let partial = match body.get("mode").and_then(Json::as_str) {
        None | Some("atomic") => false,
        Some("partial") => true,
        Some(_) => return Err(bad("`mode` is `atomic` or `partial`")),
    };
    let all = body.get("operations").and_then(Json::as_array);
    let all = all.ok_or_else(|| bad("`operations` is no list"))?;
    let operations = all.iter().enumerate().map(|(index, one)| {
        let text = |name: &str| one.get(name).and_then(Json::as_str).map(str::to_owned);
        let name = text("operation");
        let name = name.ok_or_else(|| bad(format!("operation {index} has no `operation`")))?;
        let params = one.get("params").and_then(Json::as_object);
        Ok(Operation {
            id: text("id").unwrap_or_else(|| index.to_string()),
            name,
            params: params.cloned().unwrap_or_default(),
        })
    });
    Ok((partial, operations.collect::<Result<_, Refusal>>()?))
}

impl Operation {
    /// Whether it changes anything.
    pub(super) fn is_write(&self) -> bool {
        WRITES.iter().any(|(name, ..)| *name == self.name)
    }

    /// The operation with what its references stand for.
    pub(super) fn resolved(
        &self,
        all: &[Operation],
        outcomes: &[Option<Outcome>],
    ) -> Result<Self, Refusal> {
        let mut resolved = self.clone();
        for value in resolved.params.values_mut() {
            let Some(reference) = value.get("$ref").and_then(Json::as_str) else {
                continue;
            };
            let (id, place) = reference.split_once('.').unwrap_or((reference, "id"));
            let index = all.iter().position(|one| one.id == id);
            let outcome = index.and_then(|index| outcomes.get(index)?.as_ref());
            let pointer = format!("/{}", place.replace('.', "/"));
            let found = match outcome {
                Some(Ok(done)) => done.value.pointer(&pointer).cloned(),
                _ => None,
            };
            *value = found.ok_or_else(|| bad(format!("`{reference}` refers to nothing")))?;
        }
        Ok(resolved)
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.params.get(name)? {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn list(&self, name: &str) -> Vec<String> {
        let all = self.params.get(name).and_then(Json::as_array);
        let all = all.into_iter().flatten().filter_map(Json::as_str);
        all.map(str::to_owned).collect()
    }

    /// The write that it is.
    pub(super) fn order(&self) -> Result<Order, Refusal> {
        let kind = WRITES.iter().find(|(name, ..)| *name == self.name);
        let (_, operation, text) = kind.ok_or_else(|| bad("this is no write"))?;
        let mut order = Order::new(operation, self.text("mark"), self.text(text));
        order.write.step = self.text("stepId");
        let names = ["name", "cycle", "taskId", "toWorkerId", "fileName"];
        order.write.name = names.iter().find_map(|name| self.text(name));
        order.write.code = self.text("code");
        order.write.roles = self.list("roles");
        order.write.references = self.list("references");
        order.version = self.text("version").and_then(|text| text.parse().ok());
        if order.write.step.is_none()
            && !matches!(*operation, "alert" | "sample_list" | "answer_task")
        {
            return Err(bad("`stepId` is missing"));
        }
        Ok(order)
    }

    /// Performs a read.
    pub(super) fn read(&self, council: &Council, asked: &str) -> Result<Done, Refusal> {
        let need = |name: &str| {
            self.text(name)
                .ok_or_else(|| bad(format!("`{name}` is missing")))
        };
        if let Some((_, what)) = LISTS.iter().find(|(name, _)| *name == self.name) {
            let step = need("stepId")?;
            let all = council
                .truth(|truth| desk::on_step(truth, &step, what).map(|all| write::list(&all)));
            return Ok(Done::of(all?));
        }
        match self.name.as_str() {
            "searchSteps" => {
                let page = desk::page(council, asked, self.sought()?)?;
                Ok(write::page(&page))
            }
            "getStep" => {
                let page = desk::single(council, asked, &need("id")?)?;
                Ok(write::single(&page))
            }
            "listAlerts" | "listSampleLists" => {
                let operation = if self.name == "listAlerts" {
                    "alert"
                } else {
                    "sample_list"
                };
                let mark = self.text("mark");
                Ok(Done::of(council.truth(|truth| {
                    write::list(&desk::marked(truth, operation, mark.as_deref()))
                })))
            }
            "listTasks" => {
                let (to, state) = (self.text("toWorkerId"), self.text("state"));
                Ok(Done::of(council.truth(|truth| {
                    write::tasks(&desk::tasks(truth, to.as_deref(), state.as_deref()))
                })))
            }
            "getTask" => {
                let id = need("id")?;
                let task = council.truth(|truth| truth.tasks.get(&id).map(write::task));
                Ok(Done::of(
                    task.ok_or_else(|| missing(format!("no task {id}")))?,
                ))
            }
            "listMerges" => Ok(Done::of(
                council.truth(|truth| write::merges(&truth.merges)),
            )),
            other => Err(bad(format!("nothing is known of `{other}`"))),
        }
    }

    fn sought(&self) -> Result<Sought, Refusal> {
        let limit = desk::limit(self.text("recordsPerPage").as_deref(), (1, 100, 100))?;
        let number = self
            .text("pageNumber")
            .map_or(Ok(1), |text| text.parse::<usize>());
        let number = number.ok().filter(|number| *number > 0);
        let number = number.ok_or_else(|| bad("`pageNumber` begins with 1"))?;
        let since = match self.text("changedSince").filter(|text| !text.is_empty()) {
            None => None,
            Some(since) => Some(write::since(&since).ok_or_else(|| {
                bad("`changedSince` is no local time such as 2026-11-23T09:00:00")
            })?),
        };
        self.only_known_types()?;
        let open = self.params.get("open").and_then(Json::as_bool) == Some(true);
        Ok(Sought {
            list: if open { List::Open } else { List::Feed },
            since,
            after: None,
            skip: (number - 1).saturating_mul(limit),
            limit,
        })
    }

    /// Types may be named by number or by name; one that this environment does not have is refused.
    fn only_known_types(&self) -> Result<(), Refusal> {
        let all = self.params.get("types").and_then(Json::as_array);
        for one in all.into_iter().flatten() {
            let text = one.as_str().map_or_else(|| one.to_string(), str::to_owned);
            let known = StepType::EPISODE.into_iter().chain([StepType::DutyContact]);
            let mut known = known.filter(|kind| {
                write::type_number(kind.code()).to_string() == text || kind.label() == text
            });
            if known.next().is_none() {
                return Err(bad(format!(
                    "there is no type `{text}` in this environment"
                )));
            }
        }
        Ok(())
    }
}

//! Which tasks stand open for Greentick's own worker, and on which steps?
//!
//! A mandatory task blocks a step's Finish until its recipient answers it, and so a case system that cannot ask
//! us can still be held (`[tasks]`, M22, M24). Only the definitions that the file names are ours to answer: an
//! empty list would mean none.

use serde::Deserialize;

use super::compile::{Desk, Mapping};
use super::language::{File, RequestRow};
use super::page::Page;
use super::page_fault::PageFault;
use super::path::Path;
use super::request::Request;
use crate::practice::ids::{StepId, TaskId};

/// `[tasks]`, as it is written.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct TasksRow {
    #[serde(flatten)]
    request: RequestRow,
    id: String,
    step: String,
    definition: String,
    is: Vec<String>,
    state: Option<String>,
    #[serde(default)]
    open: Vec<String>,
    to: Option<String>,
}

/// How open tasks are asked for and read.
#[derive(Clone, Debug)]
pub struct Tasks {
    /// How they are asked for.
    pub request: Request,
    id: Path,
    step: Path,
    definition: Path,
    is: Vec<String>,
    state: Option<Path>,
    open: Vec<String>,
    to: Option<Path>,
}

/// A task that is open and ours to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTask {
    /// The task.
    pub id: TaskId,
    /// The step whose Finish it holds.
    pub step: StepId,
}

/// One page of tasks.
#[derive(Clone, Debug, Default)]
pub struct TaskPage {
    /// Those that are ours to answer.
    pub tasks: Vec<OpenTask>,
    /// Those that are somebody else's, answered, or of another definition.
    pub passed_over: u64,
    /// Those that lack an id or a step.
    pub unreadable: u64,
    /// What the answer says of a next page.
    pub page: Page,
}

impl Mapping {
    /// How open tasks are asked for, if the mapping says.
    pub fn tasks(&self) -> Option<&Tasks> {
        self.doors.tasks.as_ref()
    }

    /// Why Finish cannot be held by tasks, if it cannot; the text says what to do.
    pub fn cannot_hold_by_task(&self) -> Option<String> {
        if self.doors.tasks.is_none() {
            return Some("the mapping has no `[tasks]`".to_owned());
        }
        if self.step.is_none() {
            return Some(
                "the mapping has no `[step]`, and a step is read before its task is answered"
                    .to_owned(),
            );
        }
        if self.values.get("worker").is_none_or(String::is_empty) {
            return Some(
                "it is not said which worker the tasks are addressed to; set `[source] worker`"
                    .to_owned(),
            );
        }
        self.parts("answer_task").err()
    }

    /// Reads an answer to the request for tasks.
    ///
    /// # Errors
    /// When it is not provably what the mapping promises.
    pub fn task_page(
        &self,
        tasks: &Tasks,
        bytes: &[u8],
        charset: Option<&str>,
    ) -> Result<TaskPage, PageFault> {
        let whole = self.document_in(tasks.request.format, bytes, charset, &tasks.request.root)?;
        let root = whole.root();
        tasks.request.lists_in(&root)?;
        let mut read = TaskPage::default();
        for record in tasks.request.record.elements(&root) {
            let value = |path: &Path| path.first(&record).unwrap_or_default();
            let own = self.values.get("worker").map_or("", String::as_str);
            let ours = tasks.is.contains(&value(&tasks.definition))
                && tasks.to.as_ref().is_none_or(|to| value(to) == own);
            let open = tasks
                .state
                .as_ref()
                .is_none_or(|state| tasks.open.contains(&value(state)));
            let (id, step) = (value(&tasks.id), value(&tasks.step));
            read.page.count += 1;
            if !id.is_empty() {
                read.page.last_id = Some(id.clone());
            }
            match (ours && open, id.is_empty() || step.is_empty()) {
                (false, _) => read.passed_over += 1,
                (true, true) => read.unreadable += 1,
                (true, false) => read.tasks.push(OpenTask {
                    id: TaskId(id),
                    step: StepId(step),
                }),
            }
        }
        self.around(&tasks.request, &root, &mut read.page)?;
        Ok(read)
    }
}

impl Desk<'_> {
    pub(super) fn tasks(&mut self, file: &File) -> Option<Tasks> {
        let row = file.tasks.as_ref()?;
        let path = |desk: &mut Self, key: &str, written: &str| {
            desk.loose(&format!("tasks.{key}"), written)
        };
        if row.state.is_some() == row.open.is_empty() {
            let message = "`state` and `open` go together; only one is set";
            self.fault("tasks", message, None);
        }
        if row.is.is_empty() {
            let message = "`is` names no definition, so no task would be ours to answer";
            self.fault("tasks.is", message, None);
        }
        Some(Tasks {
            request: self.request("tasks", &row.request, file),
            id: path(self, "id", &row.id),
            step: path(self, "step", &row.step),
            definition: path(self, "definition", &row.definition),
            is: row.is.clone(),
            state: row.state.as_deref().map(|to| path(self, "state", to)),
            open: row.open.clone(),
            to: row.to.as_deref().map(|to| path(self, "to", to)),
        })
    }
}

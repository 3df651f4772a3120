//! What is true in the council, and how does one event change it?
//!
//! The truth is nothing but its events applied in order, whether they happen now or are read again from
//! the log, so a council that was killed knows exactly what it knew. Pure: no clock, no files.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::event::{Entry, Event};
use super::forms::StepType;
use super::step::{Step, filled, set};
use super::words::{Gone, Hiding, Merge, NewStep, Received, Row, Status, Task};

/// Everything that is true.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Truth {
    /// Steps by id.
    pub(super) steps: BTreeMap<String, Step>,
    /// Everything ever written through the interface, in order; repeats stay repeats.
    pub(super) received: Vec<Received>,
    /// Acts of people that are done, by key.
    pub(super) done: BTreeSet<String>,
    /// Steps whose last Finish was held.
    pub(super) held: BTreeSet<String>,
    /// Changes by people that Greentick has not yet acknowledged, by sequence number.
    pub(super) untold: BTreeMap<u64, Entry>,
    /// Tasks by id.
    pub(super) tasks: BTreeMap<String, Task>,
    /// Which step types have a mandatory task, and who is to answer it.
    pub(super) gates: BTreeMap<StepType, String>,
    /// Persons who became one, in order.
    pub(super) merges: Vec<Merge>,
    /// Workers who left.
    pub(super) left: BTreeSet<String>,
    /// Counts the changes of steps; goes back when the council is restored from a backup.
    pub(super) water: u64,
    /// The last event's number; 0 if there was none.
    pub(super) seq: u64,
    /// The last event's time, UTC.
    pub(super) at: Option<Timestamp>,
}

impl Truth {
    /// Takes one event in.
    pub(super) fn apply(&mut self, entry: &Entry) {
        self.seq = entry.seq;
        self.at = Some(entry.at);
        self.done.extend(entry.act.clone());
        if entry.tell && entry.event.telling().is_some() {
            self.untold.insert(entry.seq, entry.clone());
        }
        match &entry.event {
            Event::StepAppeared { step } => self.appear(step, entry.at),
            Event::StepSaved {
                step,
                answers,
                tables,
            } => self.save(step, answers, tables, entry.at),
            Event::StepFinished {
                step, successor, ..
            } => {
                self.held.remove(step);
                self.stand(step, Status::Completed, entry.at);
                if let Some(successor) = successor {
                    self.appear(successor, entry.at);
                }
            }
            Event::StepStatus { step, status } => self.stand(step, *status, entry.at),
            Event::StampCleared { .. }
            | Event::StepRestricted { .. }
            | Event::StepClosed { .. }
            | Event::StepLocked { .. }
            | Event::StepSubjects { .. } => self.alter(&entry.event, entry.at),
            Event::StepDeleted { step } => self.delete(step, Gone::Gone, entry.at),
            Event::StepRemoved { step, how } => self.delete(step, *how, entry.at),
            Event::StepDelayed { step, until } => {
                if let Some(held) = self.steps.get_mut(step) {
                    held.late_until = Some(*until);
                }
            }
            Event::StepAssigned { .. } => self.assign(&entry.event, entry.at),
            Event::PersonsMerged { from, to } => self.merge(from, to, entry.at),
            Event::WorkerEnded { worker } => {
                self.left.insert(worker.clone());
            }
            Event::GateSet { step_types, to } => {
                self.gates = step_types.iter().map(|one| (*one, to.clone())).collect();
            }
            Event::FinishAnswered { step, decision, .. } => {
                if decision == "hold" {
                    self.held.insert(step.clone());
                }
            }
            Event::Received(received) => self.take(received, entry.at),
            Event::CallbackDelivered { message } => {
                self.untold.remove(message);
            }
            // What the truth was then is known to the store alone; see `Truth::restore`.
            Event::Restored { .. }
            | Event::FinishAsked { .. }
            | Event::Moderated { .. }
            | Event::Concern { .. }
            | Event::NothingDone { .. }
            | Event::FaultSet { .. }
            | Event::FaultFired { .. } => {}
        }
    }

    /// The id that the step after this one gets.
    pub(super) fn id_after(&self, step: &str) -> String {
        let next = step.parse::<u64>().ok().map(|number| number + 1);
        match next.map(|number| number.to_string()) {
            Some(id) if !self.steps.contains_key(&id) => id,
            _ => format!("S-{}", self.seq + 1),
        }
    }

    /// Becomes again what it was after an earlier event, but for what people and Greentick remember of it.
    pub(super) fn restore(&mut self, earlier: Self) {
        self.steps = earlier.steps;
        self.tasks = earlier.tasks;
        self.merges = earlier.merges;
        self.held = earlier.held;
        self.water = earlier.water;
    }

    /// The tasks of a step that still block Finish.
    pub(super) fn blocking<'t>(&'t self, step: &'t str) -> impl Iterator<Item = &'t Task> {
        let tasks = self.tasks.values();
        tasks.filter(move |task| task.step == step && task.mandatory && task.state() == "SENT")
    }

    fn touch(&mut self, id: &str, at: Timestamp) -> Option<&mut Step> {
        let step = self.steps.get_mut(id)?;
        self.water += 1;
        step.version += 1;
        step.changed_at = at;
        Some(step)
    }

    fn change(&mut self, id: &str, at: Timestamp, how: impl FnOnce(&mut Step)) {
        if let Some(step) = self.touch(id, at) {
            how(step);
        }
    }

    fn appear(&mut self, new: &NewStep, at: Timestamp) {
        if self.steps.contains_key(&new.id) {
            return;
        }
        self.water += 1;
        self.steps.insert(new.id.clone(), Step::new(new, at));
        self.gate(&new.id, format!("T-{}", new.id), at);
    }

    /// Sends the mandatory task of a step, if its type has one.
    fn gate(&mut self, step: &str, id: String, at: Timestamp) {
        let to = self
            .steps
            .get(step)
            .and_then(|held| self.gates.get(&held.step_type));
        if let Some(to) = to {
            let task = Task {
                id: id.clone(),
                step: step.to_owned(),
                definition: "LE_QA_CHECK".to_owned(),
                mandatory: true,
                to: to.clone(),
                sent_at: at,
                answer: None,
                withdrawn: false,
            };
            self.tasks.insert(id, task);
        }
    }

    fn withdraw_tasks(&mut self, step: &str) {
        let open = self.tasks.values_mut();
        for task in open.filter(|task| task.step == step && task.answer.is_none()) {
            task.withdrawn = true;
        }
    }

    fn delete(&mut self, id: &str, how: Gone, at: Timestamp) {
        self.change(id, at, |held| (held.deleted, held.gone) = (true, how));
        if how != Gone::Absent {
            self.withdraw_tasks(id);
        }
    }

    /// Takes in what changes one step and nothing else.
    fn alter(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::StampCleared { step, status } => {
                self.change(step, at, |held| {
                    held.stamps.remove(status);
                });
            }
            Event::StepRestricted { step, restricted } => {
                self.change(step, at, |held| {
                    (held.restricted, held.hiding) = (*restricted, Hiding::Refused);
                });
            }
            Event::StepClosed { step, how } => {
                self.change(step, at, |held| {
                    (held.restricted, held.hiding) = (true, *how);
                });
            }
            Event::StepLocked { step, lock } => {
                self.change(step, at, |held| held.lock.clone_from(lock));
            }
            Event::StepSubjects { step, subjects } => {
                self.change(step, at, |held| {
                    held.subject = subjects.first().cloned();
                    held.siblings = subjects.iter().skip(1).cloned().collect();
                });
            }
            _ => {}
        }
    }

    fn assign(&mut self, event: &Event, at: Timestamp) {
        if let Event::StepAssigned {
            step,
            assignee,
            acting_for,
            team,
            due,
            scheduled,
        } = event
        {
            self.change(step, at, |held| {
                held.assignee.clone_from(assignee);
                held.acting_for.clone_from(acting_for);
                held.team.clone_from(team);
                held.due = due.or(held.due);
                held.scheduled = scheduled.or(held.scheduled);
            });
        }
    }

    /// Gives every step of one person to another, silently: no version, no change time.
    fn merge(&mut self, from: &str, to: &str, at: Timestamp) {
        let merge = Merge {
            from: from.to_owned(),
            to: to.to_owned(),
            at,
        };
        for step in self.steps.values_mut() {
            if step.subjects().any(|child| child == from) {
                for child in step.subject.iter_mut().chain(&mut step.siblings) {
                    if child == from {
                        to.clone_into(child);
                    }
                }
                step.merged_from.push(merge.clone());
            }
        }
        self.merges.push(merge);
    }

    fn stand(&mut self, id: &str, status: Status, at: Timestamp) {
        self.change(id, at, |step| {
            step.status = status;
            step.stamps.insert(status, at);
        });
        match status {
            Status::Reopened => self.gate(id, format!("T-{id}-{}", self.seq), at),
            Status::Cancelled => self.withdraw_tasks(id),
            _ => {}
        }
    }

    fn save(
        &mut self,
        id: &str,
        answers: &BTreeMap<String, Option<String>>,
        tables: &BTreeMap<String, Vec<Row>>,
        at: Timestamp,
    ) {
        let Some(step) = self.touch(id, at) else {
            return;
        };
        // Whoever writes in an incoming step has started it.
        if step.status == Status::Incoming {
            step.status = Status::Started;
            step.stamps.insert(Status::Started, at);
        }
        for question in answers.keys() {
            step.answers.remove(question);
        }
        step.answers.extend(filled(answers));
        step.tables.extend(tables.clone());
    }

    fn take(&mut self, received: &Received, at: Timestamp) {
        let received = &Received {
            at,
            ..received.clone()
        };
        match (received.operation.as_str(), &received.step) {
            ("answer_task", _) => {
                if let Some(task) = received.name.as_ref().and_then(|id| self.tasks.get_mut(id)) {
                    task.answer = Some(received.clone());
                    let step = task.step.clone();
                    self.touch(&step, at);
                }
            }
            ("reopen", Some(step)) => self.stand(step, Status::Reopened, at),
            ("send_task", Some(step)) => {
                self.send_task(step, received, at);
                self.touch(step, at);
            }
            // An alert stands beside the step and changes nothing of it.
            ("alert", _) | (_, None) => {}
            (_, Some(step)) => self.change(step, at, |held| set(held, received)),
        }
        self.received.push(received.clone());
    }

    fn send_task(&mut self, step: &str, received: &Received, at: Timestamp) {
        let task = Task {
            id: received.id.clone(),
            step: step.to_owned(),
            definition: received.text.clone(),
            mandatory: false,
            to: received.name.clone().unwrap_or_default(),
            sent_at: at,
            answer: None,
            withdrawn: false,
        };
        self.tasks.insert(task.id.clone(), task);
    }
}

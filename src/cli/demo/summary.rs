//! Do the ledger and the council agree? What one says it did is compared with what the other received,
//! one by one, and both are counted.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::files::SUMMARY;
use super::{Conductor, Failure};
use crate::simulator::{CYCLE, Entry, Event, StepType};

/// A line of the ledger's export, as far as it is counted here.
#[derive(Deserialize)]
struct Line {
    body: Body,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Body {
    Asked {
        decision_id: String,
        answer: String,
    },
    Bypass {},
    Owed {
        effect: Owed,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Owed {
    rule: String,
}

/// What the ledger's journal says, as far as the council can know it too.
#[derive(Default)]
struct Journal {
    /// Answers to finish checks, by decision.
    answers: BTreeMap<String, String>,
    bypasses: usize,
    reminders: usize,
    late: usize,
}

impl Journal {
    fn read(lines: Vec<Line>) -> Self {
        let mut journal = Self::default();
        for line in lines {
            match line.body {
                Body::Asked {
                    decision_id,
                    answer,
                } => {
                    journal.answers.insert(decision_id, answer);
                }
                Body::Bypass {} => journal.bypasses += 1,
                Body::Owed { effect } => match effect.rule.as_str() {
                    "LE-03.2" => journal.reminders += 1,
                    "LE-03.1" | "LE-16.4" | "LE-29.5" | "LE-01.3" => journal.late += 1,
                    _ => {}
                },
                Body::Other => {}
            }
        }
        journal
    }
}

/// What the council's log says.
#[derive(Default)]
struct Log {
    held: usize,
    permitted: usize,
    /// Answers by decision.
    answers: BTreeMap<String, String>,
    forced: usize,
    sent_on: usize,
    moderated: usize,
}

impl Log {
    fn read(entries: Vec<Entry>) -> Self {
        let mut log = Self::default();
        for entry in entries {
            match entry.event {
                Event::FinishAnswered {
                    decision, answer, ..
                } => {
                    match decision.as_str() {
                        "hold" => log.held += 1,
                        "permit" => log.permitted += 1,
                        _ => {}
                    }
                    if let Some(id) = answer.get("decision_id").and_then(|id| id.as_str()) {
                        log.answers.insert(id.to_owned(), decision);
                    }
                }
                Event::StepFinished { check: None, .. } => log.forced += 1,
                Event::StepAppeared { step } => {
                    log.sent_on += usize::from(step.previous.is_some_and(|link| link.immediate));
                }
                Event::Moderated { status: 201, .. } => log.moderated += 1,
                _ => {}
            }
        }
        log
    }
}

/// Every JSON value of a file of lines.
fn json_lines<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, serde_json::Error> {
    serde_json::Deserializer::from_slice(bytes)
        .into_iter()
        .collect()
}

impl Conductor<'_> {
    /// Compares, counts, prints, and leaves the summary in the folder.
    pub(super) async fn sum_up(&self) -> Result<(), Failure> {
        let mut export = Vec::new();
        self.doors.app.ledger.export(&mut export).await?;
        std::fs::write(self.dir.join("journal.jsonl"), &export)?;
        let journal = Journal::read(json_lines(&export)?);
        let log = Log::read(json_lines(&std::fs::read(self.dir.join("council.jsonl"))?)?);
        let mut received: BTreeMap<String, usize> = BTreeMap::new();
        for one in self.council.received() {
            *received.entry(one.operation).or_default() += 1;
        }
        let mut differences = self.differing_steps().await?;
        differences.extend(self.differing_writes().await?);
        differences.extend(differing_answers(&journal, &log));
        tell(&journal, &log, &received);
        println!("Files: {}", self.dir.display());
        let sum = json!({
            "cycle": CYCLE, "permitted": log.permitted, "held": log.held,
            "moderated": log.moderated, "forced": log.forced, "sent_on": log.sent_on,
            "received": received, "differences": differences,
        });
        std::fs::write(self.dir.join(SUMMARY), sum.to_string())?;
        if differences.is_empty() {
            let all: usize = received.values().sum();
            println!(
                "The ledger and the council agree on every step, every answer and all {all} writes."
            );
            return Ok(());
        }
        Err(Failure::No(format!(
            "the ledger and the council disagree:\n{}",
            differences.join("\n")
        )))
    }

    /// Every step that the mirror does not hold as it stands in the council.
    async fn differing_steps(&self) -> Result<Vec<String>, Failure> {
        let mirror = self.doors.app.ledger.mirror().await?;
        let held: BTreeMap<String, (String, Option<String>)> = mirror
            .into_iter()
            .map(|row| {
                let status = row.status.name().to_owned();
                (row.step.to_string(), (status, row.version))
            })
            .collect();
        let there: BTreeMap<String, (String, Option<String>)> = self
            .council
            .steps()
            .into_iter()
            .filter(|step| StepType::EPISODE.contains(&step.step_type))
            .map(|step| {
                let status = step.status.word().to_lowercase();
                (step.id, (status, Some(step.version.to_string())))
            })
            .collect();
        let all: BTreeSet<&String> = held.keys().chain(there.keys()).collect();
        Ok(all
            .into_iter()
            .filter(|step| held.get(*step) != there.get(*step))
            .map(|step| {
                let (ours, theirs) = (held.get(step), there.get(step));
                format!("step {step}: the mirror holds {ours:?}, the council {theirs:?}")
            })
            .collect())
    }

    /// Every mark that was not sent once and received once.
    async fn differing_writes(&self) -> Result<Vec<String>, Failure> {
        let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for row in self.doors.app.ledger.outbox_list().await? {
            if row.state == "sent" {
                counts.entry(row.mark).or_default().0 += 1;
            }
        }
        for one in self.council.received() {
            counts.entry(one.mark).or_default().1 += 1;
        }
        Ok(counts
            .into_iter()
            .filter(|(_, counted)| *counted != (1, 1))
            .map(|(mark, (sent, received))| {
                format!("{mark}: sent {sent} times, received {received} times")
            })
            .collect())
    }
}

/// Every answer that the council was given and the journal does not hold, and every Finish that went
/// around and was not noticed.
fn differing_answers(journal: &Journal, log: &Log) -> Vec<String> {
    let mut differences = Vec::new();
    for (id, told) in &log.answers {
        let recorded = journal.answers.get(id).map(String::as_str);
        let same = match recorded {
            Some("provisional") => told == "permit",
            other => other == Some(told),
        };
        if !same {
            differences.push(format!(
                "finish check {id}: the council was told {told}, the journal says {recorded:?}"
            ));
        }
    }
    let around = log.forced + log.sent_on;
    if journal.bypasses != around {
        differences.push(format!(
            "{around} Finishes went around Greentick, and the journal has {}",
            journal.bypasses
        ));
    }
    differences
}

fn tell(journal: &Journal, log: &Log, received: &BTreeMap<String, usize>) {
    println!("\nSummary of cycle {CYCLE}");
    for (count, what) in [
        (log.permitted, "Finishes permitted"),
        (log.held, "Finishes held"),
        (log.moderated, "evaluations moderated by the Head"),
        (log.forced, "Finishes pressed without asking"),
        (log.sent_on, "steps sent on early"),
        (journal.bypasses, "of these noticed"),
        (journal.reminders, "reminders owed"),
        (journal.late, "overdue flags, notes and escalations owed"),
    ] {
        println!("{count:>6}  {what}");
    }
    for (operation, count) in received {
        let what = operation.replace('_', " ");
        println!("{count:>6}  {what} received by the council");
    }
}

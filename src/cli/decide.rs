//! How does a person put a decision on record at the terminal? One subcommand a decision; `--json` takes the same
//! body as the HTTP interface.

use std::collections::BTreeSet;
use std::io::Read;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;

use super::Failure;
use super::cycle::ended;
use super::run::{Configured, Ready, ready_to_write};
use crate::app::decide;
use crate::mapping::Mapping;
use crate::practice::authority::as_whom;
use crate::practice::decision::{Allocation, Decided, Decision, ModerationOutcome, ReasonAbout};
use crate::practice::effect::Effect;
use crate::practice::episode::{Evaluation, Role, Stage};
use crate::practice::ids::{Digest, EpisodeId, StepId, WorkerId};

/// Record a person's decision about an episode, such as: greentick decide LE-2026-0017 extend --due 2026-12-18
/// --reason sickness --by W-8. Who may decide what is in docs/people.md.
#[derive(Args)]
pub(super) struct Decide {
    /// The episode's reference.
    episode: String,
    /// Who decides, by worker id.
    #[arg(long, global = true, env = "GREENTICK_WORKER")]
    by: Option<String>,
    /// A name for the decision; told twice it counts once.
    #[arg(long, global = true)]
    id: Option<String>,
    /// Say whether it would be taken in, and write nothing.
    #[arg(long, global = true)]
    preview: bool,
    /// The decision as JSON, such as {"decision":"extend","due":"2026-12-18","reason":"sickness"}; `-` reads it from
    /// the standard input.
    #[arg(long, value_name = "BODY")]
    json: Option<String>,
    #[command(subcommand)]
    what: Option<What>,
    /// The settings file; what it leaves out is as `config/default.toml` says.
    #[arg(long, global = true, env = "GREENTICK_CONFIG")]
    config: Option<std::path::PathBuf>,
}

/// A word as it stands in JSON.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::String(text.to_owned()))
        .map_err(|why| why.to_string())
}

/// Why, as a code.
#[derive(Args)]
struct Why {
    /// Why, as a code of at most 40 characters.
    #[arg(long)]
    reason: String,
}

#[derive(Subcommand)]
enum What {
    /// Take on an episode that was started without an allocation (QA manager).
    Adopt(Adopt),
    /// Say that a step belongs to this episode (QA manager).
    Bind {
        /// The step's id in the case system.
        #[arg(long)]
        step: String,
    },
    /// Give a role to another person (QA manager; supervisor also the operational manager, Service Manager also the
    /// Head). The code `conflict:…` also answers for a double role that this makes.
    Reassign {
        /// Such as `practice_reviewer`.
        #[arg(long, value_parser = word::<Role>)]
        role: Role,
        /// To whom, by worker id.
        #[arg(long)]
        to: String,
        #[command(flatten)]
        why: Why,
    },
    /// Agree a new completion date (QA manager; from the third time on the Head).
    Extend {
        /// The new date.
        #[arg(long)]
        due: Date,
        #[command(flatten)]
        why: Why,
    },
    /// Stop the clock (QA manager).
    Pause {
        /// First day.
        #[arg(long)]
        from: Date,
        /// Last day.
        #[arg(long)]
        until: Date,
        #[command(flatten)]
        why: Why,
    },
    /// End a pause early (QA manager).
    Resume {
        /// First day on which the clock runs again.
        #[arg(long)]
        on: Date,
    },
    /// Say that the practitioner cannot take part for now; supervisor and QA manager hear of it.
    Unavailable(Why),
    /// Find the work below the standard; the practice reviewer hears of it first (QA manager).
    BelowStandard {
        /// A criterion that is not met, as a code; may be given several times.
        #[arg(long = "criterion", required = true)]
        criteria: Vec<String>,
    },
    /// Take the standard of the work to the Head, after the first instance (QA manager).
    EscalateToHead {
        /// It cannot wait for the first instance.
        #[arg(long)]
        immediate: bool,
        #[command(flatten)]
        why: Why,
    },
    /// Tell the Head and the operational manager that there is a concern about practice; only who and when are kept.
    RaiseConcern,
    /// Have the concern (Head, operational manager).
    AcknowledgeConcern,
    /// Ask for the Head's initial moderation (practice reviewer).
    RequestModeration,
    /// Take the request back (practice reviewer).
    WithdrawModeration,
    /// Let somebody moderate this episode in the Head's place (Head).
    Delegate {
        /// Who, by worker id.
        #[arg(long)]
        to: String,
        /// From when, UTC, such as 2026-11-23T09:00:00Z; from now if not given.
        #[arg(long)]
        from: Option<Timestamp>,
        /// The first instant no longer, UTC.
        #[arg(long)]
        until: Timestamp,
    },
    /// Record the initial moderation (Head or delegate).
    Moderate {
        /// The evaluation that was moderated: `outstanding`, `good`, `requires_improvement`, `inadequate`.
        #[arg(long, value_parser = word::<Evaluation>)]
        grade: Evaluation,
        /// `agree`, `change` or `more_evidence`.
        #[arg(long, value_parser = word::<ModerationOutcome>)]
        outcome: ModerationOutcome,
        /// With `change`: the evaluation that you would give.
        #[arg(long, value_parser = word::<Evaluation>)]
        instead: Option<Evaluation>,
        /// The matter that was shown, as the request gave it; if it has changed since, the changes are named.
        #[arg(long)]
        on: Option<String>,
    },
    /// Put a reason on record for something late or missing.
    GiveReason {
        /// Such as `late_finish`, `no_family_feedback`, `hand_over`.
        #[arg(long, value_parser = word::<ReasonAbout>)]
        about: ReasonAbout,
        #[command(flatten)]
        why: Why,
    },
    /// Let a held Finish through and answer for it (Head, QA manager).
    Override {
        /// Such as `practice_review`.
        #[arg(long, value_parser = word::<Stage>)]
        stage: Stage,
        #[command(flatten)]
        why: Why,
    },
    /// Send the work back to an earlier step.
    ReturnStep {
        /// Such as `practice_review`.
        #[arg(long, value_parser = word::<Stage>)]
        to: Stage,
        #[command(flatten)]
        why: Why,
    },
    /// Open a signed-off episode again: the Head and the QA manager both, one after the other.
    ReopenAfterSignOff(Why),
    /// Cancel the episode (QA manager; once it has an evaluation, the Head). It cannot be undone.
    Cancel(Why),
    /// Say how you would grade an episode that was drawn (a moderator of CSLT). It stands beside the evaluation.
    ModerateSample {
        /// `outstanding`, `good`, `requires_improvement` or `inadequate`.
        #[arg(long, value_parser = word::<Evaluation>)]
        grade: Evaluation,
        /// What there is to learn from a difference, as a code.
        #[arg(long)]
        learning: Option<String>,
    },
    /// Close a signed-off episode (QA manager).
    Close,
}

/// An allocation for what is there already.
#[derive(Args)]
struct Adopt {
    #[arg(long)]
    cycle: String,
    /// The child's id in the case system; only a keyed hash of it is kept.
    #[arg(long)]
    child: String,
    #[arg(long)]
    practitioner: String,
    #[arg(long)]
    reviewer: String,
    #[arg(long)]
    supervisor: String,
    #[arg(long)]
    service_manager: String,
    #[arg(long)]
    operational_manager: Option<String>,
    #[arg(long)]
    service: String,
    #[arg(long)]
    plan_type: Option<String>,
    #[arg(long)]
    allocated_on: Date,
    #[arg(long)]
    due_on: Date,
    /// Why the practice reviewer may also be supervisor or Service Manager, as a code.
    #[arg(long)]
    conflict_reason: Option<String>,
}

impl Adopt {
    fn allocation(&self, ready: &Ready) -> Allocation {
        let worker = |id: &String| WorkerId(id.clone());
        Allocation {
            cycle: self.cycle.as_str().into(),
            source: ready.app.source.clone(),
            child: ready.child_key.key(&self.child),
            practitioner: worker(&self.practitioner),
            reviewer: worker(&self.reviewer),
            supervisor: worker(&self.supervisor),
            service_manager: worker(&self.service_manager),
            operational_manager: self.operational_manager.as_ref().map(worker),
            service: self.service.clone(),
            allocated_on: self.allocated_on,
            due_on: self.due_on,
            conflict_reason: self.conflict_reason.clone(),
            plan_type: self.plan_type.clone(),
            period: None,
        }
    }
}

impl What {
    fn decided(&self, ready: &Ready) -> Decided {
        let code = |why: &Why| why.reason.clone();
        match self {
            Self::Adopt(adopt) => Decided::Adopt(Box::new(adopt.allocation(ready))),
            Self::Bind { step } => Decided::Bind {
                step: StepId(step.clone()),
            },
            Self::Reassign { role, to, why } => Decided::Reassign {
                role: *role,
                to: WorkerId(to.clone()),
                reason: code(why),
            },
            Self::Extend { due, why } => Decided::Extend {
                due: *due,
                reason: code(why),
            },
            Self::Pause { from, until, why } => Decided::Pause {
                from: *from,
                until: *until,
                reason: code(why),
            },
            Self::Resume { on } => Decided::Resume { on: *on },
            Self::Unavailable(why) => Decided::Unavailable { reason: code(why) },
            Self::BelowStandard { criteria } => Decided::BelowStandard {
                criteria: criteria.clone(),
            },
            Self::EscalateToHead { immediate, why } => Decided::EscalateToHead {
                reason: code(why),
                immediate: *immediate,
            },
            Self::RaiseConcern => Decided::RaiseConcern,
            Self::AcknowledgeConcern => Decided::AcknowledgeConcern,
            Self::RequestModeration => Decided::RequestModeration,
            Self::WithdrawModeration => Decided::WithdrawModeration,
            Self::Delegate { to, from, until } => Decided::Delegate {
                to: WorkerId(to.clone()),
                from: *from,
                until: *until,
            },
            Self::Moderate {
                grade,
                outcome,
                instead,
                on,
            } => Decided::Moderate {
                grade: *grade,
                outcome: *outcome,
                instead: *instead,
                on: on.clone().map(Digest),
            },
            Self::GiveReason { about, why } => Decided::GiveReason {
                about: *about,
                reason: code(why),
            },
            Self::Override { stage, why } => Decided::Override {
                stage: *stage,
                reason: code(why),
            },
            Self::ReturnStep { to, why } => Decided::ReturnStep {
                to: *to,
                reason: code(why),
            },
            Self::ReopenAfterSignOff(why) => Decided::ReopenAfterSignOff { reason: code(why) },
            Self::Cancel(why) => Decided::Cancel { reason: code(why) },
            Self::ModerateSample { grade, learning } => Decided::ModerateSample {
                grade: *grade,
                learning: learning.clone(),
            },
            Self::Close => Decided::Close,
        }
    }
}

/// The decision as JSON, from the argument or the standard input.
fn from_json(body: &str) -> Result<Decided, Failure> {
    let mut text = body.to_owned();
    if body == "-" {
        text.clear();
        std::io::stdin().read_to_string(&mut text)?;
    }
    serde_json::from_str(&text)
        .map_err(|why| Failure::No(format!("`{}` is not a decision: {why}", text.trim())))
}

pub(super) async fn decide(verb: &Decide) -> Result<(), Failure> {
    let Some(by) = verb.by.clone().map(WorkerId) else {
        let why = "say who decides, by worker id: --by WORKER, or GREENTICK_WORKER";
        return Err(Failure::No(why.to_owned()));
    };
    let ready = ready_to_write(&Configured {
        config: verb.config.clone(),
    })
    .await?;
    let now = ready.clock.now();
    let what = match (&verb.what, &verb.json) {
        (Some(_), Some(_)) => {
            let why = "a decision is given in words or as JSON, not both";
            return Err(Failure::No(why.to_owned()));
        }
        (Some(what), None) => what.decided(&ready),
        (None, Some(body)) => from_json(body)?,
        (None, None) => {
            let why = "say what is decided; `greentick decide LE --help` lists the decisions";
            return Err(Failure::No(why.to_owned()));
        }
    };
    let named = Digest::of_json(&(&by, &what, now.to_string())).0;
    let decision = Decision {
        id: verb.id.clone().unwrap_or(named),
        episode: EpisodeId(verb.episode.clone()),
        by,
        at: now,
        what,
    };
    if verb.preview {
        let role = decide::preview(&ready.app, &decision)
            .await
            .map_err(ended)?;
        let whom = as_whom(&decision, role, &ready.app.terms);
        println!("would be recorded, by {whom}");
        return Ok(());
    }
    let taken = decide::record(&ready.app, &decision, now)
        .await
        .map_err(ended)?;
    let Some(reaction) = taken else {
        println!("on record already: {}", decision.id);
        return Ok(());
    };
    println!("recorded {}", decision.id);
    for line in unheard(&reaction.owed, ready.app.case_system.mapping()) {
        println!("{line}");
    }
    if let Decided::RequestModeration = decision.what {
        println!("moderate on {}", reaction.after.moderated_matter());
    }
    Ok(())
}

/// What follows from a decision and that nobody will hear, since the mapping cannot send it; to be told by mouth.
fn unheard(owed: &[Effect], mapping: &Mapping) -> BTreeSet<String> {
    let at_once = owed.iter().filter(|effect| !effect.daily);
    at_once
        .filter_map(|effect| {
            let why = mapping.parts(effect.act.operation()).err()?;
            let roles: Vec<&str> = effect.audience.iter().map(|role| role.words()).collect();
            let whom = if roles.is_empty() {
                "whoever it concerns".to_owned()
            } else {
                format!("the {}", roles.join(", "))
            };
            Some(format!(
                "look at it: Greentick cannot tell this ({why}); tell {whom} yourself"
            ))
        })
        .collect()
}

//! What does Greentick do? Use-cases, each a function of (dependencies, now) that returns a report.
//!
//! Nothing here waits, spawns or reads a clock: whoever calls turns the crank. A pass takes no input
//! besides its dependencies, so the common path and the recovery path are one.

pub mod allocate;
pub mod cards;
pub mod decide;
pub mod digest;
pub mod dispatch;
pub mod doctor;
pub mod doors;
pub mod draw;
pub mod explain;
pub mod gate;
pub mod hand_over;
pub mod inspection;
pub mod mirror;
pub mod pack;
pub mod past;
pub mod rehearse;
pub mod shadow;
pub mod task;
pub mod tick;
pub mod watch;

use std::sync::Arc;
use std::time::Duration;

use crate::case_system::CaseSystem;
use crate::ledger::{Ledger, LedgerFault};
use crate::practice::authority::Refusal;
use crate::practice::ids::SourceName;
use crate::practice::terms::Terms;

/// What every use-case works with.
#[derive(Clone)]
pub struct App<C> {
    /// The case system's configured name.
    pub source: SourceName,
    /// The ledger.
    pub ledger: Ledger,
    /// The case system.
    pub case_system: C,
    /// Under which terms episodes are judged.
    pub terms: Arc<Terms>,
    /// Bounds of a pass.
    pub limits: Limits,
}

/// Bounds of one pass, so that none runs away.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Pages in one pass over the change feed.
    pub pages: u32,
    /// How far a new pass reaches back before the server's time when the last one began, seconds.
    pub overlap_seconds: i64,
    /// Episodes looked at in one tick.
    pub ticks: u32,
    /// Effects sent in one dispatch.
    pub sends: u32,
    /// How long a claimed effect is ours, seconds.
    pub lease_seconds: i64,
    /// Sends of one effect before it needs a person.
    pub tries: u32,
    /// How long a finish check may wait for the case system.
    pub gate_budget: Duration,
    /// How long a sweep may wait for one step.
    pub read_budget: Duration,
    /// Working hours without a record from the feed after which it is warned; 0 for none.
    pub quiet_hours_warning: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pages: 10_000,
            overlap_seconds: 900,
            ticks: 1_000,
            sends: 200,
            lease_seconds: 60,
            tries: 8,
            gate_budget: Duration::from_secs(2),
            read_budget: Duration::from_secs(30),
            quiet_hours_warning: 0,
        }
    }
}

/// Why a use-case could not be carried through.
#[derive(Debug)]
pub enum AppFault {
    /// The case system did not answer, or not provably.
    Case(crate::case_system::CaseFault),
    /// The ledger could not be read or written.
    Ledger(LedgerFault),
    /// The request is against a rule or makes no sense; the text says what and what to do.
    Refused(String),
    /// A person's decision is not taken in, under a rule.
    Decision(Refusal),
}

impl AppFault {
    /// How long the case system asks us to stay away, if that is what happened.
    pub fn asked_to_wait(&self) -> Option<Duration> {
        match self {
            Self::Case(crate::case_system::CaseFault::Wait(span)) => Some(*span),
            _ => None,
        }
    }

    /// The state that this leaves the case system in, in a word or two; none if the fault is not its.
    pub fn source_state(&self) -> Option<&'static str> {
        match self {
            Self::Case(fault) => Some(fault.state()),
            _ => None,
        }
    }
}

impl std::fmt::Display for AppFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Case(fault) => write!(f, "{fault}"),
            Self::Ledger(fault) => write!(f, "{fault}"),
            Self::Refused(why) => f.write_str(why),
            Self::Decision(refusal) => write!(f, "{refusal}"),
        }
    }
}

impl std::error::Error for AppFault {}

impl From<crate::case_system::CaseFault> for AppFault {
    fn from(fault: crate::case_system::CaseFault) -> Self {
        Self::Case(fault)
    }
}

impl From<LedgerFault> for AppFault {
    fn from(fault: LedgerFault) -> Self {
        Self::Ledger(fault)
    }
}

/// Asks that a case system be shareable between the daemon's tasks.
pub trait Shared: CaseSystem + Clone + Send + Sync + 'static {}
impl<C: CaseSystem + Clone + Send + Sync + 'static> Shared for C {}

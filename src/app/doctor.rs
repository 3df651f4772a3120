//! Is the live case system what the mapping takes it for? Looked at from outside, before anything is relied on.
//!
//! Only reads: nothing is written into the case system and nothing into the ledger. Each look says what was seen and
//! what to do; one that fails does not keep the others from being taken, unless there is nothing left to look at.

mod evidence;
mod looks;

use jiff::Timestamp;
use serde::Serialize;

use self::evidence::evidence;
use self::looks::{agreed, clock, narrowed, only_open, ours, set_aside};
use super::Limits;
use crate::case_system::{
    CaseFault, CaseSystem, FeedPosition, Rehearsed, StepAnswer, TOKEN_REFUSED,
};
use crate::mapping::Mapping;
use crate::practice::episode::StepStatus;
use crate::practice::ids::StepId;
use crate::practice::sighting::Sighting;

/// How a look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Well,
    /// It could not be told, or the case system offers nothing to tell it by.
    CannotTell,
    /// It may be meant so; a person should look.
    Doubtful,
    /// It does not work.
    Ill,
}

impl Health {
    /// Its word at the beginning of a line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::CannotTell => "cannot tell",
            Self::Doubtful => "doubtful",
            Self::Ill => "ill",
        }
    }
}

/// What one look found.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// What was looked at.
    pub about: &'static str,
    /// How it is.
    pub health: Health,
    /// What was seen.
    pub said: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// An id that no case system gives.
const NO_SUCH_STEP: &str = "0000000000000";

/// Looks at everything that can be looked at without writing.
pub async fn examine<C: CaseSystem>(
    system: &C,
    limits: &Limits,
    clock_now: impl Fn() -> Timestamp,
) -> Vec<Told> {
    let now = clock_now();
    let mut told = Vec::new();
    let start = FeedPosition::default();
    let first = match system.changes(&start, now).await {
        Ok(page) => page,
        Err(fault) => {
            told.push(unread("change feed", &fault));
            return told;
        }
    };
    told.push(Told {
        about: "change feed",
        health: Health::Well,
        said: format!(
            "it answers, knows our key, and its first page is what the mapping promises ({} records)",
            first.count
        ),
        help: None,
    });
    // The answer was made at some time between the two.
    told.push(clock(first.server_time, (now, clock_now())));
    told.push(ours("change feed", &first));
    told.extend(set_aside(&first));
    let since = first.server_time.unwrap_or(now);
    told.push(match system.changes(&after(since), now).await {
        Ok(latest) => narrowed(&first, &latest, since),
        Err(fault) => unread("changes since now", &fault),
    });
    let open = system.open_steps(&start, now).await;
    told.push(match &open {
        Ok(open) => only_open(open),
        Err(fault) => unread("open steps", fault),
    });
    let mut seen = first.sightings;
    seen.extend(open.into_iter().flat_map(|page| page.sightings));
    told.extend(single(system, &seen, limits, now).await);
    let needless = system.described().map(Mapping::needless);
    let needless = needless.into_iter().flatten().map(|(fact, _)| fact);
    told.extend(evidence(&seen, &needless.collect()));
    told.extend(writes(system, &seen).await);
    told.extend(system.grants().await.into_iter().map(|grant| Told {
        about: "grants",
        health: match grant.as_wanted {
            Some(true) => Health::Well,
            Some(false) => Health::Doubtful,
            None => Health::CannotTell,
        },
        said: grant.said,
        help: grant.help,
    }));
    told
}

fn after(since: Timestamp) -> FeedPosition {
    FeedPosition {
        since: Some(since),
        ..FeedPosition::default()
    }
}

fn unread(about: &'static str, fault: &CaseFault) -> Told {
    let help = match fault {
        CaseFault::Unreachable(_) => {
            "check `[source] base_url`, the proxy, certificates and the firewall"
        }
        CaseFault::Unauthorised(why) if why.contains(TOKEN_REFUSED) => {
            "the secret is right: compare `[auth] header` and `value` with what the vendor says of the token, and ask \
             whether the account may use this interface"
        }
        CaseFault::Unauthorised(_) => {
            "check the source's secret, and that the account is not locked"
        }
        CaseFault::Wait(_) | CaseFault::Unavailable(_) => {
            "try again after that; if it goes on, look at `[schedule]`"
        }
        CaseFault::Means(..) => "look at what the account may do, and at `[[proof.failure]]`",
        CaseFault::Unproven(_) => {
            "record the answer and run `greentick mapping try` on it; it shows what stands where"
        }
    };
    Told {
        about,
        health: Health::Ill,
        said: fault.to_string(),
        help: Some(help.to_owned()),
    }
}

/// One step by itself: what a Finish is judged on.
async fn single<C: CaseSystem>(
    system: &C,
    seen: &[Sighting],
    limits: &Limits,
    now: Timestamp,
) -> Vec<Told> {
    let about = "one step";
    let mut told = Vec::new();
    if let Some(listed) = seen.first() {
        let ill = |said: String, help: &str| Told {
            about,
            health: Health::Ill,
            said,
            help: Some(help.to_owned()),
        };
        let id = &listed.step;
        told.push(match system.step(id, limits.read_budget, now).await {
            Err(fault) => unread(about, &fault),
            Ok(StepAnswer::Seen(alone)) => agreed(listed, &alone),
            Ok(StepAnswer::Renamed(other)) => ill(
                format!("step {id} is answered with step {}", other.step),
                "look at `[step] path`: a filter that is ignored answers with any step",
            ),
            Ok(StepAnswer::Hidden) => ill(
                format!("step {id} stands in the list, and our account may not read it alone"),
                "give the service account the right to read these step types",
            ),
            Ok(StepAnswer::Gone | StepAnswer::Missing) => ill(
                format!("step {id} stands in the list, and is not found alone"),
                "look at `[step] path`: it may want another id",
            ),
            Ok(StepAnswer::NotOurs) => ill(
                format!("step {id} is ours in the list, and is not when it is read alone"),
                "compare `[only_when]` and `[stages]` with a recorded answer to `[step]`",
            ),
        });
    }
    let nobody = StepId::from(NO_SUCH_STEP);
    told.push(match system.step(&nobody, limits.read_budget, now).await {
        Ok(StepAnswer::Missing | StepAnswer::Gone) => Told {
            about,
            health: Health::Well,
            said: "a step that does not exist is not found".to_owned(),
            help: None,
        },
        Ok(_) | Err(_) => Told {
            about,
            health: Health::Doubtful,
            said: "a step that does not exist is not answered with \"not found\"".to_owned(),
            help: Some("deletions can then not be told from faults; see `[[proof.failure]]` with `means = \"missing\"`".to_owned()),
        },
    });
    told
}

/// What would be refused if it had to be written now.
async fn writes<C: CaseSystem>(system: &C, seen: &[Sighting]) -> Vec<Told> {
    let mut told = Vec::new();
    let open = seen.iter().find(|one| one.status.is_open());
    let done = seen.iter().find(|one| one.status == StepStatus::Completed);
    for (operation, step) in [
        ("note", open),
        ("flag", open),
        ("unflag", open),
        ("reopen", done),
    ] {
        let Some(step) = step else { continue };
        let (health, said, help) = match system.rehearse(operation, &step.step).await {
            Rehearsed::Able => (Health::Well, "nothing stands against it".to_owned(), None),
            Rehearsed::NotMapped(why) | Rehearsed::Unknown(why) => (Health::CannotTell, why, None),
            Rehearsed::Refused(why) => (
                Health::Ill,
                why,
                Some("give the service account this right"),
            ),
        };
        told.push(Told {
            about: "writing",
            health,
            said: format!("`{operation}` on step {}: {said}", step.step),
            help: help.map(str::to_owned),
        });
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_is_refused_sends_nobody_to_the_secret() {
        let help = |why: &str| {
            let fault = CaseFault::Unauthorised(why.to_owned());
            unread("change feed", &fault).help.unwrap_or_default()
        };
        assert!(help(&format!("`/steps`; {TOKEN_REFUSED}")).starts_with("the secret is right"));
        assert!(help("`/steps`; its status is 401").starts_with("check the source's secret"));
    }
}

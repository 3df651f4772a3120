//! Does a decision make sense as the episode stands? A refusal says what does.

use std::collections::BTreeMap;

use super::two::second_person;
use super::{QA, reassigned};
use crate::practice::authority::Refusal;
use crate::practice::bind::is_alone;
use crate::practice::conflict::{sample_conflict, times_advised_against};
use crate::practice::decision::{Allocation, Decided, Decision, ModerationOutcome};
use crate::practice::episode::{Episode, Role, Stage, StepStatus};
use crate::practice::on_record::Pause;
use crate::practice::rules::parameter::PAUSE_DAYS;
use crate::practice::standstill::paused_days;
use crate::practice::terms::Terms;

/// Whether a decision makes sense as the episode stands, decided in this role.
pub(super) fn fits(
    decision: &Decision,
    episode: &Episode,
    terms: &Terms,
    role: Role,
) -> Result<(), Refusal> {
    over(decision, episode)?;
    match &decision.what {
        Decided::Allocate(allocation) => allocated_again(episode, allocation),
        Decided::Adopt(_) => adoption_fits(episode),
        Decided::Reassign { .. } => reassign_fits(episode, &decision.what),
        Decided::Pause { .. } => pause_fits(decision, episode, terms),
        Decided::Resume { on } => only_if(
            episode.pauses.iter().any(|pause| *on <= pause.until),
            "LE-03.4",
            &format!("no pause runs on or after {on}"),
            QA,
        ),
        Decided::AcknowledgeConcern => {
            let mut raised = episode.deeds.concerns_raised.iter();
            let waits = raised.any(|one| !one.has(role));
            only_if(waits, "LE-07.3", "no concern waits for this role", &[])
        }
        Decided::WithdrawModeration => only_if(
            open_request(episode),
            "LE-27.1",
            "no request for moderation is open",
            &[],
        ),
        Decided::RequestModeration => may_ask_again(episode),
        Decided::Moderate { .. } => moderation_fits(decision, episode),
        Decided::ReturnStep { to, .. } => {
            return_fits(*to, episode)?;
            second_person(decision, episode, terms, role)
        }
        Decided::ReopenAfterSignOff { .. } => {
            only_if(
                episode.signed_off_at().is_some(),
                "LE-29.3",
                "it is not signed off, so there is nothing to open again; `return_step` sends work back",
                &[],
            )?;
            second_person(decision, episode, terms, role)
        }
        Decided::ModerateSample { .. } => sample_fits(decision, episode, terms),
        Decided::Close => only_if(
            episode.signed_off_at().is_some(),
            "LE-29.3",
            "it is not signed off yet",
            &[Role::ServiceManager],
        ),
        _ => Ok(()),
    }
}

/// A drawn episode is moderated by somebody whom nothing bars from it (LE-09.3); each moderator says it once.
fn sample_fits(decision: &Decision, episode: &Episode, terms: &Terms) -> Result<(), Refusal> {
    let cslt = &[Role::Cslt];
    only_if(
        episode.is_drawn(),
        "LE-09.1",
        "it was not drawn for moderation; the cycle's certificate says what was",
        cslt,
    )?;
    if let Some(why) = sample_conflict(episode, &terms.people, &decision.by, decision.at) {
        let why = format!("worker `{}`, {why}, cannot moderate it", decision.by);
        return Err(Refusal::new("LE-09.3", why, cslt));
    }
    let mut said = episode.deeds.sample_moderated.iter();
    only_if(
        said.all(|one| one.by != decision.by),
        "LE-09.7",
        &format!(
            "worker `{}` has moderated it already. You do not need to do anything",
            decision.by
        ),
        cslt,
    )?;
    // Whoever came after could have learnt what the others found.
    only_if(
        episode.moderators_awaited() > 0,
        "LE-09.7",
        "as many moderators as it was given to have decided it; a further grade would not be independent of theirs. You \
         do not need to do anything",
        cslt,
    )
}

fn only_if(stands: bool, rule: &str, why: &str, asks: &[Role]) -> Result<(), Refusal> {
    if stands {
        Ok(())
    } else {
        Err(Refusal::new(rule, why, asks))
    }
}

fn adoption_fits(episode: &Episode) -> Result<(), Refusal> {
    only_if(
        !is_alone(&episode.id),
        "LE-01.3",
        "it stands for one step without a reference; allocate a Learning Episode and `bind` the step to it",
        QA,
    )?;
    only_if(
        episode.allocation.is_none(),
        "LE-01.4",
        "it is allocated already; use `reassign` or `extend` for a change",
        QA,
    )
}

fn reassign_fits(episode: &Episode, what: &Decided) -> Result<(), Refusal> {
    let Decided::Reassign { role, to, .. } = what else {
        return Ok(());
    };
    let words = role.words();
    let named = episode.allocation.as_ref().map(|one| one.person(*role));
    only_if(
        named.is_some(),
        "LE-01.4",
        "it has no allocation yet; `adopt` it first",
        QA,
    )?;
    only_if(
        named != Some(Some(to)),
        "LE-01.2",
        &format!("`{to}` is its {words} already"),
        QA,
    )?;
    only_if(
        reassigned(episode, what).is_some(),
        "LE-01.2",
        &format!("the {words} is not assigned episode by episode; see the people file"),
        QA,
    )
}

/// What is cancelled or closed takes no more decisions; a cancelled one cannot come back.
fn over(decision: &Decision, episode: &Episode) -> Result<(), Refusal> {
    let reopens = matches!(decision.what, Decided::ReopenAfterSignOff { .. });
    let ended = if episode.cancelled.is_some() {
        "cancelled, and that cannot be undone; allocate a new one"
    } else if episode.deeds.closed.is_some() && !reopens {
        "closed; `reopen_after_sign_off` opens it again"
    } else {
        return Ok(());
    };
    let why = format!("the episode is {ended}");
    Err(Refusal::new("LE-09.6", why, QA))
}

/// An allocation that stands is changed by the decision that has the reason, the authority and the checks for it.
fn allocated_again(episode: &Episode, new: &Allocation) -> Result<(), Refusal> {
    let Some(old) = &episode.allocation else {
        return Ok(());
    };
    let mut instead = Vec::new();
    for role in [
        Role::Practitioner,
        Role::PracticeReviewer,
        Role::Supervisor,
        Role::ServiceManager,
    ] {
        if old.person(role) != new.person(role) {
            instead.push(format!("the {} by `reassign`", role.words()));
        }
    }
    if old.due_on != new.due_on {
        instead.push("the completion date by `extend`, with a reason".to_owned());
    }
    let began = !episode.steps.is_empty();
    if old.cycle != new.cycle || (began && old.child != new.child) {
        instead.push("cycle or child by `cancel` and a new allocation".to_owned());
    }
    if instead.is_empty() {
        return Ok(());
    }
    let why = format!("it is allocated already; change {}", instead.join(", "));
    Err(Refusal::new("LE-03.4", why, QA))
}

fn pause_fits(decision: &Decision, episode: &Episode, terms: &Terms) -> Result<(), Refusal> {
    let Decided::Pause {
        from,
        until,
        reason,
    } = &decision.what
    else {
        return Ok(());
    };
    let new = Pause {
        from: *from,
        until: *until,
        reason: reason.clone(),
        at: decision.at,
    };
    let all = episode.pauses.iter().chain([&new]).collect();
    let days = paused_days(all, &terms.calendar);
    let most = PAUSE_DAYS.days(&terms.policy);
    if days <= most {
        return Ok(());
    }
    let why = format!(
        "the clock would stand still for {days} working days in all, and the policy allows {most}; agree a \
         new date with `extend` instead"
    );
    Err(Refusal::new("LE-03.4", why, QA))
}

/// Whether a request for moderation waits for an answer.
pub fn open_request(episode: &Episode) -> bool {
    let Some(request) = episode.moderation_requests.last() else {
        return false;
    };
    let answered = episode.moderations.last().map(|one| one.at);
    request.withdrawn_at.is_none() && answered.is_none_or(|at| at < request.at)
}

/// Where another evaluation was advised, moderation is asked for once more and no oftener (LE-27.5).
fn may_ask_again(episode: &Episode) -> Result<(), Refusal> {
    let now = episode.evaluation();
    let against = now
        .value()
        .map_or(0, |now| times_advised_against(episode, *now, None));
    only_if(
        against < 2,
        "LE-27.5",
        "another evaluation was advised twice; take it, or ask CSLT to decide by recording a moderation",
        &[Role::Cslt],
    )
}

/// A moderator decides on what stands, not on what stood when it was shown.
fn moderation_fits(decision: &Decision, episode: &Episode) -> Result<(), Refusal> {
    let Decided::Moderate {
        grade,
        outcome,
        instead,
        on,
    } = &decision.what
    else {
        return Ok(());
    };
    let (rule, head) = ("LE-27.3", [Role::HeadOfService]);
    let names_another = instead.is_none_or(|one| one != *grade);
    let fits = instead.is_none() || *outcome == ModerationOutcome::Change;
    only_if(
        names_another && fits,
        "LE-27.5",
        "`instead` goes with the outcome `change`, and names another evaluation than was moderated",
        &head,
    )?;
    if *outcome == ModerationOutcome::Withdrawn {
        let why = "the practice reviewer takes a request back, by `withdraw_moderation`";
        return Err(Refusal::new("LE-27.1", why, &[Role::PracticeReviewer]));
    }
    let now = episode.moderated_matter();
    let Some(shown) = on.as_ref().filter(|shown| **shown != now) else {
        return Ok(());
    };
    let mut requests = episode.moderation_requests.iter().rev();
    let request = requests.find(|request| request.on.as_ref() == Some(shown));
    let codes = episode.moderated_codes();
    let what = match request {
        Some(request) => {
            let mut names: Vec<&String> = request.codes.keys().chain(codes.keys()).collect();
            names.sort();
            names.dedup();
            let said = |codes: &BTreeMap<String, String>, name: &String| {
                codes.get(name).map_or("none", String::as_str).to_owned()
            };
            let moved: Vec<String> = names
                .into_iter()
                .filter(|name| request.codes.get(*name) != codes.get(*name))
                .map(|name| {
                    format!(
                        "{name} {} -> {}",
                        said(&request.codes, name),
                        said(&codes, name)
                    )
                })
                .collect();
            moved.join(", ")
        }
        None => "it was never on record".to_owned(),
    };
    let why = format!(
        "what was shown to the moderator is not what stands now: {what}. Look at the form again and moderate \
         on {now}"
    );
    Err(Refusal::new(rule, why, &head))
}

fn return_fits(to: Stage, episode: &Episode) -> Result<(), Refusal> {
    let step = episode.step_of(to);
    let finished = step.is_some_and(|step| step.status == StepStatus::Completed);
    let later = Stage::ALL.into_iter().filter(|stage| *stage > to);
    let with = later
        .filter_map(|stage| episode.step_of(stage))
        .find(|step| step.status.is_open());
    let known = match (to, with.map(|step| step.stage)) {
        (Stage::Practitioner, Some(Stage::PracticeReview))
        | (Stage::PracticeReview, Some(Stage::SupervisorActions | Stage::SignOff))
        | (Stage::SupervisorActions, Some(Stage::SignOff)) => finished,
        _ => false,
    };
    if known {
        return Ok(());
    }
    let why = format!(
        "work goes back from the open step to one before it that is finished; the {} is not such a one now",
        to.words()
    );
    Err(Refusal::new("LE-29.4", why, &[]))
}

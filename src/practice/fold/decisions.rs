//! How does an episode take in what a person decided? Whether it may be is settled before (`admit`).

use jiff::civil::Date;

use crate::practice::admit::{digest_of, reassigned, settles, two_person};
use crate::practice::decision::{Allocation, Decided, Decision};
use crate::practice::episode::{Episode, Role};
use crate::practice::known::Known;
use crate::practice::on_record::{
    BelowStandard, CancelledAs, ConcernRaised, Delegated, Entry, Extension, Moderation,
    ModerationRequest, Override, Pause, Proposed, ReasonGiven, Reassigned, Returned,
    SampleModerated,
};

/// Takes a decision into the episode, made in this role (none if that cannot be told). One that is on record by its id changes nothing.
pub fn take_decision(episode: &mut Episode, decision: &Decision, role: Option<Role>) {
    if !episode.decided.insert(decision.id.clone()) {
        return;
    }
    episode.version += 1;
    let digests = &mut episode.deeds.digests;
    digests.insert(decision.id.clone(), digest_of(decision));
    let (by, at) = (decision.by.clone(), decision.at);
    let entry = Entry {
        by: by.clone(),
        role,
        at,
    };
    match &decision.what {
        Decided::Allocate(allocation) | Decided::Adopt(allocation) => allocate(episode, allocation),
        Decided::Bind { step } => drop(episode.deeds.bound.insert(step.clone())),
        Decided::Reassign { .. } => reassign(episode, decision),
        Decided::Extend { due, reason } => episode.extensions.push(Extension {
            due: *due,
            reason: reason.clone(),
            by,
            at,
        }),
        Decided::Pause {
            from,
            until,
            reason,
        } => episode.pauses.push(Pause {
            from: *from,
            until: *until,
            reason: reason.clone(),
            at,
        }),
        Decided::Resume { on } => resume(episode, *on),
        Decided::Unavailable { .. }
        | Decided::BelowStandard { .. }
        | Decided::EscalateToHead { .. }
        | Decided::RaiseConcern
        | Decided::AcknowledgeConcern
        | Decided::ModerateSample { .. }
        | Decided::Close => raised(episode, decision, entry),
        Decided::RequestModeration
        | Decided::WithdrawModeration
        | Decided::Delegate { .. }
        | Decided::Moderate { .. } => moderation(episode, decision),
        Decided::GiveReason { about, reason } => episode.reasons.push(ReasonGiven {
            about: *about,
            reason: reason.clone(),
            by,
            at,
        }),
        Decided::Override { stage, reason } => episode.overrides.push(Override {
            stage: *stage,
            reason: reason.clone(),
            by,
            at,
        }),
        Decided::ReturnStep { .. } | Decided::ReopenAfterSignOff { .. } => {
            send_back(episode, decision, entry);
        }
        Decided::Cancel { reason } => {
            episode.cancelled = Some(reason.clone());
            episode.deeds.cancelled = Some(CancelledAs {
                entry,
                grade: episode.evaluation().value().copied(),
            });
        }
    }
}

/// What people hear of at once, and only who and when is kept of.
fn raised(episode: &mut Episode, decision: &Decision, entry: Entry) {
    let (by, at) = (decision.by.clone(), decision.at);
    let own = episode.evaluation().value().copied();
    let deeds = &mut episode.deeds;
    match &decision.what {
        Decided::Unavailable { .. } => deeds.unavailable.push(entry),
        Decided::BelowStandard { criteria } => deeds.below_standard.push(BelowStandard {
            criteria: criteria.clone(),
            at,
        }),
        Decided::EscalateToHead { .. } => deeds.escalated.push(entry),
        Decided::RaiseConcern => deeds.concerns_raised.push(ConcernRaised {
            by,
            at,
            acknowledged: Vec::new(),
        }),
        Decided::AcknowledgeConcern => {
            for concern in &mut deeds.concerns_raised {
                if !entry.role.is_some_and(|role| concern.has(role)) {
                    concern.acknowledged.push(entry.clone());
                }
            }
        }
        Decided::ModerateSample { grade, learning } => {
            deeds.sample_moderated.push(SampleModerated {
                by,
                at,
                grade: *grade,
                own,
                learning: learning.clone(),
            });
        }
        Decided::Close => deeds.closed = Some(entry),
        _ => {}
    }
}

fn moderation(episode: &mut Episode, decision: &Decision) {
    let (by, at) = (decision.by.clone(), decision.at);
    match &decision.what {
        Decided::RequestModeration => episode.moderation_requests.push(ModerationRequest {
            by,
            at,
            grade: episode.evaluation().value().copied(),
            on: Some(episode.moderated_matter()),
            codes: episode.moderated_codes(),
            withdrawn_at: None,
        }),
        Decided::WithdrawModeration => {
            if let Some(request) = episode.moderation_requests.last_mut() {
                request.withdrawn_at = Some(at);
            }
        }
        Decided::Delegate { to, from, until } => episode.deeds.delegated.push(Delegated {
            to: to.clone(),
            from: from.unwrap_or(at),
            until: *until,
            by,
        }),
        Decided::Moderate {
            grade,
            outcome,
            instead,
            on,
        } => episode.moderations.push(Moderation {
            id: decision.id.clone(),
            by,
            at,
            grade: *grade,
            outcome: *outcome,
            instead: *instead,
            on: on.clone().unwrap_or_else(|| episode.moderated_matter()),
        }),
        _ => {}
    }
}

fn allocate(episode: &mut Episode, allocation: &Allocation) {
    episode.cycle = Some(allocation.cycle.clone());
    episode.source = allocation.source.clone();
    // An allocation may still name the child by a key that was merged into another since.
    if !episode.earlier_keys.contains(&allocation.child) {
        episode.child = Some(allocation.child.clone());
    }
    episode.allocation = Some(allocation.clone());
}

fn reassign(episode: &mut Episode, decision: &Decision) {
    let Decided::Reassign { role, to, reason } = &decision.what else {
        return;
    };
    let Some(allocation) = reassigned(episode, &decision.what) else {
        return;
    };
    let from = match episode.person(*role) {
        Known::Is(worker) => Some(worker),
        Known::Blank | Known::Unreadable(_) => None,
    };
    episode.allocation = Some(allocation);
    episode.deeds.reassigned.push(Reassigned {
        role: *role,
        from,
        to: to.clone(),
        reason: reason.clone(),
        at: decision.at,
    });
}

/// Every pause that runs on that day or later ends the day before.
fn resume(episode: &mut Episode, on: Date) {
    let last = on.yesterday().unwrap_or(on);
    for pause in &mut episode.pauses {
        pause.until = pause.until.min(last);
    }
}

/// Work that goes back is proposed first where two have to say so.
fn send_back(episode: &mut Episode, decision: &Decision, entry: Entry) {
    if !settles(episode, &decision.what) {
        let what = two_person(&decision.what);
        episode.deeds.proposed = Some(Proposed { what, first: entry });
        return;
    }
    episode.deeds.proposed = None;
    if let Decided::ReturnStep { to, reason } = &decision.what {
        episode.deeds.returned.push(Returned {
            to: *to,
            reason: reason.clone(),
            at: decision.at,
        });
    } else {
        episode.deeds.closed = None;
        episode.deeds.reopened.push(entry);
    }
}

//! What may happen to a sample after the draw? An episode that cannot be moderated gives way, a group that disagrees is
//! taken further, and a draw that cannot stand is drawn again on two people's word (LE-09.4). None of it is a choice of
//! episodes, and each leaves the certificate before it where it is.

use jiff::Timestamp;
use serde_json::json;

use super::documents::{CERTIFICATE, certificate, frozen, numbered, versions};
use super::{Drawn, grade, settle};
use crate::app::{App, AppFault};
use crate::case_system::CaseSystem;
use crate::practice::authority::Refusal;
use crate::practice::episode::Role;
use crate::practice::ids::{CycleId, EpisodeId, WorkerId};
use crate::practice::react::JournalLine;
use crate::sampling::{
    Certificate, Frozen, GroupStanding, Outcome, Sample, SecondStage, Seed, Substitution,
};

/// What came of a substitution.
#[derive(Clone, Debug)]
pub struct Amended {
    /// What was put in whose place.
    pub substitution: Substitution,
    /// The sample as it stands.
    pub drawn: Drawn,
}

/// What came of looking for groups to be taken further.
#[derive(Clone, Debug)]
pub struct TakenFurther {
    /// Every group as it stood before, with why it is taken further or not.
    pub groups: Vec<GroupStanding>,
    /// What was added now.
    pub added: Vec<SecondStage>,
    /// Drawn episodes of which a moderator's grade is still awaited.
    pub awaited: usize,
    /// The sample as it stands.
    pub drawn: Drawn,
}

/// Who answers for another draw, and why.
#[derive(Clone, Debug)]
pub struct Superseding<'a> {
    /// Why the draw before cannot stand, as a code.
    pub reason: &'a str,
    /// Two people, by worker id.
    pub approvers: [&'a WorkerId; 2],
}

/// Lets the next ticket of its group take the place of an episode that cannot be moderated. Asked again for the same
/// reason it changes nothing.
///
/// # Errors
/// A refusal that says what to do, or the ledger's fault.
pub async fn substitute<C: CaseSystem>(
    app: &App<C>,
    cycle: &CycleId,
    episode: &EpisodeId,
    reason: &str,
    by: Option<&WorkerId>,
    now: Timestamp,
) -> Result<Amended, AppFault> {
    is_code(reason)?;
    is_qa(app, by, now)?;
    let frozen = frozen(app, cycle).await?;
    let before = certificate(app, cycle).await?;
    let mut out = before.substitutions.iter();
    if let Some(done) = out.find(|one| one.unusable == episode.0) {
        if done.reason != reason.trim() {
            return Err(AppFault::Refused(format!(
                "`{episode}` gave way already, with the reason `{}`. You do not need to do anything",
                done.reason
            )));
        }
        let drawn = settle(app, cycle, &frozen, now).await?;
        return Ok(Amended {
            substitution: done.clone(),
            drawn,
        });
    }
    let known = app.ledger.episode(episode).await?;
    if known.is_some_and(|one| !one.deeds.sample_moderated.is_empty()) {
        return Err(AppFault::Refused(format!(
            "`{episode}` has been moderated, and only what cannot be moderated gives way to the next ticket. You do not \
             need to do anything"
        )));
    }
    let mut sample = resumed(&frozen, &before)?;
    let substitution = sample
        .substitute(&episode.0, reason)
        .map_err(|fault| AppFault::Refused(fault.to_string()))?
        .clone();
    let act = json!({ "act": "substitute", "episode": episode, "reason": reason.trim() });
    keep(app, cycle, &sample, act, by, now).await?;
    let drawn = settle(app, cycle, &frozen, now).await?;
    Ok(Amended {
        substitution,
        drawn,
    })
}

/// Takes every group further in which moderators differ from the reviewers as the rule says. Only what every moderator
/// of an episode has decided counts, by the grade of whoever spoke first, as in the pack.
///
/// # Errors
/// A refusal that says what to do, or the ledger's fault.
pub async fn second_stage<C: CaseSystem>(
    app: &App<C>,
    cycle: &CycleId,
    by: Option<&WorkerId>,
    now: Timestamp,
) -> Result<TakenFurther, AppFault> {
    is_qa(app, by, now)?;
    let frozen = frozen(app, cycle).await?;
    let before = certificate(app, cycle).await?;
    let mut sample = resumed(&frozen, &before)?;
    let (mut outcomes, mut awaited) = (Vec::new(), 0);
    for le_id in before.sample() {
        let episode = app.ledger.episode(&EpisodeId::from(le_id)).await?;
        let first = episode.and_then(|it| it.moderated_by_cslt().first().map(|one| one.grade));
        match first {
            Some(given) => outcomes.push(Outcome {
                le_id: le_id.to_owned(),
                moderated: grade(given),
            }),
            None => awaited += 1,
        }
    }
    let groups = sample.groups(&outcomes);
    let added = sample
        .second_stage(&outcomes)
        .map_err(|fault| AppFault::Refused(fault.to_string()))?
        .to_vec();
    if !added.is_empty() {
        let names: Vec<&str> = added.iter().map(|stage| stage.stratum.as_str()).collect();
        let act = json!({ "act": "second_stage", "groups": names });
        keep(app, cycle, &sample, act, by, now).await?;
    }
    let drawn = settle(app, cycle, &frozen, now).await?;
    Ok(TakenFurther {
        groups,
        added,
        awaited,
        drawn,
    })
}

/// Draws the frozen cycle again with new dice, on the word of two people; both certificates are kept. Asked again with
/// the same dice and people it changes nothing.
///
/// # Errors
/// A refusal that says what to do, or the ledger's fault.
pub async fn supersede<C: CaseSystem>(
    app: &App<C>,
    cycle: &CycleId,
    dice: &str,
    answer: &Superseding<'_>,
    by: Option<&WorkerId>,
    now: Timestamp,
) -> Result<Drawn, AppFault> {
    is_code(answer.reason)?;
    is_qa(app, by, now)?;
    approved(app, answer.approvers, now)?;
    let frozen = frozen(app, cycle).await?;
    let before = certificate(app, cycle).await?;
    let seed = Seed::from_dice(dice, cycle.as_str())
        .map_err(|fault| AppFault::Refused(fault.to_string()))?;
    let names = answer.approvers.map(WorkerId::as_str);
    let is_done = before.seed == seed.as_str()
        && before.supersedes.as_ref().is_some_and(|it| {
            it.reason == answer.reason.trim()
                && it.approvers.each_ref() == names.map(str::to_owned).each_ref()
        });
    if is_done {
        return settle(app, cycle, &frozen, now).await;
    }
    for bytes in versions(app, cycle, CERTIFICATE).await? {
        // Whoever could go back to earlier dice could choose between two samples.
        if Certificate::from_bytes(&bytes).is_ok_and(|it| it.seed == seed.as_str()) {
            return Err(AppFault::Refused(format!(
                "cycle `{cycle}` was drawn with these dice before. Have them thrown anew before two witnesses"
            )));
        }
    }
    let mut sample = Sample::draw(&frozen, &seed).map_err(|f| AppFault::Refused(f.to_string()))?;
    sample
        .supersede(&before, answer.reason, names)
        .map_err(|fault| AppFault::Refused(fault.to_string()))?;
    let act = json!({ "act": "supersede", "reason": answer.reason.trim(), "approvers": names });
    keep(app, cycle, &sample, act, by, now).await?;
    settle(app, cycle, &frozen, now).await
}

fn resumed<'f>(frozen: &'f Frozen, certificate: &Certificate) -> Result<Sample<'f>, AppFault> {
    Sample::resume(frozen, certificate).map_err(|fault| AppFault::Refused(fault.to_string()))
}

/// Keeps the amended certificate beside the ones before it, with who did what.
async fn keep<C>(
    app: &App<C>,
    cycle: &CycleId,
    sample: &Sample<'_>,
    mut act: serde_json::Value,
    by: Option<&WorkerId>,
    now: Timestamp,
) -> Result<(), AppFault> {
    let bytes = sample.certificate().canonical_bytes();
    let version = versions(app, cycle, CERTIFICATE).await?.len() + 1;
    let name = numbered(CERTIFICATE, version);
    if let Some(fields) = act.as_object_mut() {
        fields.insert("cycle".to_owned(), json!(cycle));
        fields.insert("by".to_owned(), json!(by));
    }
    let why = JournalLine::new("sample_amended", act);
    app.ledger
        .keep_document_for(cycle, (&name, &bytes), Some(&why), now)
        .await?;
    Ok(())
}

/// A reason is published with the certificate, so it is a code and tells of nobody.
fn is_code(reason: &str) -> Result<(), AppFault> {
    if !reason.trim().is_empty() && reason.chars().count() <= 40 {
        return Ok(());
    }
    let why =
        "a reason is a code of 1 to 40 characters, such as `record_restricted`; it is published";
    Err(AppFault::Refused(why.to_owned()))
}

/// Whoever amends a sample, if named, is the QA manager.
fn is_qa<C>(app: &App<C>, by: Option<&WorkerId>, now: Timestamp) -> Result<(), AppFault> {
    let qa = Role::QaManager;
    match by.filter(|by| !app.terms.people.holds(by, qa, now)) {
        None => Ok(()),
        Some(by) => {
            let why = format!("worker `{by}` is not the {} in the people file", qa.words());
            Err(AppFault::Decision(Refusal::new("LE-09.4", why, &[qa])))
        }
    }
}

/// Two different people answer for another draw, and not the QA team alone, which draws: one of the two receives the
/// sample.
fn approved<C>(app: &App<C>, approvers: [&WorkerId; 2], now: Timestamp) -> Result<(), AppFault> {
    let people = &app.terms.people;
    let receives = [Role::HeadOfService, Role::Cslt];
    let holds = |who: &WorkerId, roles: &[Role]| {
        let mut roles = roles.iter();
        roles.any(|role| people.holds(who, *role, now))
    };
    let refuse = |why: String| {
        let asks = [Role::QaManager, Role::HeadOfService, Role::Cslt];
        Err(AppFault::Decision(Refusal::new("LE-09.4", why, &asks)))
    };
    for who in approvers {
        if !holds(who, &[Role::QaManager]) && !holds(who, &receives) {
            return refuse(format!(
                "worker `{who}` cannot approve another draw. Ask the {}, the {} or somebody of the {}, as the people \
                 file has them",
                Role::QaManager.words(),
                Role::HeadOfService.words(),
                Role::Cslt.words()
            ));
        }
    }
    if !approvers.iter().any(|who| holds(who, &receives)) {
        return refuse(format!(
            "whoever draws does not approve another draw among themselves. Ask the {} or somebody of the {} to be one of \
             the two",
            Role::HeadOfService.words(),
            Role::Cslt.words()
        ));
    }
    Ok(())
}

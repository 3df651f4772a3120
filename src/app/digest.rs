//! What does each person hear in a day? One message, at half past eight of a working day, that says everything due.
//!
//! Reminders and escalations wait for the day's digest; what was owed at once is not seen here. What concerns one
//! step is one note on it, on which an operational manager hears of the whole episode. Whoever holds a council-wide
//! role gets one notice that names every episode with its steps, in as many parts as the case system's limit makes
//! it; also after an outage, when hundreds fall due in the same minute (P36). What comes up after the day's digest has
//! gone out waits for the next working day's.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{App, AppFault, watch};
use crate::case_system::CaseSystem;
use crate::ledger::Gathered;
use crate::practice::deadlines::TOLD_AT;
use crate::practice::effect::{Act, Effect};
use crate::practice::episode::Role;
use crate::practice::ids::{EpisodeId, SourceName, StepId};
use crate::practice::wording;

/// Roles that one person holds for the whole council; the others are told on their own steps.
const COUNCIL_WIDE: [Role; 3] = [Role::QaManager, Role::HeadOfService, Role::Cslt];
/// Parts of a notice to one role in an hour; the next ones wait for the next hour.
const AN_HOUR: usize = 20;
/// Messages looked at in one pass.
const LOOKED_AT: u32 = 5_000;
/// Characters of a digest that are neither messages nor names of steps.
const AROUND: usize = 240;

/// To whom a digest goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Recipient {
    /// The people of an episode, by a note on one of its steps, or by a notice if it is about none.
    Episode(Option<EpisodeId>, Option<StepId>),
    /// Whoever holds a role for the whole council.
    Holder(Role),
}

/// Composes the digests of a day.
struct Composer<'a> {
    source: &'a SourceName,
    day: Date,
    now: Timestamp,
    /// When the next working day's digests go out, UTC.
    next: Timestamp,
    /// Whether the case system takes messages that are about no step.
    notices: bool,
    /// Characters that one message may have.
    limit: usize,
}

/// Gathers what is due today, if it is time. Returns how many digests are newly owed.
pub async fn gather<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<u64, AppFault> {
    let calendar = &app.terms.calendar;
    let day = calendar.local_date(now);
    if !calendar.is_working_day(day) || now < calendar.at_local(day, TOLD_AT) {
        return Ok(0);
    }
    // Whatever else has fallen due by now belongs into the same message, so every episode is looked at first, and
    // every cycle.
    if app.ledger.next_look().await?.is_some_and(|due| due <= now) {
        return Ok(0);
    }
    watch::pass(app, now).await?;
    let described = app.case_system.described();
    let composer = Composer {
        source: &app.source,
        day,
        now,
        next: calendar.at_local(calendar.add(day, 1), TOLD_AT),
        notices: app.case_system.can("notice"),
        limit: described.map_or(1_000, crate::mapping::Mapping::text_limit_chars),
    };
    let keys = |members: &[Effect]| composer.keys(members);
    let compose = |members: &[Effect], known: &BTreeSet<String>| composer.compose(members, known);
    let owed = app.ledger.gather(now, LOOKED_AT, keys, compose).await?;
    if owed > 0 {
        tracing::info!(digests = owed, "the day's messages are gathered");
    }
    Ok(owed)
}

/// The step on which an operational manager hears of everything about an episode that is due on a day.
type Places = BTreeMap<EpisodeId, Option<StepId>>;

/// For each episode, the step of the last message to its operational manager; whoever else is told of that step shares
/// the note.
fn places(members: &[Effect]) -> Places {
    let mut last: BTreeMap<EpisodeId, &Effect> = BTreeMap::new();
    for member in members {
        let Some(id) = &member.episode else { continue };
        if member.audience.contains(&Role::OperationalManager)
            && last
                .get(id)
                .is_none_or(|one| (one.due_at, &one.key) < (member.due_at, &member.key))
        {
            last.insert(id.clone(), member);
        }
    }
    let places = last.into_iter();
    places.map(|(id, one)| (id, one.step.clone())).collect()
}

impl Composer<'_> {
    fn recipients(&self, member: &Effect, places: &Places) -> BTreeMap<Recipient, Vec<Role>> {
        let mut found: BTreeMap<Recipient, Vec<Role>> = BTreeMap::new();
        let place = member.episode.as_ref().and_then(|id| places.get(id));
        for role in &member.audience {
            let recipient = if self.notices && COUNCIL_WIDE.contains(role) {
                Recipient::Holder(*role)
            } else {
                let own = place.filter(|_| *role == Role::OperationalManager);
                let step = own.unwrap_or(&member.step).clone();
                Recipient::Episode(member.episode.clone(), step)
            };
            found.entry(recipient).or_default().push(*role);
        }
        if found.is_empty() {
            let all = Recipient::Episode(member.episode.clone(), member.step.clone());
            found.insert(all, Vec::new());
        }
        found
    }

    fn key(&self, recipient: &Recipient, part: usize) -> String {
        let (source, day) = (self.source, self.day);
        match recipient {
            Recipient::Holder(role) => {
                let role = role.words().to_lowercase().replace(' ', "-");
                format!("digest/{source}/{role}/{day}/{part}")
            }
            Recipient::Episode(episode, step) => {
                let episode = episode.as_ref().map_or("", EpisodeId::as_str);
                let step = step.as_ref().map_or("", StepId::as_str);
                format!("digest/{source}/{episode}/{step}/{day}/{part}")
            }
        }
    }

    fn keys(&self, members: &[Effect]) -> BTreeSet<String> {
        let (members, _) = latest(members);
        let places = places(&members);
        let recipients = members
            .iter()
            .flat_map(|member| self.recipients(member, &places));
        recipients
            .map(|(recipient, _)| self.key(&recipient, 1))
            .collect()
    }

    fn compose(&self, members: &[Effect], known: &BTreeSet<String>) -> Gathered {
        let mut gathered = Gathered::default();
        let mut groups: BTreeMap<Recipient, (BTreeSet<Role>, Vec<&Effect>)> = BTreeMap::new();
        let (members, superseded) = latest(members);
        gathered.told = superseded;
        let places = places(&members);
        for member in &members {
            let (mut left, mut told) = (Vec::new(), None);
            for (recipient, roles) in self.recipients(member, &places) {
                let key = self.key(&recipient, 1);
                if known.contains(&key) {
                    left.extend(roles);
                    continue;
                }
                let group = groups.entry(recipient).or_default();
                group.0.extend(roles);
                group.1.push(member);
                told = Some(key);
            }
            match told {
                Some(key) if left.is_empty() => gathered.told.push((member.key.clone(), key)),
                _ => {
                    let mut waits = member.clone();
                    waits.audience = left;
                    gathered.waiting.push((waits, self.next));
                }
            }
        }
        for (recipient, (roles, members)) in groups {
            let roles: Vec<Role> = roles.into_iter().collect();
            let digests = self.digests(&recipient, &roles, &members);
            gathered.digests.extend(digests);
        }
        gathered
    }

    /// One message with every member's words; if they are too long for one, the steps by name, in parts.
    fn digests(&self, recipient: &Recipient, roles: &[Role], members: &[&Effect]) -> Vec<Effect> {
        let room = self.limit.saturating_sub(AROUND).max(60);
        let texts: Vec<&str> = members
            .iter()
            .filter_map(|member| member.act.text())
            .collect();
        let whole: usize = texts.iter().map(|text| text.chars().count() + 1).sum();
        if whole <= room || members.len() == 1 || matches!(recipient, Recipient::Episode(..)) {
            let mut text: String = texts.join(" ").chars().take(room).collect();
            if text.chars().count() < whole.saturating_sub(1) {
                text.push('…');
            }
            wording::attention(&mut text, roles);
            return vec![self.digest(recipient, roles, members, 1, text)];
        }
        let mut parts: Vec<Vec<Vec<&Effect>>> = Vec::new();
        let mut used = 0;
        for matters in by_episode(members) {
            let length = named(&matters).chars().count() + 2;
            if used + length > room || parts.is_empty() {
                parts.push(Vec::new());
                used = 0;
            }
            used += length;
            if let Some(part) = parts.last_mut() {
                part.push(matters);
            }
        }
        let of = parts.len();
        let numbered = parts
            .into_iter()
            .enumerate()
            .map(|(nth, part)| (nth + 1, part));
        numbered
            .map(|(nth, part)| {
                let names: Vec<String> = part.iter().map(|matters| named(matters)).collect();
                let role = roles.first().copied().unwrap_or(Role::QaManager);
                let text = wording::digest(role, members.len(), (nth, of), &names);
                self.digest(recipient, roles, &part.concat(), nth, text)
            })
            .collect()
    }

    fn digest(
        &self,
        recipient: &Recipient,
        roles: &[Role],
        members: &[&Effect],
        part: usize,
        text: String,
    ) -> Effect {
        let (episode, step) = match recipient {
            Recipient::Episode(episode, step) => (episode.clone(), step.clone()),
            Recipient::Holder(_) => (None, None),
        };
        let first = members.first();
        // What is about one cause is withdrawn with it.
        let cause = first
            .map(|member| &member.cause)
            .filter(|cause| members.iter().all(|member| member.cause == **cause))
            .filter(|_| episode.is_some());
        let hours = i64::try_from((part - 1) / AN_HOUR).unwrap_or(i64::MAX);
        let wait = SignedDuration::from_hours(hours.min(10_000));
        Effect {
            key: self.key(recipient, part),
            source: self.source.clone(),
            episode,
            act: match step {
                Some(_) => Act::Note { text },
                None => Act::Notice { text },
            },
            step,
            rule: first.map(|member| member.rule.clone()).unwrap_or_default(),
            cause: cause.cloned().unwrap_or_else(|| "digest".to_owned()),
            audience: roles.to_vec(),
            due_at: self.now.saturating_add(wait).unwrap_or(self.now),
            daily: false,
        }
    }
}

/// Of several levels of one cause that wait, only the latest is said, to everybody whom any of them was for.
fn latest(members: &[Effect]) -> (Vec<Effect>, Vec<(String, String)>) {
    let mut kept: Vec<Effect> = Vec::new();
    let mut superseded = Vec::new();
    let mut sorted: Vec<&Effect> = members.iter().collect();
    sorted.sort_by_key(|member| std::cmp::Reverse(member.due_at));
    for member in sorted {
        let same = |one: &&mut Effect| one.episode == member.episode && one.cause == member.cause;
        match kept.iter_mut().find(same) {
            Some(later) if member.episode.is_some() && member.cause != "cycle" => {
                let new = member.audience.iter();
                let new = new.filter(|role| !later.audience.contains(role));
                let new: Vec<Role> = new.copied().collect();
                later.audience.extend(new);
                superseded.push((member.key.clone(), later.key.clone()));
            }
            _ => kept.push(member.clone()),
        }
    }
    kept.reverse();
    (kept, superseded)
}

/// What is about one episode together, in the order in which each first comes.
fn by_episode<'e>(members: &[&'e Effect]) -> Vec<Vec<&'e Effect>> {
    let mut groups: Vec<Vec<&Effect>> = Vec::new();
    let mut places: BTreeMap<&EpisodeId, usize> = BTreeMap::new();
    for member in members {
        let place = member.episode.as_ref().and_then(|id| places.get(id));
        if let Some(group) = place.and_then(|place| groups.get_mut(*place)) {
            group.push(member);
            continue;
        }
        if let Some(id) = &member.episode {
            places.insert(id, groups.len());
        }
        groups.push(vec![member]);
    }
    groups
}

/// An episode as a digest names it: each of its steps with its rules, then what is about the whole.
fn named(matters: &[&Effect]) -> String {
    let episode = matters.iter().find_map(|one| one.episode.as_ref());
    let mut steps: Vec<(Option<&StepId>, Vec<&str>)> = Vec::new();
    for one in matters {
        let step = one.step.as_ref();
        match steps.iter_mut().find(|(known, _)| *known == step) {
            Some((_, rules)) if rules.contains(&one.rule.as_str()) => {}
            Some((_, rules)) => rules.push(&one.rule),
            None => steps.push((step, vec![&one.rule])),
        }
    }
    let words = |(step, rules): &(Option<&StepId>, Vec<&str>)| {
        let step = step.map_or_else(String::new, |step| format!("step {step}, "));
        format!("{step}{}", rules.join(", "))
    };
    let steps: Vec<String> = steps.iter().map(words).collect();
    let episode = episode.map_or("", EpisodeId::as_str);
    format!("{episode} ({})", steps.join(", "))
}

//! What would we have held last week? In mode `observe` the QA manager is told each Monday, before anything is held.
//!
//! A council begins by looking: nothing is blocked, and each week says what would have been. Told once a week for ever,
//! on its first working day at half past eight, local; a week without such a Finish says nothing. Weeks in which nobody
//! looked are told with the next one. Absent on purpose: judging; each Finish was judged when it was seen.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{App, AppFault};
use crate::case_system::CaseSystem;
use crate::practice::calendar::Calendar;
use crate::practice::effect::{Act, Effect};
use crate::practice::episode::{Role, Stage};
use crate::practice::ids::EpisodeId;
use crate::practice::react::JournalLine;
use crate::practice::terms::Mode;
use crate::practice::verdict::Answer;
use crate::practice::wording;

/// When it is told, local time.
const TOLD_AT: Time = Time::constant(8, 30, 0, 0);
/// Characters of a notice that are not lines about episodes.
const AROUND: usize = 420;

/// Up to where it was told.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Told {
    /// The Monday of the week in which it was told last, local.
    week: Date,
    /// The last line of the journal that was looked at.
    seq: i64,
}

/// A Finish that nobody asked about, and what the judge would have said.
#[derive(Clone, Debug)]
struct Seen {
    episode: EpisodeId,
    stage: Option<Stage>,
    answer: Option<Answer>,
    rules: Vec<String>,
}

/// Owes the week's notices if it is time and there is something to tell. Returns how many.
///
/// # Errors
/// The ledger's fault.
pub async fn pass<C: CaseSystem>(app: &App<C>, now: Timestamp) -> Result<usize, AppFault> {
    if app.terms.mode != Mode::Observe || !app.case_system.can("notice") {
        return Ok(0);
    }
    let week = monday(app.terms.calendar.local_date(now));
    if now < told_at(&app.terms.calendar, week) {
        return Ok(0);
    }
    let place = format!("shadow/{}", app.source);
    let told: Option<Told> = match app.ledger.cursor(&place).await? {
        Some(kept) => serde_json::from_value(kept).ok(),
        None => None,
    };
    if told.is_some_and(|told| told.week >= week) {
        return Ok(0);
    }
    let after = told.map_or(0, |told| told.seq);
    let (lines, seq) = app.ledger.lines_of_kind("bypass", after).await?;
    let seen: Vec<Seen> = lines.iter().filter_map(seen).collect();
    let notices = notices(app, week, &seen, now);
    let owed = notices.len();
    let told = serde_json::to_value(Told { week, seq }).unwrap_or_default();
    let line = json!({ "week": week, "finishes": seen.len(), "held": held(&seen).count(), "notices": owed });
    let line = JournalLine::new("shadow", line);
    app.ledger
        .owe_with(&place, &told, &line, notices, now)
        .await?;
    Ok(owed)
}

/// The Monday of a day's week.
fn monday(day: Date) -> Date {
    let since = i64::from(day.weekday().since(Weekday::Monday));
    day.checked_sub(jiff::Span::new().days(since))
        .unwrap_or(day)
}

/// When a week is told: on its first working day. A week without one is told with the next.
fn told_at(calendar: &Calendar, monday: Date) -> Timestamp {
    let before = monday.yesterday().unwrap_or(monday);
    calendar.at_local(calendar.add(before, 1), TOLD_AT)
}

fn seen(line: &Json) -> Option<Seen> {
    let part = |name: &str| line.get(name).cloned().unwrap_or_default();
    Some(Seen {
        episode: EpisodeId::from(line.get("episode")?.as_str()?),
        stage: serde_json::from_value(part("stage")).ok(),
        answer: serde_json::from_value(part("would_have_been")).ok(),
        rules: serde_json::from_value(part("rules")).unwrap_or_default(),
    })
}

fn held(seen: &[Seen]) -> impl Iterator<Item = &Seen> {
    seen.iter().filter(|one| one.answer == Some(Answer::Hold))
}

/// The notices that tell it, each within the case system's limit.
fn notices<C: CaseSystem>(app: &App<C>, week: Date, seen: &[Seen], now: Timestamp) -> Vec<Effect> {
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in held(seen).flat_map(|one| &one.rules) {
        *by_rule.entry(rule).or_default() += 1;
    }
    let Some((most, _)) = by_rule.iter().max_by_key(|(_, count)| **count) else {
        return Vec::new();
    };
    let (most, all) = ((*most).to_owned(), held(seen).count());
    let described = app.case_system.described();
    let limit = described.map_or(1_000, crate::mapping::Mapping::text_limit_chars);
    let counts = wording::by_rule(&by_rule);
    let room = limit
        .saturating_sub(AROUND + counts.chars().count())
        .max(120);
    let mut parts: Vec<String> = vec![String::new()];
    for one in held(seen) {
        let line = wording::would_have_held(&one.episode, one.stage, &one.rules);
        let full =
            |part: &String| !part.is_empty() && part.chars().count() + line.chars().count() > room;
        if parts.last().is_none_or(full) {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(&line);
        }
    }
    let of = parts.len();
    let notice = |(nth, part): (usize, String)| Effect {
        key: format!("shadow/{}/{week}/{}", app.source, nth + 1),
        source: app.source.clone(),
        episode: None,
        step: None,
        act: Act::Notice {
            text: wording::shadow(week, (all, seen.len()), &counts, &part, (nth + 1, of)),
        },
        rule: most.clone(),
        cause: format!("shadow/{week}"),
        audience: vec![Role::QaManager],
        due_at: now,
        daily: false,
    };
    parts.into_iter().enumerate().map(notice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_a_week_has_its_monday() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (of, wanted) in [
            ("2026-11-23", "2026-11-23"),
            ("2026-11-25", "2026-11-23"),
            ("2026-11-29", "2026-11-23"),
            ("2027-01-01", "2026-12-28"),
        ] {
            assert_eq!(monday(day(of)), day(wanted));
        }
    }
}

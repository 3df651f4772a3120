//! What of a cycle's sample is late: that it is drawn, and that its moderators decide (LE-09.1, LE-09.2)?

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Matter, Standing};
use crate::practice::episode::{Episode, Role};
use crate::practice::ids::CycleId;
use crate::practice::terms::Terms;

/// LE-09.1: no sample was drawn so many working days after the cycle's last completion date.
pub(super) fn undrawn(
    cycle: &CycleId,
    standing: &Standing,
    drawn: &BTreeSet<CycleId>,
    today: Date,
    terms: &Terms,
) -> Vec<Matter> {
    let Some(cut_off) = standing.cut_off.filter(|_| !drawn.contains(cycle)) else {
        return Vec::new();
    };
    if cut_off < terms.calendar.local_date(terms.activation) {
        return Vec::new();
    }
    let passed = terms.policy.ladders.draw.iter();
    let passed = passed.filter(|rung| terms.calendar.add(cut_off, rung.working_days) <= today);
    // Of levels that passed while nobody looked, only the latest is said.
    let Some(latest) = passed.max_by_key(|rung| rung.working_days) else {
        return Vec::new();
    };
    let matter = |role: &Role| Matter {
        key: format!(
            "undrawn/{cycle}/{cut_off}/{:+}/{}",
            latest.working_days,
            role.words()
        ),
        rule: "LE-09.1",
        episode: None,
        tell: *role,
        text: format!(
            "No sample of cycle {cycle} is drawn, {} working days after its last completion date, {}. Freeze the cycle \
             and draw it.",
            terms.calendar.between(cut_off, today),
            cut_off.strftime("%-d %B %Y")
        ),
    };
    latest.tell.iter().map(matter).collect()
}

/// LE-09.2: drawn episodes that not every moderator has decided, so many working days after they were drawn. Those
/// drawn on one day are named together.
pub(super) fn unmoderated(
    cycle: &CycleId,
    episodes: &[Episode],
    today: Date,
    terms: &Terms,
) -> Vec<Matter> {
    let waiting = episodes
        .iter()
        .filter(|one| one.cycle.as_ref() == Some(cycle) && one.cancelled.is_none())
        .filter(|one| one.moderators_awaited() > 0);
    let mut days: BTreeMap<Date, Vec<&Episode>> = BTreeMap::new();
    for episode in waiting {
        if let Some(at) = episode.drawn_at().filter(|at| *at >= terms.activation) {
            let day = terms.calendar.local_date(at);
            days.entry(day).or_default().push(episode);
        }
    }
    let said = days
        .iter()
        .map(|(drawn, waiting)| chased(cycle, *drawn, waiting, today, terms));
    said.flatten().collect()
}

/// The working days on which a drawn episode is chased if it was drawn on this day, local, each with who is told.
pub fn chases(drawn: Date, terms: &Terms) -> Vec<(Date, &[Role])> {
    let rungs = terms.policy.ladders.sample.iter();
    let day = |days| terms.calendar.add(drawn, days);
    rungs
        .map(|rung| (day(rung.working_days), rung.tell.as_slice()))
        .collect()
}

fn chased(
    cycle: &CycleId,
    drawn: Date,
    waiting: &[&Episode],
    today: Date,
    terms: &Terms,
) -> Vec<Matter> {
    let passed = terms.policy.ladders.sample.iter();
    let passed = passed.filter(|rung| terms.calendar.add(drawn, rung.working_days) <= today);
    // Of levels that passed while nobody looked, only the latest is said.
    let Some(latest) = passed.max_by_key(|rung| rung.working_days) else {
        return Vec::new();
    };
    // Who has spoken is nobody's secret; what they said is.
    let name = |one: &&Episode| {
        let (said, awaited) = (one.deeds.sample_moderated.len(), one.moderators_awaited());
        match said {
            0 => one.id.to_string(),
            _ => format!("{} ({awaited} of {} awaited)", one.id, said + awaited),
        }
    };
    let names: Vec<String> = waiting.iter().map(name).collect();
    let matter = |role: &Role| Matter {
        key: format!(
            "unmoderated/{cycle}/{drawn}/{:+}/{}",
            latest.working_days,
            role.words()
        ),
        rule: "LE-09.2",
        episode: None,
        tell: *role,
        text: format!(
            "Cycle {cycle}: not moderated yet, {} working days after the draw: {}. Ask the moderators to record what they \
             would have given.",
            terms.calendar.between(drawn, today),
            names.join(", ")
        ),
    };
    latest.tell.iter().map(matter).collect()
}

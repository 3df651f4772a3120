//! Can the people file be true? Rows that say two things of one moment, roles that nobody holds any more, and
//! deputies who stand in for each other. Each with the row that shows it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::practice::episode::Role;
use crate::practice::ids::WorkerId;
use crate::practice::people::{Holder, People};

/// One contradiction: the row it shows in, such as `holders[2]`, what it is, and what to do.
pub(super) type Contradiction = (String, String, &'static str);

/// From when until when; open at an end that is not given.
type Span = (Option<Timestamp>, Option<Timestamp>);

fn overlap(one: Span, other: Span) -> bool {
    let before = |end: Option<Timestamp>, start: Option<Timestamp>| matches!((end, start), (Some(end), Some(start)) if end <= start);
    !before(one.1, other.0) && !before(other.1, one.0)
}

/// What two spans have in common; none if nothing.
fn common(one: Span, other: Span) -> Option<Span> {
    let until = match (one.1, other.1) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    overlap(one, other).then_some((one.0.max(other.0), until))
}

/// Everything in the file that cannot be true together.
pub(super) fn contradictions(people: &People) -> Vec<Contradiction> {
    let mut found = Vec::new();
    backwards(people, &mut found);
    twice(people, &mut found);
    themselves(people, &mut found);
    nobody_after(&people.holders, &mut found);
    circles(people, &mut found);
    found
}

/// Every dated row, with its place and its span.
fn spans(people: &People) -> Vec<(String, Span)> {
    let mut all = Vec::new();
    macro_rules! rows {
        ($($list:ident),*) => {$(
            for (nth, row) in people.$list.iter().enumerate() {
                all.push((format!("{}[{nth}]", stringify!($list)), (row.from, row.until)));
            }
        )*};
    }
    rows!(holders, away, services, managers, interests);
    all
}

fn backwards(people: &People, found: &mut Vec<Contradiction>) {
    for (at, span) in spans(people) {
        if let (Some(from), Some(until)) = span
            && until <= from
        {
            found.push((
                at,
                format!("it ends at {until}, before it begins"),
                "turn the two around",
            ));
        }
    }
}

/// Rows of one kind about one thing, in one moment.
fn twice(people: &People, found: &mut Vec<Contradiction>) {
    let mut rows: Vec<(String, String, Span)> = Vec::new();
    for (nth, row) in people.holders.iter().enumerate() {
        let about = format!("`{}` is {} twice", row.worker, row.role.words());
        rows.push((format!("holders[{nth}]"), about, (row.from, row.until)));
    }
    for (nth, row) in people.away.iter().enumerate() {
        let about = format!("`{}` is away twice", row.worker);
        rows.push((format!("away[{nth}]"), about, (row.from, row.until)));
    }
    for (nth, row) in people.services.iter().enumerate() {
        for (role, worker) in [
            (Role::OperationalManager, &row.operational_manager),
            (Role::ServiceManager, &row.service_manager),
            (Role::HeadOfService, &row.head),
        ] {
            if worker.is_some() {
                let about = format!("`{}` has two {}s", row.service, role.words());
                rows.push((format!("services[{nth}]"), about, (row.from, row.until)));
            }
        }
    }
    for (nth, row) in people.addresses.iter().enumerate() {
        let about = format!("`{}` has two addresses", row.worker);
        rows.push((format!("addresses[{nth}]"), about, (None, None)));
    }
    let mut seen: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for (at, about, span) in &rows {
        let before = seen.entry(about).or_default();
        if before.iter().any(|one| overlap(*one, *span)) {
            found.push((
                at.clone(),
                format!("{about} at the same time"),
                "take one of the rows out, or let one end where the other begins",
            ));
        }
        before.push(*span);
    }
}

fn themselves(people: &People, found: &mut Vec<Contradiction>) {
    for (nth, row) in people.away.iter().enumerate() {
        if row.deputy.as_ref() == Some(&row.worker) {
            let what = format!("`{}` stands in for themselves", row.worker);
            found.push((format!("away[{nth}]"), what, "name somebody else"));
        }
    }
    for (nth, row) in people.managers.iter().enumerate() {
        if row.manager == row.worker {
            let what = format!("`{}` manages themselves", row.worker);
            found.push((format!("managers[{nth}]"), what, "name somebody else"));
        }
    }
    for (nth, row) in people.interests.iter().enumerate() {
        let at = format!("interests[{nth}]");
        if row.with.is_none() && row.service.is_none() {
            let what = format!("`{}` declares an interest in nothing", row.worker);
            found.push((at, what, "say `with` which worker, or in which `service`"));
        } else if row.with.as_ref() == Some(&row.worker) {
            let what = format!("`{}` declares an interest with themselves", row.worker);
            found.push((at, what, "name somebody else"));
        }
    }
}

/// A role that had holders, and has none after a day.
fn nobody_after(holders: &[Holder], found: &mut Vec<Contradiction>) {
    let roles: BTreeSet<Role> = holders.iter().map(|holder| holder.role).collect();
    for role in roles {
        let of_role = holders.iter().enumerate();
        let ends = of_role
            .filter(|(_, holder)| holder.role == role)
            .map(|(nth, holder)| (holder.until, nth));
        let ends: Vec<(Option<Timestamp>, usize)> = ends.collect();
        if ends.iter().any(|(until, _)| until.is_none()) {
            continue;
        }
        if let Some((Some(until), nth)) = ends.iter().max() {
            found.push((
                format!("holders[{nth}]"),
                format!("nobody is {} from {until} on", role.words()),
                "name who is, or leave `until` out",
            ));
        }
    }
}

/// Deputies, and managers, who lead back to where one began, in a moment that all the rows have in common.
fn circles(people: &People, found: &mut Vec<Contradiction>) {
    let away = people.away.iter().enumerate().filter_map(|(nth, row)| {
        let deputy = row.deputy.as_ref()?;
        Some((nth, &row.worker, deputy, (row.from, row.until)))
    });
    let away: Vec<Edge<'_>> = away.collect();
    for (nth, worker) in returning(&away) {
        found.push((
            format!("away[{nth}]"),
            format!("whoever stands in for `{worker}` is away at the same time, and leads back to `{worker}`"),
            "name a deputy who is there",
        ));
    }
    let managers = people.managers.iter().enumerate();
    let managers: Vec<Edge<'_>> = managers
        .map(|(nth, row)| (nth, &row.worker, &row.manager, (row.from, row.until)))
        .collect();
    for (nth, worker) in returning(&managers) {
        found.push((
            format!("managers[{nth}]"),
            format!("`{worker}` is managed by somebody whom `{worker}` manages"),
            "take one of the rows out",
        ));
    }
}

/// From one worker to another, with the row and its span.
type Edge<'a> = (usize, &'a WorkerId, &'a WorkerId, Span);

/// The last row of each circle of two or more, with the worker it leads back to.
fn returning<'a>(edges: &[Edge<'a>]) -> Vec<(usize, &'a WorkerId)> {
    let mut found: BTreeMap<usize, &WorkerId> = BTreeMap::new();
    for (first, start, next, span) in edges.iter().filter(|(_, from, to, _)| from != to) {
        // Each way from here, with the rows gone through and the moment they share; a row is gone through once.
        let mut ways = vec![(vec![*first], *next, *span)];
        while let Some((rows, at, span)) = ways.pop() {
            if at == *start {
                if let Some(last) = rows.iter().max() {
                    found.entry(*last).or_insert(start);
                }
                continue;
            }
            if rows.len() > 8 {
                continue;
            }
            let on = edges
                .iter()
                .filter(|(nth, from, ..)| *from == at && !rows.contains(nth));
            for (nth, _, to, more) in on {
                if let Some(shared) = common(span, *more) {
                    ways.push(([rows.clone(), vec![*nth]].concat(), to, shared));
                }
            }
        }
    }
    found.into_iter().collect()
}

//! How would an invitation begin? A calendar file to open, put at a time and send: roles and days, and nobody by
//! name (¶12 to ¶14).
//!
//! RFC 5545. The draft covers the days among which a time is to be found, as tentative and free. Absent on purpose:
//! attendees, since people choose whom they write to, and sending.

use jiff::Timestamp;
use jiff::civil::Date;

use super::deadlines::due_day;
use super::episode::{Episode, Stage};
use super::fact::Fact;
use super::rules::parameter::SUGGESTED;
use super::terms::Terms;

/// What somebody is invited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The first learning conversation (LE-12.1).
    Conversation,
    /// The concluding meeting (LE-13.1).
    Concluding,
    /// The practice event to be observed (LE-14.1).
    PracticeEvent,
}

/// Working days before the completion date between which the concluding meeting lies.
const CONCLUDING: (i32, i32) = (-10, -3);
/// Working days after the allocation until which the first learning conversation is arranged.
const CONVERSATION: (i32, i32) = (1, 10);

impl Occasion {
    /// What it is called.
    pub fn words(self) -> &'static str {
        match self {
            Self::Conversation => "learning conversation",
            Self::Concluding => "concluding meeting",
            Self::PracticeEvent => "practice event",
        }
    }

    /// The days among which it is to lie, local, both included; none if nobody set a date that they go by.
    pub fn window(self, episode: &Episode, terms: &Terms) -> Option<(Date, Date)> {
        let add = |day: Date, (from, until): (i32, i32)| {
            let calendar = &terms.calendar;
            (calendar.add(day, from), calendar.add(day, until))
        };
        let allocated = episode.allocation.as_ref().map(|set| set.allocated_on);
        let (policy, calendar) = (&terms.policy, &terms.calendar);
        let due = due_day(episode, Stage::PracticeReview, policy, calendar);
        match self {
            Self::Conversation => Some(add(allocated?, CONVERSATION)),
            Self::Concluding => Some(add(due?, CONCLUDING)),
            Self::PracticeEvent => {
                let met = episode.fact(Fact::ConversationDate);
                let met = met.day(|at| calendar.local_date(at));
                let from = met.value().copied().or(allocated)?;
                let (first, last) = (calendar.add(from, 1), add(due?, CONCLUDING).0);
                Some((first, last.max(first)))
            }
        }
    }

    /// The roles to invite: those that the guidance names, and those suggested for the kind of plan (¶12).
    fn roles(self, episode: &Episode, terms: &Terms) -> Vec<String> {
        let fixed: &[&str] = match self {
            Self::Conversation => &["practitioner"],
            Self::Concluding => &["practitioner", "supervisor"],
            Self::PracticeEvent => &["practice reviewer"],
        };
        let mut roles: Vec<String> = fixed.iter().map(|role| (*role).to_owned()).collect();
        let allocation = episode.allocation.as_ref();
        let plan = allocation.and_then(|set| set.plan_type.as_deref());
        let service = allocation.map(|set| set.service.as_str());
        if self == Self::Conversation {
            let spelt = |text: &str| text.trim().to_lowercase().replace([' ', '-'], "_");
            let codes = SUGGESTED.codes(&terms.policy);
            let pairs = codes.iter().filter_map(|code| code.split_once(':'));
            let ours = pairs.filter(|(of, _)| {
                plan.into_iter()
                    .chain(service)
                    .any(|own| spelt(own) == spelt(of))
            });
            roles.extend(ours.map(|(_, role)| role.replace('_', " ")));
        }
        roles
    }
}

/// A draft of the invitation as a calendar file; none if there are no days to go by.
pub fn draft(
    episode: &Episode,
    occasion: Occasion,
    terms: &Terms,
    now: Timestamp,
) -> Option<String> {
    let (from, until) = occasion.window(episode, terms)?;
    let (id, what) = (&episode.id, occasion.words());
    let roles = occasion.roles(episode, terms).join(", ");
    let day = |day: Date| day.strftime("%A %-d %B %Y").to_string();
    let about = match occasion {
        Occasion::Conversation => {
            "A talk about the child's experience and progress, and about what the practitioner would like to focus on."
        }
        Occasion::Concluding => {
            "The rationale for the overall evaluation, evidence that is still missing, and actions with their timescales."
        }
        Occasion::PracticeEvent => {
            "A routine practice event. Please let the family and other professionals know that an observer will be there."
        }
    };
    let description = format!(
        "{about}\nTo invite: {roles}.\nFind a time between {} and {}, then send it.",
        day(from),
        day(until)
    );
    let compact = |day: Date| day.strftime("%Y%m%d").to_string();
    let after = until.tomorrow().unwrap_or(until);
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Greentick//Draft invitation//EN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!(
            "UID:{}-{}@greentick.invalid",
            escaped(id.as_str()),
            what.replace(' ', "-")
        ),
        format!("DTSTAMP:{}", now.strftime("%Y%m%dT%H%M%SZ")),
        format!("DTSTART;VALUE=DATE:{}", compact(from)),
        format!("DTEND;VALUE=DATE:{}", compact(after)),
        format!("SUMMARY:{}", escaped(&format!("{id}: {what}"))),
        format!("DESCRIPTION:{}", escaped(&description)),
        "STATUS:TENTATIVE".to_owned(),
        "TRANSP:TRANSPARENT".to_owned(),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    Some(lines.iter().map(|line| folded(line)).collect())
}

/// A text value: backslash, semicolon, comma and line end are written with a backslash (section 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => {}
            c => out.push(c),
        }
    }
    out
}

/// A content line of at most 75 octets, gone on with behind a space, ended as the format wants (section 3.1).
fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            octets = 1;
        }
        octets += c.len_utf8();
        out.push(c);
    }
    out + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_characters_and_lose_nothing() {
        for line in [
            "short".to_owned(),
            "x".repeat(75),
            "é".repeat(200),
            "x".repeat(76),
        ] {
            let written = folded(&line);
            for part in written.trim_end_matches("\r\n").split("\r\n") {
                assert!(part.len() <= 75, "{}", part.len());
            }
            assert_eq!(written.replace("\r\n ", "").trim_end_matches("\r\n"), line);
        }
        assert_eq!(folded(&"x".repeat(75)).len(), 77);
    }

    #[test]
    fn what_has_a_meaning_in_the_format_is_escaped() {
        assert_eq!(escaped("a,b;c\\d\ne\r"), "a\\,b\\;c\\\\d\\ne");
    }
}

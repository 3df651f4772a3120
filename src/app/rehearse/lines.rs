//! How does a rehearsal look at a terminal? Counts first; one by one only if asked.

use jiff::Timestamp;

use super::told::{Finish, Flags, Message, Rehearsal};
use crate::practice::calendar::Calendar;
use crate::practice::verdict::Answer;

impl Rehearsal {
    /// The differences as lines for a terminal; with `list`, one by one.
    pub fn in_lines(&self, calendar: &Calendar, list: bool) -> Vec<String> {
        let mut lines = self.head(calendar);
        let (mut held, mut through, mut other) = (Vec::new(), Vec::new(), Vec::new());
        for finish in &self.finishes {
            match (finish.was == Answer::Hold, finish.would_be == Answer::Hold) {
                (false, true) => held.push(finish),
                (true, false) => through.push(finish),
                _ => other.push(finish),
            }
        }
        lines.push("Finish".to_owned());
        for (what, group) in [
            ("let through then, would be held", held),
            ("held then, would be let through", through),
            ("held or permitted as then, for other reasons", other),
        ] {
            lines.push(format!("  {:>5}  {what}", group.len()));
            if list {
                lines.extend(group.into_iter().map(|one| one.line(calendar)));
            }
        }
        lines.push("Flags at a finish check".to_owned());
        lines.push(format!(
            "  {:>5}  finish checks with other flags",
            self.flags.len()
        ));
        if list {
            lines.extend(self.flags.iter().map(|one| one.line(calendar)));
        }
        lines.push("Messages".to_owned());
        if self.shares.is_empty() {
            lines.push("      0  more, fewer or changed".to_owned());
        } else {
            lines.push("  rule      more  fewer  changed  to".to_owned());
        }
        for share in &self.shares {
            lines.push(format!(
                "  {:<8}{:>6}{:>7}{:>9}  {}",
                or_none(&share.rule),
                share.more,
                share.fewer,
                share.changed,
                share.to
            ));
        }
        if list {
            for (name, messages) in [
                ("more", &self.more),
                ("fewer", &self.fewer),
                ("changed", &self.changed),
            ] {
                lines.extend(messages.iter().map(|one| one.line(name, calendar)));
            }
        }
        lines
    }

    fn head(&self, calendar: &Calendar) -> Vec<String> {
        let day = |at: Option<Timestamp>| {
            at.map_or_else(String::new, |at| {
                calendar.day_words(calendar.local_date(at))
            })
        };
        let mut lines = vec![format!(
            "Rehearsed: {} Learning Episodes, {} lines of the journal, {} to {}.",
            self.episodes,
            self.lines,
            day(self.from),
            day(self.until)
        )];
        lines.extend(self.warnings.iter().map(|why| format!("Careful: {why}")));
        if !self.is_different() {
            lines.push("Nothing would have been different.".to_owned());
        }
        lines
    }
}

impl Finish {
    fn line(&self, calendar: &Calendar) -> String {
        let signed = |sign: &str, rules: &[String]| {
            let rules: Vec<String> = rules.iter().map(|rule| format!("{sign}{rule}")).collect();
            rules.join(" ")
        };
        let seen = if self.observed { ", observed" } else { "" };
        format!(
            "         {} step {} on {}{seen}: {} {}",
            self.episode,
            self.step,
            calendar.local_words(self.at),
            signed("+", &self.more),
            signed("-", &self.fewer)
        )
    }
}

impl Flags {
    fn line(&self, calendar: &Calendar) -> String {
        format!(
            "         {} step {} on {}: more {}; fewer {}",
            self.episode,
            self.step,
            calendar.local_words(self.at),
            or_none(&self.more.join(" ")),
            or_none(&self.fewer.join(" "))
        )
    }
}

impl Message {
    fn line(&self, name: &str, calendar: &Calendar) -> String {
        let episode = self.episode.as_ref().map(ToString::to_string);
        format!(
            "  {name:<8} {} {} on {} to {}",
            episode.unwrap_or_default(),
            or_none(&self.rule),
            calendar.local_words(self.at),
            self.told().join(", ")
        )
    }
}

fn or_none(rules: &str) -> &str {
    if rules.is_empty() { "none" } else { rules }
}

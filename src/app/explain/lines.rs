//! How does an explanation look at a terminal of 80 columns? What holds Finish first, what is met last.

use super::rules::{RuleTold, StageTold};
use super::{Explanation, Moderated};
use crate::practice::calendar::Calendar;
use crate::practice::decision::ModerationOutcome;
use crate::practice::episode::{Finished, Presence, StepStatus};
use crate::practice::ids::StepId;
use crate::practice::terms::Stance;

/// Columns.
const WIDTH: usize = 80;

/// Lines of text, wrapped.
#[derive(Default)]
struct Page(Vec<String>);

impl Page {
    fn blank(&mut self) {
        if !self.0.last().is_none_or(String::is_empty) {
            self.0.push(String::new());
        }
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        self.0.push(text.to_uppercase());
    }

    /// A step's heading. Its id stays as it is: in some case systems another case is another step.
    fn step_heading(&mut self, words: &str, step: &StepId) {
        self.heading(&format!("{words}, step"));
        if let Some(line) = self.0.last_mut() {
            line.push(' ');
            line.push_str(step.as_str());
        }
    }

    /// A paragraph that begins with `first` and goes on under it.
    fn para(&mut self, first: &str, text: &str) {
        let indent = " ".repeat(first.chars().count());
        let mut line = first.to_owned();
        let mut is_empty = true;
        for word in text.split_whitespace() {
            let wide = line.chars().count() + 1 + word.chars().count() > WIDTH;
            if wide && !is_empty {
                self.0.push(std::mem::replace(&mut line, indent.clone()));
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.0.push(line.trim_end().to_owned());
    }
}

/// The explanation as lines for a terminal.
pub fn in_lines(told: &Explanation, calendar: &Calendar) -> Vec<String> {
    let mut page = Page::default();
    let cycle = told.cycle.as_ref();
    let cycle = cycle.map_or("cycle not known".to_owned(), |cycle| {
        format!("cycle {cycle}")
    });
    page.para("", &format!("{}, {cycle}", told.episode));
    page.para("", &format!("As of {}", told.as_of_words));
    for warning in &told.warnings {
        page.para("Careful: ", warning);
    }
    page.heading("Where it stands");
    for sentence in &told.summary {
        page.para("  ", sentence);
    }
    if !told.concerns.is_empty() {
        page.heading("Needs a person");
        for concern in &told.concerns {
            page.para("  - ", &concern.words);
        }
    }
    for stage in &told.stages {
        stage_lines(&mut page, stage, calendar);
    }
    page.heading("The whole episode");
    rules(&mut page, &told.whole, false);
    dates(&mut page, told);
    moderation(&mut page, &told.moderation, calendar);
    if let Some(sample) = &told.sample {
        page.heading("The moderation sample");
        for sentence in &sample.words {
            page.para("  ", sentence);
        }
    }
    on_record(&mut page, told, calendar);
    ahead(&mut page, told, calendar);
    page.0
}

fn stage_lines(page: &mut Page, told: &StageTold, calendar: &Calendar) {
    let (Some(step), Some(status)) = (&told.step, told.status) else {
        page.heading(told.stage.words());
        page.para("  ", "It has not begun.");
        return;
    };
    page.step_heading(told.stage.words(), step);
    let state = match (status, told.presence) {
        (_, Some(Presence::Hidden)) => "It is hidden: the record is restricted.",
        (StepStatus::Completed, _) => "It is finished.",
        (StepStatus::Incoming, _) => "It is open and not started.",
        (StepStatus::Reopened, _) => "It is open again.",
        _ => "It is open.",
    };
    page.para("  ", state);
    for finish in &told.finishes {
        page.para("  ", &finished(finish, calendar));
    }
    if let Some(asked) = told.asked.as_ref().filter(|_| status.is_open()) {
        let by = asked.actor.as_ref();
        let by = by.map_or(String::new(), |by| format!(" by {by}"));
        let at = calendar.local_words(asked.at);
        page.para("  ", &format!("Finish was last asked for{by} on {at}."));
    }
    if let Some(permit) = told.permit.as_ref().filter(|_| status.is_open()) {
        let kind = if permit.provisional {
            "A provisional permit"
        } else {
            "A permit"
        };
        let until = calendar.local_words(permit.valid_until);
        page.para("  ", &format!("{kind} stands until {until}."));
    }
    if told.overridden {
        page.para(
            "  ",
            "An override lets Finish through in spite of what follows.",
        );
    }
    rules(page, &told.rules, !status.is_open());
}

fn finished(finish: &Finished, calendar: &Calendar) -> String {
    let how = match (&finish.permit, finish.bypass) {
        (Some(_), _) => "with a permit",
        (None, true) => "without a permit",
        (None, false) => "before Greentick was active",
    };
    let again = if finish.leg > 1 {
        format!(" (opening {})", finish.leg)
    } else {
        String::new()
    };
    format!(
        "Finished on {}, {how}{again}.",
        calendar.local_words(finish.at)
    )
}

/// What is found of each rule, in groups; of a finished step what `was` so.
fn rules(page: &mut Page, told: &[RuleTold], was: bool) {
    let holds = if was {
        "Would have held Finish"
    } else {
        "Holds Finish"
    };
    let of = |holds: bool, finding: &str| -> Vec<&RuleTold> {
        let mut group: Vec<&RuleTold> = told.iter().collect();
        group.retain(|rule| rule.holds == holds && (holds || rule.finding == finding));
        group
    };
    let groups = [
        (holds, of(true, "")),
        ("Said, and does not hold Finish", of(false, "unmet")),
        ("Cannot be told", of(false, "cannot tell")),
    ];
    for (name, group) in groups {
        if group.is_empty() {
            continue;
        }
        page.para("  ", &format!("{name}:"));
        for rule in group {
            page.para(&format!("    {:<9}", rule.rule), &rule.missing);
            if !rule.seen.is_empty() {
                page.para("             Seen: ", &rule.seen);
            }
            page.para(
                "             To do: ",
                &format!("{} ({})", rule.remedy, paragraphs(rule)),
            );
        }
    }
    for (name, finding) in [("Met", "met"), ("Does not apply", "does not apply")] {
        let group = of(false, finding);
        if group.is_empty() {
            continue;
        }
        page.para("  ", &format!("{name}:"));
        for rule in group {
            let off = if rule.stance == Stance::Off {
                " (switched off)"
            } else {
                ""
            };
            page.para(
                &format!("    {:<9}", rule.rule),
                &format!("{}{off}", rule.title),
            );
        }
    }
}

fn paragraphs(rule: &RuleTold) -> String {
    let all: Vec<String> = rule.paragraphs.iter().map(u8::to_string).collect();
    let noun = if all.len() == 1 {
        "paragraph"
    } else {
        "paragraphs"
    };
    format!("{noun} {}", all.join(" and "))
}

fn dates(page: &mut Page, told: &Explanation) {
    if told.clock.is_empty() {
        return;
    }
    page.heading("Dates");
    for clock in &told.clock {
        let mut first = true;
        for sentence in &clock.words {
            let name = if first {
                format!("  {}: ", capital(clock.stage.words()))
            } else {
                "    ".to_owned()
            };
            if first {
                page.para("  ", &format!("{}{sentence}", name.trim_start()));
            } else {
                page.para(&name, sentence);
            }
            first = false;
        }
    }
}

fn moderation(page: &mut Page, told: &Moderated, calendar: &Calendar) {
    if told.requests.is_empty() && told.moderations.is_empty() {
        return;
    }
    page.heading("Initial moderation");
    for request in &told.requests {
        let grade = request
            .grade
            .map_or("an evaluation that could not be read", |g| g.words());
        let at = calendar.local_words(request.at);
        page.para(
            "  ",
            &format!("{} asked for it on {at}, for {grade}.", request.by),
        );
    }
    for made in &told.moderations {
        let outcome = match made.outcome {
            ModerationOutcome::Agree => "agreed with",
            ModerationOutcome::Change => "would change",
            ModerationOutcome::MoreEvidence => "asked for more evidence for",
            ModerationOutcome::Withdrawn => "entered that nobody asks any more about",
        };
        let at = calendar.local_words(made.at);
        page.para(
            "  ",
            &format!("{} {outcome} {} on {at}.", made.by, made.grade.words()),
        );
    }
    if told.still_about_the_form == Some(false) {
        page.para("  ", "The form has changed since the last moderation.");
    }
}

fn on_record(page: &mut Page, told: &Explanation, calendar: &Calendar) {
    if told.reasons.is_empty() && told.overrides.is_empty() {
        return;
    }
    page.heading("On record");
    for given in &told.reasons {
        let about = serde_json::to_value(given.about).unwrap_or_default();
        let about = about.as_str().unwrap_or_default().replace('_', " ");
        let at = calendar.local_words(given.at);
        let text = format!(
            "{} gave the reason `{}` for {about} on {at}.",
            given.by, given.reason
        );
        page.para("  ", &text);
    }
    for made in &told.overrides {
        let at = calendar.local_words(made.at);
        let stage = made.stage.words();
        let text = format!(
            "{} let the Finish of the {stage} through on {at}, with the reason `{}`.",
            made.by, made.reason
        );
        page.para("  ", &text);
    }
}

/// Who hears next, if nothing changes.
fn ahead(page: &mut Page, told: &Explanation, calendar: &Calendar) {
    let mut coming: Vec<_> = told
        .milestones
        .iter()
        .filter(|m| m.at > told.as_of)
        .collect();
    coming.sort_by_key(|milestone| milestone.at);
    if coming.is_empty() {
        return;
    }
    page.heading("Who hears next, if nothing changes");
    for milestone in coming.into_iter().take(4) {
        let who: Vec<&str> = milestone.tell.iter().map(|role| role.words()).collect();
        let at = calendar.local_words(milestone.at);
        page.para(
            "  ",
            &format!("{at}: {} ({})", who.join(", "), milestone.rule),
        );
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

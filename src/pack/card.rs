//! What does a moderator of CSLT get in hand for one drawn episode (¶9)? One page: what it is, why it was drawn, what is
//! there to be read, and how to say what they would have given.
//!
//! A card has two halves. The first is for whoever has not decided yet, and tells nothing of the evaluation: no grade,
//! no reason to be drawn that gives one away, nothing of an initial moderation (only Outstanding and Inadequate have
//! one), and not whether the ratings fit. The second half holds all that, and there is none before the moderator's own
//! decision is on record. Of another moderator's grade nothing is said before both have spoken.
//! Absent: names, narrative, and any word on which grade would be right.

use askama::Template;
use serde::Serialize;

use super::figures::words;
use crate::sampling::Grade;

/// One moderator's page on one episode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    /// The cycle.
    pub cycle: String,
    /// The episode.
    pub le_id: String,
    /// Who moderates it, by worker id.
    pub moderator: String,
    /// Its service.
    pub service: String,
    /// The group it was drawn from.
    pub stratum: String,
    /// Why it was drawn, in whole sentences that tell nothing of the evaluation.
    pub why: Vec<String>,
    /// Whose work it is: a role in words and a worker id.
    pub people: Vec<(String, String)>,
    /// Its steps in the case system: a stage in words and a step's id.
    pub steps: Vec<(String, String)>,
    /// Whether a second moderator judges it, independently.
    pub shared: bool,
    /// The ratings in the form.
    pub profile: Vec<Ratings>,
    /// What is there to be read.
    pub evidence: Vec<Evidence>,
    /// The local day it came into the sample, in words.
    pub drawn_on: String,
    /// When somebody is told that it waits: a local day, and who, in words.
    pub chased: Vec<(String, String)>,
    /// How the decision is given; none once it is on record.
    pub give: Option<Give>,
    /// What is told once the moderator has decided.
    pub afterwards: Option<Afterwards>,
}

/// The ratings of one section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ratings {
    /// The section in words.
    pub section: &'static str,
    /// What is rated, and how; as codes.
    pub rows: Vec<(String, String)>,
    /// Why there are none, if there are none.
    pub none: Option<&'static str>,
}

/// One thing that the guidance asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// What.
    pub what: &'static str,
    /// Whether it is there.
    pub state: State,
}

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is.
    Present,
    /// It is not.
    Absent,
    /// It is not, and a reason is on record.
    Excused,
    /// It cannot be read, or the form has no place for it.
    NotKnown,
}

impl State {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
            Self::Excused => "absent, with a reason",
            Self::NotKnown => "cannot be told",
        }
    }
}

/// The doors by which the decision is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Give {
    /// At a terminal; `GRADE` stands for one of [`Give::grades`].
    pub command: String,
    /// Over HTTP: method and path.
    pub request: String,
    /// The body that goes with it.
    pub body: String,
    /// What may stand for `GRADE`.
    pub grades: Vec<&'static str>,
}

/// What a moderator is told once their own decision is on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Afterwards {
    /// What they decided.
    pub own: Grade,
    /// When, local, in words.
    pub given_on: String,
    /// The evaluation in the form; none if it could not be read.
    pub evaluation: Option<Grade>,
    /// Why it was drawn for certain, in words.
    pub certain: Vec<&'static str>,
    /// Where the ratings point away from the evaluation.
    pub hints: Vec<String>,
    /// What came of initial moderation.
    pub initial: Vec<String>,
    /// What the other moderator decided; none while that is awaited, or if there is no other.
    pub other: Option<Grade>,
}

impl Afterwards {
    /// How the moderator's grade stands to the evaluation.
    pub fn compared(&self) -> String {
        match self.evaluation {
            None => format!(
                "You gave {}; the evaluation could not be read.",
                words(self.own)
            ),
            Some(grade) if grade == self.own => {
                format!(
                    "You gave {}, as the practice reviewer did.",
                    words(self.own)
                )
            }
            Some(grade) => format!(
                "You gave {}; the evaluation is {}, and it stands.",
                words(self.own),
                words(grade)
            ),
        }
    }

    /// The other moderator's grade, in words.
    pub fn other_words(&self) -> Option<&'static str> {
        self.other.map(words)
    }
}

/// Why an episode was drawn, in sentences that tell nothing of its evaluation. `n` of the `population` of its group were
/// drawn at first.
pub fn why_drawn(stratum: &str, listed_as: &str, n: usize, population: usize) -> Vec<String> {
    let group = if stratum == "C" {
        "It is one of those that are always drawn. Which of the reasons holds here is told once you have decided."
            .to_owned()
    } else if let Some(reviewer) = stratum.strip_prefix("D/") {
        format!(
            "Practice reviewer {reviewer} has not been moderated for some time, or ever, so one of their episodes is \
             drawn: {n} of {population}, by ticket."
        )
    } else {
        let service = stratum.strip_prefix("S/").unwrap_or(stratum);
        format!("Chance drew it, by ticket: {n} of {population} episodes of service {service}.")
    };
    let more = match listed_as {
        "replacement" => Some(
            "It stands in for an episode that could not be moderated, as the next ticket of the group.",
        ),
        "second_stage" => {
            Some("Its group is looked at further, and its ticket was among the next.")
        }
        _ => None,
    };
    std::iter::once(group)
        .chain(more.map(str::to_owned))
        .collect()
}

/// A reason to be drawn for certain, in words, by its code.
pub fn certain_words(code: &str) -> &'static str {
    match code {
        "extreme" => "Every Outstanding and Inadequate evaluation is moderated.",
        "grade_not_seen" => {
            "Its evaluation could not be read when the cycle was frozen, so it might have been an extreme one."
        }
        "disputed_moderation" => {
            "Its initial moderation did not agree, or the evaluation is another one than moderation was asked for or about."
        }
        "below_standard" => "The QA manager found the work below the standard.",
        _ => "It was allocated against a conflict of interest, or a hold was overridden.",
    }
}

/// Where the ratings of a section point away from an evaluation, besides what the rules of the policy say.
pub fn all_high(evaluation: Grade, profile: &[Ratings]) -> Option<String> {
    let rated: Vec<&str> = profile
        .iter()
        .flat_map(|section| &section.rows)
        .map(|(_, rating)| rating.as_str())
        .filter(|rating| ["high", "medium", "low"].contains(rating))
        .collect();
    let all = !rated.is_empty() && rated.iter().all(|rating| *rating == "high");
    (all && evaluation == Grade::RequiresImprovement).then(|| {
        format!(
            "All {} ratings are high, and the evaluation is {}.",
            rated.len(),
            words(evaluation)
        )
    })
}

#[derive(Template)]
#[template(path = "card.html")]
struct Page<'a> {
    card: &'a Card,
}

#[derive(Template)]
#[template(path = "cards.html")]
struct Pages<'a> {
    moderator: &'a str,
    cycle: &'a str,
    cards: &'a [(String, &'a Card)],
}

impl Card {
    /// The page, complete in itself.
    ///
    /// # Errors
    /// When the template cannot be filled, which its own test rules out.
    pub fn html(&self) -> Result<String, askama::Error> {
        Page { card: self }.render()
    }

    /// Whether the moderator has decided.
    pub fn is_given(&self) -> bool {
        self.afterwards.is_some()
    }
}

/// The page that lists a moderator's cards, each with the name of its file.
///
/// # Errors
/// When the template cannot be filled, which its own test rules out.
pub fn list(
    moderator: &str,
    cycle: &str,
    cards: &[(String, &Card)],
) -> Result<String, askama::Error> {
    Pages {
        moderator,
        cycle,
        cards,
    }
    .render()
}

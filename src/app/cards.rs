//! What does each moderator get in hand for each drawn episode (¶9)? Made of the ledger alone; nothing is written.

mod form;

use jiff::Timestamp;
use serde_json::json;

use form::{evidence, people, profile, steps};

use super::draw::{self, grade};
use super::{App, AppFault};
use crate::pack::card::{Afterwards, Card, Give, Ratings, all_high, certain_words, why_drawn};
use crate::practice::cycle::chases;
use crate::practice::decision::ModerationOutcome;
use crate::practice::episode::{Episode, Evaluation, Role, Stage};
use crate::practice::ids::CycleId;
use crate::practice::judge::judge_as_if_open;
use crate::practice::on_record::SampleModerated;
use crate::practice::terms::Terms;
use crate::practice::verdict::Finding;
use crate::sampling::{Frame, FrameRow, ListedItem, Listing, SampleList, StratumLine};

/// The cards of a cycle.
#[derive(Clone, Debug)]
pub struct Cards {
    /// By moderator, then in the order of the list.
    pub cards: Vec<Card>,
    /// Drawn episodes that nobody may moderate.
    pub without: Vec<String>,
}

/// The rules that hold the ratings of a section against the evaluation.
const FITS: [&str; 2] = ["LE-22.2", "LE-25.2"];

/// The cards of a cycle that was drawn, as things stand.
///
/// # Errors
/// A refusal if nothing was drawn, or the ledger's fault.
pub async fn cards<C>(app: &App<C>, cycle: &CycleId) -> Result<Cards, AppFault> {
    let frozen = draw::frozen(app, cycle).await?;
    let certificate = draw::certificate(app, cycle).await?;
    let assignment = draw::assignment(app, cycle).await?;
    let list = SampleList::of(&certificate, frozen.frame(), assignment.as_ref());
    let maker = Maker {
        terms: &app.terms,
        cycle,
        frame: frozen.frame(),
        strata: &certificate.strata,
    };
    let (mut cards, mut without) = (Vec::new(), Vec::new());
    for item in &list.items {
        if item.listed_as == Listing::Unusable {
            continue;
        }
        let episode = app.ledger.episode(&item.le_id.as_str().into()).await?;
        let Some(episode) = episode else { continue };
        // Whoever stood in for a moderator has a card too.
        let assigned = [&item.moderator, &item.second_moderator].into_iter();
        let mut who: Vec<&str> = assigned
            .map(String::as_str)
            .filter(|it| !it.is_empty())
            .collect();
        let shared = who.len() > 1;
        for said in &episode.deeds.sample_moderated {
            if !who.contains(&said.by.as_str()) {
                who.push(said.by.as_str());
            }
        }
        if who.is_empty() {
            without.push(item.le_id.clone());
        }
        let of = who.into_iter();
        cards.extend(of.map(|moderator| maker.card(item, &episode, moderator, shared)));
    }
    cards.sort_by(|a, b| a.moderator.cmp(&b.moderator));
    Ok(Cards { cards, without })
}

/// What all cards of a cycle are made of.
struct Maker<'a> {
    terms: &'a Terms,
    cycle: &'a CycleId,
    frame: &'a Frame,
    strata: &'a [StratumLine],
}

impl Maker<'_> {
    fn card(&self, item: &ListedItem, episode: &Episode, moderator: &str, shared: bool) -> Card {
        let calendar = &self.terms.calendar;
        let mut said = episode.deeds.sample_moderated.iter();
        let own = said.find(|said| said.by.as_str() == moderator);
        let awaited = episode.moderators_awaited() > 0;
        let drawn_at = episode.drawn_at();
        let drawn_on = drawn_at.map(|at| calendar.local_date(at));
        let chased = drawn_on
            .map(|day| chases(day, self.terms))
            .unwrap_or_default();
        let profile = profile(episode);
        Card {
            cycle: self.cycle.to_string(),
            le_id: item.le_id.clone(),
            moderator: moderator.to_owned(),
            service: item.service.clone(),
            stratum: item.stratum.clone(),
            why: self.why(item),
            people: people(episode),
            steps: steps(episode),
            shared,
            evidence: evidence(episode),
            drawn_on: drawn_on.map_or_else(|| "a day not on record".to_owned(), day),
            chased: chased
                .into_iter()
                .map(|(on, tell)| (day(on), listed(tell)))
                .collect(),
            give: (own.is_none() && awaited).then(|| give(&item.le_id, moderator)),
            afterwards: own.map(|own| self.afterwards(episode, own, &profile)),
            profile,
        }
    }

    fn why(&self, item: &ListedItem) -> Vec<String> {
        let line = self.strata.iter().find(|line| line.name == item.stratum);
        let (n, population) = line.map_or((0, 0), |line| (line.take, line.population));
        let listed_as = match item.listed_as {
            Listing::Replacement => "replacement",
            Listing::SecondStage => "second_stage",
            Listing::Selected | Listing::Unusable => "selected",
        };
        why_drawn(&item.stratum, listed_as, n, population)
    }

    fn afterwards(
        &self,
        episode: &Episode,
        own: &SampleModerated,
        profile: &[Ratings],
    ) -> Afterwards {
        let row = self.frame.row(episode.id.as_str());
        let certain = row.into_iter().flat_map(FrameRow::reasons);
        let mut others = episode.moderated_by_cslt().iter();
        let evaluation = own.own.map(grade);
        let mut hints = self.at_odds(episode);
        hints.extend(evaluation.and_then(|evaluation| all_high(evaluation, profile)));
        Afterwards {
            own: grade(own.grade),
            given_on: self.words(own.at),
            evaluation,
            certain: certain.map(certain_words).collect(),
            hints,
            initial: self.initial(episode),
            other: others
                .find(|other| other.by != own.by)
                .map(|other| grade(other.grade)),
        }
    }

    fn words(&self, at: Timestamp) -> String {
        day(self.terms.calendar.local_date(at))
    }

    /// What the judge finds of the ratings beside the evaluation.
    fn at_odds(&self, episode: &Episode) -> Vec<String> {
        let review = episode.step_of(Stage::PracticeReview);
        let Some((step, finish)) = review.and_then(|step| Some((step, step.finished.last()?)))
        else {
            return Vec::new();
        };
        let verdict = judge_as_if_open(episode, &step.id, finish.at, self.terms);
        let found = verdict.into_iter().flat_map(|verdict| verdict.findings);
        let unmet = found.filter(|judged| {
            FITS.contains(&judged.rule.as_str()) && matches!(judged.finding, Finding::Unmet(_))
        });
        unmet
            .map(|judged| format!("{} {}", judged.missing(), judged.seen()))
            .collect()
    }

    fn initial(&self, episode: &Episode) -> Vec<String> {
        let moderations = episode.moderations.iter();
        moderations
            .map(|made| {
                let outcome = match made.outcome {
                    ModerationOutcome::Agree => "agreed with",
                    ModerationOutcome::Change => "would have changed",
                    ModerationOutcome::MoreEvidence => "asked for more evidence for",
                    ModerationOutcome::Withdrawn => "no longer looked at",
                };
                format!(
                    "On {}, initial moderation {outcome} {}.",
                    self.words(made.at),
                    made.grade.words()
                )
            })
            .collect()
    }
}

fn day(day: jiff::civil::Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

fn listed(roles: &[Role]) -> String {
    let words: Vec<&str> = roles.iter().map(|role| role.words()).collect();
    words.join(" and the ")
}

/// The doors of `moderate_sample`.
fn give(episode: &str, moderator: &str) -> Give {
    let all = [
        Evaluation::Outstanding,
        Evaluation::Good,
        Evaluation::RequiresImprovement,
        Evaluation::Inadequate,
    ];
    Give {
        command: format!(
            "greentick decide {} moderate-sample --grade GRADE --by {}",
            quoted(episode),
            quoted(moderator)
        ),
        request: format!("POST /api/v1/episodes/{}/decisions", encoded(episode)),
        body: json!({ "decision": "moderate_sample", "grade": "GRADE" }).to_string(),
        grades: all.map(Evaluation::code).to_vec(),
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || ['-', '_', '.', '~'].contains(&letter)
}

/// As a shell takes it for one word.
fn quoted(text: &str) -> String {
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// As a path takes it.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match char::from(byte) {
        plain if is_plain(plain) => plain.to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

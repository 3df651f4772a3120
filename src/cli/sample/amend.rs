//! What may the QA manager do with a sample that is drawn? Nothing that chooses episodes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::super::Failure;
use super::super::cycle::{ended, put_drawn};
use super::super::run::{Configured, Ready, ready_to_write};
use crate::app::draw::{self, Drawn, Superseding, TakenFurther};
use crate::practice::ids::{CycleId, EpisodeId, WorkerId};
use crate::sampling::{GroupStanding, Trigger};

#[derive(Subcommand)]
pub(in crate::cli) enum Verb {
    /// Let the next reserve take the place of a drawn episode that cannot be moderated.
    Substitute {
        /// The cycle.
        cycle: String,
        /// The drawn episode that cannot be moderated.
        episode: String,
        /// Why, as a code of at most 40 characters, such as `record_restricted`. It is published with the certificate.
        #[arg(long, value_name = "CODE")]
        reason: String,
        #[command(flatten)]
        place: Place,
    },
    /// Take the groups further in which moderators differ from the reviewers; says which, or why none.
    SecondStage {
        /// The cycle.
        cycle: String,
        #[command(flatten)]
        place: Place,
    },
    /// Draw again with new dice where the draw cannot stand. Two people answer for it; both certificates are kept.
    Supersede {
        /// The cycle.
        cycle: String,
        /// Twenty digits from ten-sided dice, thrown anew before two witnesses; spaces are allowed.
        #[arg(long)]
        seed: String,
        /// Why the draw cannot stand, as a code of at most 40 characters, such as `witness_withdrew`. It is published.
        #[arg(long, value_name = "CODE")]
        reason: String,
        /// Who approves it, by worker id: given twice, two people who hold `qa_manager`, `head_of_service` or `cslt` in the
        /// people file, one of them not as QA manager only.
        #[arg(long, required = true, value_name = "WORKER")]
        approved_by: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
}

/// Who does it, and where the files go.
#[derive(Args)]
pub(in crate::cli) struct Place {
    /// Who does it, by worker id; they must be QA manager in the people file. It is written into the journal.
    #[arg(long, value_name = "WORKER", env = "GREENTICK_WORKER")]
    by: Option<String>,
    /// Where the list and the certificates go, all of them anew.
    #[arg(long, default_value = ".")]
    out: PathBuf,
    #[command(flatten)]
    configured: Configured,
}

impl Place {
    async fn ready(&self) -> Result<(Ready, Option<WorkerId>), Failure> {
        let ready = ready_to_write(&self.configured).await?;
        Ok((ready, self.by.clone().map(WorkerId)))
    }
}

pub(super) async fn run(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Substitute {
            cycle,
            episode,
            reason,
            place,
        } => substitute(cycle, episode, reason, place).await,
        Verb::SecondStage { cycle, place } => {
            let (ready, by) = place.ready().await?;
            let cycle = CycleId(cycle.clone());
            let now = ready.clock.now();
            let taken = draw::second_stage(&ready.app, &cycle, by.as_ref(), now)
                .await
                .map_err(ended)?;
            told(&taken);
            written(&ready, &cycle, &taken.drawn, place).await
        }
        Verb::Supersede {
            cycle,
            seed,
            reason,
            approved_by,
            place,
        } => {
            let [first, second] = approved_by.as_slice() else {
                let why = "another draw needs two people: give --approved-by twice";
                return Err(Failure::No(why.to_owned()));
            };
            let (first, second) = (WorkerId(first.clone()), WorkerId(second.clone()));
            let answer = Superseding {
                reason,
                approvers: [&first, &second],
            };
            let (ready, by) = place.ready().await?;
            let cycle = CycleId(cycle.clone());
            let now = ready.clock.now();
            let drawn = draw::supersede(&ready.app, &cycle, seed, &answer, by.as_ref(), now)
                .await
                .map_err(ended)?;
            let ids: Vec<&str> = drawn.episodes.iter().map(EpisodeId::as_str).collect();
            println!("{}", ids.join("\n"));
            written(&ready, &cycle, &drawn, place).await
        }
    }
}

async fn substitute(
    cycle: &str,
    episode: &str,
    reason: &str,
    place: &Place,
) -> Result<(), Failure> {
    let (ready, by) = place.ready().await?;
    let (cycle, episode) = (CycleId(cycle.to_owned()), EpisodeId(episode.to_owned()));
    let now = ready.clock.now();
    let done = draw::substitute(&ready.app, &cycle, &episode, reason, by.as_ref(), now)
        .await
        .map_err(ended)?;
    let stratum = &done.substitution.stratum;
    match &done.substitution.replacement {
        Some(replacement) => {
            let assignment = draw::assignment(&ready.app, &cycle).await?;
            let who: Vec<&str> = assignment
                .iter()
                .flat_map(|all| all.moderators(replacement))
                .collect();
            let who = if who.is_empty() {
                "nobody may moderate it; look at the people file".to_owned()
            } else {
                format!("moderated by {}", who.join(" and "))
            };
            println!(
                "{episode} gives way to {replacement}, the next ticket of group {stratum}; {who}"
            );
        }
        None => println!("{episode} gives way, and group {stratum} has no ticket left"),
    }
    written(&ready, &cycle, &done.drawn, place).await
}

/// Every group with why it is taken further or not.
fn told(taken: &TakenFurther) {
    for group in &taken.groups {
        let added = taken
            .added
            .iter()
            .find(|stage| stage.stratum == group.stratum);
        let added = added.map(|stage| stage.added.join(", "));
        println!("{}: {}", group.stratum, why(group, added.as_deref()));
    }
    if taken.awaited > 0 {
        println!(
            "{} drawn episodes still await a moderator's grade; ask again when they are in",
            taken.awaited
        );
    }
    if taken.added.is_empty() {
        println!("no group is taken further");
    }
}

fn why(group: &GroupStanding, added: Option<&str>) -> String {
    let of = format!(
        "{} of {} moderated, another grade on {}",
        group.moderated, group.items, group.differing
    );
    let trigger = group.trigger.map(|trigger| match trigger {
        Trigger::TwoGradeGap => "a grade moved by two or more",
        Trigger::HalfDiffer => "at least half differ",
    });
    match (trigger, added) {
        (Some(trigger), Some(added)) => format!("{of}; {trigger}: taken further by {added}"),
        (Some(trigger), None) if group.taken_further => {
            format!("{of}; {trigger}, and it was taken further once before")
        }
        (Some(trigger), None) => format!("{of}; {trigger}, and all of it is in the sample already"),
        (None, _) => format!("{of}; nothing calls for more"),
    }
}

/// Writes the files, and says what is to be published.
async fn written(
    ready: &Ready,
    cycle: &CycleId,
    drawn: &Drawn,
    place: &Place,
) -> Result<(), Failure> {
    put_drawn(&ready.app, cycle, drawn, &place.out).await?;
    println!(
        "list and certificate are in `{}`; the certificate now is {}",
        place.out.display(),
        crate::practice::ids::Digest::of(&drawn.certificate)
    );
    Ok(())
}

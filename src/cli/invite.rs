//! How does an invitation begin? Prints a calendar file to open and send.

use clap::{Args, ValueEnum};

use super::Failure;
use super::run::{Configured, ready};
use crate::practice::ids::EpisodeId;
use crate::practice::invitation::{Occasion, draft};

/// Print a draft invitation (an .ics file) with the roles to invite and the days to find a time in; no names.
#[derive(Args)]
pub(super) struct Invite {
    /// The episode's reference.
    episode: String,
    /// What to invite to.
    #[arg(long = "for")]
    occasion: For,
    #[command(flatten)]
    configured: Configured,
}

#[derive(Clone, Copy, ValueEnum)]
enum For {
    /// The first learning conversation; sent by the practice reviewer.
    Conversation,
    /// The concluding meeting; sent by the practice reviewer.
    Concluding,
    /// The practice event to be observed; sent by the practitioner.
    PracticeEvent,
}

pub(super) async fn invite(verb: &Invite) -> Result<(), Failure> {
    let ready = ready(&verb.configured).await?;
    let id = EpisodeId(verb.episode.clone());
    let Some(episode) = ready.app.ledger.episode(&id).await? else {
        return Err(Failure::No(format!("no episode `{id}` is on record")));
    };
    let occasion = match verb.occasion {
        For::Conversation => Occasion::Conversation,
        For::Concluding => Occasion::Concluding,
        For::PracticeEvent => Occasion::PracticeEvent,
    };
    let Some(file) = draft(&episode, occasion, &ready.app.terms, ready.clock.now()) else {
        return Err(Failure::No(format!(
            "`{id}` has no date that the {} goes by; allocate it first",
            occasion.words()
        )));
    };
    print!("{file}");
    Ok(())
}

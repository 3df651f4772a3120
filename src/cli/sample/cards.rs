//! Where do a moderator's cards go? Into a folder of their own, because each is for one person's eyes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::Failure;
use super::super::cycle::ended;
use super::super::run::{Configured, ready};
use crate::app::cards;
use crate::pack::card::{self, Card};
use crate::practice::ids::{CycleId, Digest};

/// Write each moderator's cards.
#[derive(Args)]
pub(in crate::cli) struct Cards {
    /// The cycle.
    cycle: String,
    /// Where the folders go, one for each moderator. Hand each folder to its moderator alone.
    #[arg(long)]
    out: PathBuf,
    /// The cards of this moderator only, by worker id.
    #[arg(long, value_name = "WORKER")]
    moderator: Option<String>,
    #[command(flatten)]
    configured: Configured,
}

pub(super) async fn run(verb: &Cards) -> Result<(), Failure> {
    let ready = ready(&verb.configured).await?;
    let cycle = CycleId(verb.cycle.clone());
    let all = cards::cards(&ready.app, &cycle).await.map_err(ended)?;
    for le_id in &all.without {
        println!("{le_id}: nobody may moderate it; look at the people file");
    }
    for (moderator, folder, count) in put_cards(&all, verb.moderator.as_deref(), &verb.out)? {
        println!("{moderator}: {count} cards in {}", folder.display());
    }
    Ok(())
}

/// Writes cards into folders; gives each moderator with the folder and how many there are.
pub(in crate::cli) fn put_cards(
    all: &cards::Cards,
    only: Option<&str>,
    out: &Path,
) -> Result<Vec<(String, PathBuf, usize)>, Failure> {
    let mut by_moderator: BTreeMap<&str, Vec<&Card>> = BTreeMap::new();
    for card in &all.cards {
        by_moderator.entry(&card.moderator).or_default().push(card);
    }
    if let Some(only) = only
        && !by_moderator.contains_key(only)
    {
        let known: Vec<&str> = by_moderator.keys().copied().collect();
        return Err(Failure::No(format!(
            "no episode is given to `{only}`; moderators are: {}",
            known.join(", ")
        )));
    }
    let mut written = Vec::new();
    for (moderator, cards) in by_moderator {
        if only.is_some_and(|only| only != moderator) {
            continue;
        }
        let folder = out.join(file_name(moderator));
        std::fs::create_dir_all(&folder)?;
        let mut listed = Vec::new();
        for card in &cards {
            let stem = file_name(&card.le_id);
            put(&folder, &format!("{stem}.html"), card.html()?.as_bytes())?;
            let json = serde_json::to_vec_pretty(card)?;
            put(&folder, &format!("{stem}.json"), &json)?;
            listed.push((format!("{stem}.html"), *card));
        }
        let cycle = cards.first().map_or("", |card| card.cycle.as_str());
        let index = card::list(moderator, cycle, &listed)?;
        put(&folder, "index.html", index.as_bytes())?;
        written.push((moderator.to_owned(), folder, cards.len()));
    }
    Ok(written)
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let file = folder.join(name);
    std::fs::write(&file, bytes)
        .map_err(|why| Failure::CannotTell(format!("`{}`: {why}", file.display())))
}

/// An id as the name of a file. Where a sign has to give way, its hash keeps two ids apart.
fn file_name(id: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ['-', '_'].contains(&letter);
    if !id.is_empty() && id.chars().all(is_plain) {
        return id.to_owned();
    }
    let plain = |letter| if is_plain(letter) { letter } else { '_' };
    let Digest(hash) = Digest::of(id.as_bytes());
    let short: String = hash.chars().take(8).collect();
    id.chars().map(plain).collect::<String>() + "-" + &short
}

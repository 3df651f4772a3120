//! What do the moderators of CSLT do with a drawn sample, and what do they get to read?

use jiff::{SignedDuration, Timestamp};

use super::super::cycle::put_pack;
use super::{CUT_OFF, Conductor, Failure};
use crate::app::{decide, draw, pack};
use crate::practice::decision::{Decided, Decision};
use crate::practice::episode::Evaluation;
use crate::practice::ids::{CycleId, EpisodeId, WorkerId};
use crate::simulator::CYCLE;

impl Conductor<'_> {
    /// Two days after the draw each moderator says what they would have given. One in five differs by a grade.
    /// Every decision has a name of its own, so a demo that goes on takes none twice.
    pub(super) async fn moderate(&self) -> Result<(), Failure> {
        let (app, cycle) = (&self.doors.app, CycleId::from(CYCLE));
        let drawn: Timestamp = CUT_OFF.parse()?;
        let at = drawn.saturating_add(SignedDuration::from_hours(48))?;
        if self.clock.now() < at {
            self.clock.set(at);
        }
        let assignment = draw::assignment(app, &cycle).await?;
        let mut differed = 0_usize;
        let items = assignment.map(|it| it.items).unwrap_or_default();
        for (nth, item) in items.iter().enumerate() {
            let id = EpisodeId(item.le_id.clone());
            let episode = app.ledger.episode(&id).await?;
            let own = episode.and_then(|it| it.evaluation().value().copied());
            let Some(own) = own else { continue };
            for (seat, moderator) in item.moderator.iter().chain(&item.second).enumerate() {
                let differs = nth % 5 == 2 && seat == 0;
                let grade = if differs { next_to(own) } else { own };
                differed += usize::from(differs);
                let decision = Decision {
                    id: format!("cslt/{id}/{seat}"),
                    episode: id.clone(),
                    by: WorkerId(moderator.clone()),
                    at,
                    what: Decided::ModerateSample {
                        grade,
                        learning: differs.then(|| "evidence_of_impact".to_owned()),
                    },
                };
                decide::record(app, &decision, at).await?;
            }
        }
        println!(
            "{}  moderated by CSLT: {} episodes, another grade on {differed}",
            self.shown(at),
            items.len()
        );
        Ok(())
    }

    /// Leaves the pack to look at.
    pub(super) async fn draw_up(&self) -> Result<(), Failure> {
        let (app, cycle) = (&self.doors.app, CycleId::from(CYCLE));
        let pack = pack::draw_up(app, &cycle, self.clock.now()).await?;
        for file in put_pack(&pack, self.dir)?.iter().take(1) {
            println!("Consistency pack: {}", file.display());
            let cards = self.dir.join(super::files::CARDS);
            println!(
                "Moderators' cards, as they were handed out: {}",
                cards.display()
            );
        }
        Ok(())
    }
}

/// The grade below, or of the lowest the one above.
fn next_to(grade: Evaluation) -> Evaluation {
    match grade {
        Evaluation::Outstanding => Evaluation::Good,
        Evaluation::Good | Evaluation::Inadequate => Evaluation::RequiresImprovement,
        Evaluation::RequiresImprovement => Evaluation::Inadequate,
    }
}

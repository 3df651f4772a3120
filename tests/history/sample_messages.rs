//! What does a person hear of the moderation sample? The part of docs/messages.md about it, from one drawn cycle.

use greentick::app::draw::{self, Superseding};
use greentick::practice::ids::{EpisodeId, WorkerId};

use crate::messages::Message;
use crate::sample::{DICE, OTHER_DICE, cycle, drawn, in_sample, refused, sample, shared};

/// The messages, each as it was written or refused.
pub(crate) async fn told() -> Vec<Message> {
    let mut stand = drawn().await;
    let (id, first, second) = shared(&stand).await;
    let mut others = in_sample(&stand).await.into_iter();
    let other = EpisodeId(others.find(|one| *one != id).unwrap());
    let (app, cycle) = (stand.app.clone(), cycle());
    stand
        .decide(&id, &first, sample("inadequate"))
        .await
        .unwrap();
    let twice = refused(stand.decide(&id, &first, sample("good")).await);
    stand.until("2026-12-03 09:00").await;
    let moderated = refused(
        draw::substitute(
            &app,
            &cycle,
            &EpisodeId::from(id.as_str()),
            "sickness",
            None,
            stand.now,
        )
        .await,
    );
    stand.decide(&id, &second, sample("good")).await.unwrap();
    let mut third = ["W-CSLT", "W-TWO", "W-THREE"].into_iter();
    let third = third
        .find(|who| **who != *first && **who != *second)
        .unwrap();
    let more = refused(stand.decide(&id, third, sample("good")).await);
    let done = draw::substitute(&app, &cycle, &other, "record_restricted", None, stand.now);
    done.await.unwrap();
    stand.turn().await;
    let (qa, nobody) = (WorkerId::from("W-QA"), WorkerId::from("W-SM"));
    let answer = |approvers| Superseding {
        reason: "witness_withdrew",
        approvers,
    };
    let again = refused(draw::draw(&app, &cycle, OTHER_DICE, stand.now).await);
    let strange = refused(
        draw::supersede(
            &app,
            &cycle,
            OTHER_DICE,
            &answer([&qa, &nobody]),
            None,
            stand.now,
        )
        .await,
    );
    let alone = refused(
        draw::supersede(
            &app,
            &cycle,
            OTHER_DICE,
            &answer([&qa, &qa]),
            None,
            stand.now,
        )
        .await,
    );
    let head = WorkerId::from("W-HEAD");
    let same =
        refused(draw::supersede(&app, &cycle, DICE, &answer([&qa, &head]), None, stand.now).await);
    let said = |words: &str| {
        let all = app.case_system.written();
        all.iter()
            .find(|one| one.text.contains(words))
            .unwrap()
            .text
            .clone()
    };
    let message = |name, made_by, who, when, example| Message {
        name,
        made_by,
        who,
        when,
        example,
    };
    let decides = "whoever decides";
    let draws = "whoever draws";
    let nothing = "at once; nothing is recorded";
    vec![
        message(
            "Nobody has moderated it yet",
            "cycle::matters",
            "the QA manager, then CSLT",
            "so many working days after each came into the sample (`ladders.sample`), at 08:30; of a pair it says how many are awaited, and nothing of a grade",
            said("not moderated yet"),
        ),
        message(
            "CSLT would have given another evaluation",
            "react/sample",
            "the practice reviewer and the Service Manager",
            "once every moderator it is given to has decided, and not before",
            said("CSLT moderated it"),
        ),
        message(
            "No longer drawn",
            "wording::not_sampled",
            "whoever reads the step",
            "when an episode gives way to the next ticket, or another draw does not have it",
            said("no longer drawn"),
        ),
        message(
            "A moderator decides twice",
            "admit",
            decides,
            nothing,
            twice,
        ),
        message(
            "As many as were to have moderated it",
            "admit",
            decides,
            nothing,
            more,
        ),
        message(
            "What was moderated does not give way",
            "draw::substitute",
            draws,
            nothing,
            moderated,
        ),
        message(
            "A cycle is drawn again",
            "draw::draw",
            draws,
            nothing,
            again,
        ),
        message(
            "Somebody approves another draw who may not",
            "draw::supersede",
            draws,
            nothing,
            strange,
        ),
        message(
            "The QA manager alone approves another draw",
            "draw::supersede",
            draws,
            nothing,
            alone,
        ),
        message(
            "Another draw with dice thrown before",
            "draw::supersede",
            draws,
            nothing,
            same,
        ),
    ]
}

//! Which points of the guidance are no rules of Greentick's, and what becomes of them instead?
//!
//! They keep a code, so that a catalogue of the guidance can be followed to its end: a decision or the sample keeps
//! them, something helps with them or counts them, or they are left to people, and it is said why.

/// One point that is not judged.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Its code: the paragraph it comes from, and a running number; paragraph 0 is the introduction.
    pub code: &'static str,
    /// Paragraphs of the guidance; none for its introduction.
    pub paragraphs: &'static [u8],
    /// What it is about, as the beginning of a sentence.
    pub title: &'static str,
    /// What becomes of it.
    pub disposition: Disposition,
    /// How, or why not: whole sentences.
    pub how: &'static str,
}

/// What becomes of a point that is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// A decision, the sample or what follows from them keeps it; there is nothing to judge at a Finish.
    Kept,
    /// Greentick helps with it.
    Assist,
    /// Greentick keeps what it can be counted from.
    Measure,
    /// It is left to people.
    People,
}

impl Disposition {
    /// The word for it on the page of rules.
    pub fn words(self) -> &'static str {
        match self {
            Self::Kept => "kept by a decision or by the sample",
            Self::Assist => "helped with",
            Self::Measure => "can be counted",
            Self::People => "left to people",
        }
    }
}

const fn point(
    code: &'static str,
    paragraphs: &'static [u8],
    title: &'static str,
    disposition: Disposition,
    how: &'static str,
) -> Point {
    Point {
        code,
        paragraphs,
        title,
        disposition,
        how,
    }
}

/// Every point that is not judged, in the order of the guidance.
pub const POINTS: &[Point] = &[
    point(
        "LE-00.1",
        &[],
        "How much of the evidence is written in the last two working days",
        Disposition::Measure,
        "`greentick cycle` shows the share of the dated evidence of a whole cycle, and none of fewer than `fewest_shown` episodes; never of a person.",
    ),
    point(
        "LE-00.2",
        &[],
        "Messages invite, and never threaten",
        Disposition::Assist,
        "Each message says what is missing, who can put it right and how; `say` and `remedy` let a council put it in its own words.",
    ),
    point(
        "LE-02.2",
        &[2],
        "Learning Episodes cover the services and kinds of plan in the shares of the open cases",
        Disposition::Measure,
        "The frame of the sample counts episodes by service. The council's open cases are not read, so their shares are for the council to set beside it.",
    ),
    point(
        "LE-02.3",
        &[2],
        "A learning and coaching style",
        Disposition::People,
        "A style leaves no fact in the record, and a measure that stood for it would be answered instead of lived.",
    ),
    point(
        "LE-03.5",
        &[3],
        "Reviews that may well be late",
        Disposition::Measure,
        "The QA manager alone is told that one is at risk, with the number of earlier reviews that rests on: those whose practitioner's step was unfinished when two fifths of the time were over. Nothing is said of fewer than `fewest_shown`.",
    ),
    point(
        "LE-04.2",
        &[4],
        "A practitioner who cannot take part",
        Disposition::Kept,
        "The practice reviewer decides `unavailable`, with a reason code; the supervisor and the QA manager are told at once.",
    ),
    point(
        "LE-05.1",
        &[5],
        "Work below the standard",
        Disposition::Kept,
        "The QA manager decides `below_standard`, with the criteria as codes; the practice reviewer is told first, and that is kept as the first instance.",
    ),
    point(
        "LE-05.3",
        &[5],
        "Which reviews to look at first",
        Disposition::Assist,
        "`greentick explain` and every reminder list what is missing. No score is made of it: what is there says nothing about how good it is.",
    ),
    point(
        "LE-06.1",
        &[6],
        "How a service does",
        Disposition::Measure,
        "Its operational manager has the figures on the first working day of each week, by the date in force and by the date first set; `greentick cycle` shows them at any time.",
    ),
    point(
        "LE-06.2",
        &[6],
        "A service that falls short twice running",
        Disposition::Measure,
        "CSLT is told once of a service below `on_time_percent` in two cycles running.",
    ),
    point(
        "LE-07.1",
        &[7],
        "A concern about practice is raised",
        Disposition::Kept,
        "The practice reviewer decides `raise_concern`; the Head and the operational manager are told. Who and when are kept, and nothing of what it is about.",
    ),
    point(
        "LE-09.1",
        &[9],
        "A sample that was not drawn",
        Disposition::Measure,
        "The QA manager is told, then CSLT, so many working days after the cycle's last completion date (`ladders.draw`).",
    ),
    point(
        "LE-09.2",
        &[9],
        "Drawn episodes that nobody has moderated",
        Disposition::Measure,
        "The QA manager is told which, then CSLT, so many working days after each came into the sample (`ladders.sample`); of a pair, how many are awaited.",
    ),
    point(
        "LE-09.3",
        &[9],
        "Nobody moderates their own work, their own service, or what they have moderated before",
        Disposition::Kept,
        "The sample is assigned so; `greentick sample cards` hands each moderator what is theirs. docs/sampling.md says how.",
    ),
    point(
        "LE-09.4",
        &[9],
        "A cycle is drawn once",
        Disposition::Kept,
        "A second draw of the same frame is refused; `greentick sample supersede` draws again on the word of two people, and both certificates are kept.",
    ),
    point(
        "LE-09.5",
        &[9],
        "Whether evaluations are consistent and accurate",
        Disposition::Measure,
        "`greentick sample pack` draws up what CSLT reads: agreement with its range, direction, drift, and each figure with the number it rests on.",
    ),
    point(
        "LE-09.7",
        &[9],
        "A moderator of the sample would give another evaluation",
        Disposition::Kept,
        "It is recorded beside the evaluation by `moderate_sample`, never over it; once every moderator it is given to has decided, the practice reviewer and the Service Manager are told, with what there is to learn as a code.",
    ),
    point(
        "LE-10.1",
        &[10],
        "The council's guidance is one step away",
        Disposition::Assist,
        "Every hold and message carries the `link` of its rule, or `guidance_link`. No address is built in.",
    ),
    point(
        "LE-10.2",
        &[10],
        "A link that leads nowhere",
        Disposition::People,
        "Greentick asks only the case system and never opens another address, so whoever keeps the microsite checks its links.",
    ),
    point(
        "LE-11.2",
        &[11],
        "What the first talk goes through",
        Disposition::People,
        "The guidance lists it. A list to be ticked would stand for the talk.",
    ),
    point(
        "LE-12.1",
        &[12],
        "The invitation to the first learning conversation",
        Disposition::Assist,
        "`greentick invite` drafts it for a calendar, with the roles and the days. Calendars are neither read nor written. Who is suggested for which plan stands under LE-12.3.",
    ),
    point(
        "LE-13.1",
        &[13],
        "The invitation to the concluding meeting",
        Disposition::Assist,
        "`greentick invite` drafts it for a calendar, for ten to three working days before the completion date. Calendars are neither read nor written.",
    ),
    point(
        "LE-13.3",
        &[13],
        "What is still missing towards the end",
        Disposition::Assist,
        "Each reminder before the completion date lists it, and so does the answer to a Finish. Whether a document stands on the child's record is for people to look up.",
    ),
];

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
        "The journal keeps when each date and length was first seen. No figure is shown, and none may be shown for fewer than five episodes.",
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
        "LE-07.1",
        &[7],
        "A concern about practice is raised",
        Disposition::Kept,
        "The practice reviewer decides `raise_concern`; the Head and the operational manager are told. Who and when are kept, and nothing of what it is about.",
    ),
    point(
        "LE-09.3",
        &[9],
        "Nobody moderates their own work, their own service, or what they have moderated before",
        Disposition::Kept,
        "The sample is assigned so; docs/sampling.md says how.",
    ),
    point(
        "LE-09.4",
        &[9],
        "A cycle is drawn once",
        Disposition::Kept,
        "A second draw of the same frame is refused; docs/sampling.md says how a draw is superseded in the open.",
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
        Disposition::People,
        "Calendars are neither read nor written. Who is suggested for which plan stands under LE-12.3.",
    ),
    point(
        "LE-13.1",
        &[13],
        "The invitation to the concluding meeting",
        Disposition::People,
        "Calendars are neither read nor written.",
    ),
    point(
        "LE-13.3",
        &[13],
        "What is still missing towards the end",
        Disposition::Assist,
        "Each reminder before the completion date lists it, and so does the answer to a Finish. Whether a document stands on the child's record is for people to look up.",
    ),
];

//! What can go wrong on purpose? One table: every switch with its numbers, its name, what it strikes, and in which
//! dialects.
//!
//! A switch is asked for by its number (`P13/gzip`; `P13` is the plain case) or by its name (`truncate`). What belongs
//! to the world outside a council has no switch: a name that is not resolved and a broken chain of certificates follow
//! from the address Greentick is given.

use crate::simulator::dialects::Dialect;

/// What a switch strikes, and so what its count counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strikes {
    /// Any request of the interface, before anything is done.
    Request,
    /// Any request of the interface, as long as it is on.
    Always,
    /// A request for a token or a session.
    Token,
    /// A list of steps as it is put together.
    List,
    /// An answer with a step in it: its first record.
    Record,
    /// An answer with a step in it: the bytes on their way.
    Bytes,
    /// A write, before anything is done.
    Write,
    /// A write that was carried out.
    Written,
    /// A batch.
    Batch,
    /// A callback.
    Callback,
    /// The truth, at once; the count says how many steps, or as the switch says.
    Truth,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// Its number, with its variant.
    pub id: &'static str,
    /// Its plain name.
    pub name: &'static str,
    /// What it strikes.
    pub strikes: Strikes,
    /// In which dialects.
    pub dialects: &'static [Dialect],
    /// What happens.
    pub what: &'static str,
}

macro_rules! switches {
    ($($fault:ident $id:literal $name:literal $strikes:ident $dialects:ident $what:literal;)*) => {
        /// Something that can be made to go wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $(#[doc = $what] $fault,)*
        }

        /// Every switch, in the order of their numbers.
        pub const SWITCHES: &[Fault] = &[$(Fault::$fault,)*];

        impl Fault {
            /// Its line of the table.
            pub fn switch(self) -> &'static Switch {
                match self {
                    $(Self::$fault => &Switch {
                        id: $id,
                        name: $name,
                        strikes: Strikes::$strikes,
                        dialects: $dialects,
                        what: $what,
                    },)*
                }
            }
        }
    };
}

const ALL: &[Dialect] = &Dialect::ALL;
const XMLS: &[Dialect] = &[Dialect::Xml, Dialect::Soap];
const JSON: &[Dialect] = &[Dialect::Json];
const NUMBERED: &[Dialect] = &[Dialect::Eav, Dialect::Batch];
const BATCH: &[Dialect] = &[Dialect::Batch];
const TOKENS: &[Dialect] = &[Dialect::Json, Dialect::Eav, Dialect::Batch];

switches! {
    LateCallback "P01" "late_callback" Callback ALL "is told three hours late by the shown clock";
    VeryLateCallback "P01/days" "very_late_callback" Callback ALL "is told two days late by the shown clock";
    LateFeed "P01/feed" "late_feed" Truth ALL "an open step's last change reaches the feed three hours late, with its old time";
    OutOfOrder "P02" "out_of_order" Callback ALL "waits until there are two to tell, and the newer is told first";
    FeedBackwards "P02/feed" "feed_backwards" List ALL "the records of a page come in the opposite order";
    DuplicateCallback "P03" "duplicate_callback" Callback ALL "is told twice, with the same id";
    RenamedCallback "P03/new_id" "renamed_callback" Callback ALL "is told twice, the second time under a new id";
    DuplicateRecords "P03/feed" "duplicate_records" List ALL "every record of a page is there twice";
    PageDrift "P04" "page_drift" List ALL "before a page after the first, a step that was read already changes and goes to the end";
    PageDriftInsert "P04/inserted" "page_drift_insert" List NUMBERED "before a page after the first, the count of what was read is one too small: one record comes twice";
    BoundaryRepeats "P05" "boundary_repeats" List ALL "a page after the first begins with the last record of the page before";
    TokenForever "P06" "token_forever" List ALL "a page says that it is followed by itself";
    NextElsewhere "P06/host" "next_elsewhere" List JSON "the address of the next page is on another host";
    Clamp "P07" "clamp" List ALL "at most ten records are given, whatever was asked for";
    TooMany "P08" "too_many" Request ALL "429 with `Retry-After: 2`";
    TooManyDate "P08/date" "too_many_date" Request ALL "429 with a `Retry-After` that is a date two seconds ahead of the shown clock";
    TooManySilent "P08/none" "too_many_silent" Request ALL "429 without `Retry-After`";
    TooManyHuge "P08/huge" "too_many_huge" Request ALL "429 with a `Retry-After` of thirty days";
    TooManyPast "P08/past" "too_many_past" Request ALL "429 with a `Retry-After` that is a date an hour ago";
    Maintenance503 "P09" "maintenance_503" Request ALL "503 with `Retry-After: 1`; nothing is done";
    BadGateway "P09/502" "bad_gateway" Request ALL "502 with a page of HTML";
    UnavailablePage "P09/page" "unavailable_page" Request ALL "200 with a page of HTML that says the system is unavailable";
    UnavailableDocument "P09/document" "unavailable_document" Request ALL "200 with a document of the dialect that says the system is unavailable";
    SigninPage "P10" "signin_page" Request ALL "a sign-in page with status 200 instead of an answer; nothing is done";
    SigninBroken "P10/broken" "signin_broken" Request ALL "a sign-in page with status 200 that is no well-formed XML";
    SigninDisguised "P10/disguised" "signin_disguised" Request ALL "a sign-in page with status 200 under the content type of the dialect";
    TokenExpires "P11" "token_expires" List ALL "a page after the first is refused with 401, and every token and session ends";
    TokenFails "P11/500" "token_fails" Token TOKENS "500 instead of a token or session";
    TokenRefused "P11/401" "token_refused" Token TOKENS "401 instead of a token or session";
    ClockAhead "P12" "clock_ahead" Always ALL "the council's clock is seven minutes ahead, in answers, change times, `Date` and signatures";
    ClockBehind "P12/behind" "clock_behind" Always ALL "the council's clock is seven minutes behind";
    Truncate "P13" "truncate" Bytes ALL "cut after its first record, with a length that fits";
    TruncateInside "P13/inside" "truncate_inside" Bytes ALL "cut inside its first record, with a length that fits";
    CutClose "P13/close" "cut_close" Bytes ALL "cut after its first record; neither length nor chunks, the connection is closed";
    CutLength "P13/length" "cut_length" Bytes ALL "cut after its first record, with the length of the whole";
    CutChunked "P13/chunked" "cut_chunked" Bytes ALL "cut after its first record, in chunks without the last one";
    CutGzip "P13/gzip" "cut_gzip" Bytes ALL "packed by gzip and cut before the end";
    Windows1252 "P14" "windows1252" Bytes ALL "its first record holds a byte of windows-1252, though the page says UTF-8";
    Windows1252Declared "P14/declared" "windows1252_declared" Bytes ALL "written in windows-1252, and says so";
    CharsetContradicts "P14/header" "charset_contradicts" Bytes ALL "written in UTF-8, while the header says windows-1252";
    ByteOrderMark "P14/bom" "byte_order_mark" Bytes ALL "begins with a byte order mark of UTF-8";
    Utf16 "P14/utf16" "utf16" Bytes ALL "written in UTF-16 with a byte order mark";
    ControlCharacter "P15" "control_character" Record ALL "a text holds the character U+0001";
    Emoji "P15/emoji" "emoji" Record ALL "a text holds characters of four bytes";
    ShortTexts "P15/limit" "short_texts" Write ALL "a text of more than 120 characters is refused";
    AutumnHour "P16" "autumn_hour" Record ALL "its dates are 01:30 local on 25 October 2026, which was twice";
    SpringHour "P16/spring" "spring_hour" Record ALL "its dates are 01:30 local on 29 March 2026, which never was";
    DayOnly "P16/day" "day_only" Record ALL "its dates are days without a time";
    Sentinel "P16/sentinel" "sentinel" Record ALL "a step that is not cancelled is cancelled on 9999-12-31, and one without a due day is due on 1900-01-01";
    OtherEnvironment "P17" "other_environment" List ALL "the page says it is from `train`, and types have the numbers they have there";
    OtherTypes "P17/types" "other_types" List ALL "types have the numbers they have in `train`, though the page does not say so";
    TrainCallback "P17/callback" "train_callback" Callback ALL "says it is from `train`";
    NightWindow "P18" "night_window" Always ALL "503 from 22:00 to 02:00 local by the shown clock";
    NightOverrun "P18/overrun" "night_overrun" Always ALL "503 from 22:00 to 04:30 local by the shown clock";
    RestoredBackup "P19" "restored_backup" Truth ALL "the council is restored from a backup: its last so many events (20 if nothing is said) never happened";
    PersonReopens "P20" "person_reopens" Truth ALL "a person reopens a completed step; the completed stamp stays";
    PersonReopensCleared "P20/cleared" "person_reopens_cleared" Truth ALL "a person reopens a completed step; the completed stamp goes";
    Deleted "P21" "deleted" Truth ALL "an open step is deleted: left out of lists, 410";
    DeletedTombstone "P21/tombstone" "deleted_tombstone" Truth ALL "an open step is deleted: a DELETED item in the feed, 410";
    DeletedMissing "P21/404" "deleted_missing" Truth ALL "an open step is deleted: left out of lists, 404";
    DeletedAbsent "P21/absent" "deleted_absent" Truth ALL "an open step is left out of lists, and read as if nothing had happened";
    Restricted "P22" "restricted" Truth ALL "an open step is closed to us: left out of lists, 403";
    RestrictedMissing "P22/404" "restricted_missing" Truth ALL "an open step is closed to us: left out of lists, 404";
    RestrictedBlanked "P22/blanked" "restricted_blanked" Truth ALL "an open step is closed to us: there, with all but its id and type withheld";
    RestrictedMarked "P22/marked" "restricted_marked" Truth ALL "an open step is closed to us: a SECURITY item in the feed, 403";
    Merged "P23" "merged" Truth ALL "the child of an open step gets another number overnight; no version, no change time";
    MergedChain "P23/chain" "merged_chain" Truth ALL "the same twice: a to b, b to c";
    MergedDouble "P23/double" "merged_double" Truth ALL "the children of two open episodes turn out to be one";
    SubjectLost "P24" "subject_lost" Truth ALL "an open step is about nobody";
    SubjectGained "P24/gains" "subject_gained" Truth ALL "a step that was about nobody is about a child";
    SubjectGroup "P24/group" "subject_group" Truth ALL "an open step is about three siblings";
    Copied "P25" "copied" Truth ALL "an open step is copied, and the copy says so";
    Twin "P25/twin" "twin" Truth ALL "an open step is there a second time, and nothing says so";
    ToTeam "P26" "to_team" Truth ALL "an open step goes to a team";
    WorkerLeft "P26/left" "worker_left" Truth ALL "the worker of an open step leaves, and keeps it";
    ActingFor "P26/acting" "acting_for" Truth ALL "an open step goes to somebody who acts for its worker";
    SentOnEarly "P27" "sent_on_early" Truth ALL "an open step is sent on without Finish";
    Proposed "P28" "proposed" Truth ALL "a next action is chosen for an open step: its successor is there as PROPOSED";
    ProposedVanishes "P28/vanish" "proposed_vanishes" Truth ALL "the worker changes their mind: a PROPOSED step is gone without a word";
    Delayed "P29" "delayed" Truth ALL "the successor of a completed step surfaces, with an incoming date three weeks ago";
    DatesMove "P30" "dates_move" Truth ALL "an open step is reassigned, and its scheduled and due days move by fourteen days";
    DueMoves "P30/due" "due_moves" Truth ALL "the due day of an open step moves by fourteen days, and nothing else";
    BadStatusRecord "P31" "bad_status_record" Record ALL "has a status nobody knows";
    UnknownType "P31/type" "unknown_type" Record ALL "has a type nobody knows";
    RenamedLabel "P31/label" "renamed_label" Record ALL "the label of its type is reworded; its number is the same";
    RewordedOption "P31/option" "reworded_option" Record ALL "an option has another code than before";
    NewTemplate "P31/template" "new_template" Record ALL "its form is of a new version of the template, in which a question has a new name";
    BadRecord "P32" "bad_record" Record ALL "its change time is no time";
    DropAfterWrite "P33" "drop_after_write" Written ALL "the connection is dropped without an answer";
    Error500AfterWrite "P33/500" "error_500_after_write" Written ALL "answered 500";
    Slow "P33/slow" "slow" Request ALL "carried out at once, answered three seconds later by the machine's clock";
    WriteLocked "P34" "write_locked" Write ALL "refused: the step is checked out (423)";
    WriteRestricted "P34/restricted" "write_restricted" Write ALL "refused: the recipient may not see the record (403)";
    WriteStale "P34/stale" "write_stale" Write ALL "refused: the version read is stale (412)";
    WriteForbidden "P34/permission" "write_forbidden" Write ALL "refused: our account lacks the permission (403)";
    CheckedOut "P34/checkout" "checked_out" Truth ALL "an open step is checked out; writes to it are refused until it is checked in";
    CheckedIn "P34/checkin" "checked_in" Truth ALL "a step that was checked out is checked in";
    BatchPartial "P35" "batch_partial" Batch BATCH "the last operation of a batch in partial mode fails, and the others are done";
    BatchShort "P35/count" "batch_short" Batch BATCH "everything is done, and the last result is not there";
    BatchBackwards "P35/order" "batch_backwards" Batch BATCH "everything is done, and the results come in the opposite order";
    Flood "P36" "flood" Truth ALL "so many steps (400 if nothing is said) are overdue at once";
    HugePage "P37" "huge_page" Bytes ALL "blown up to 50 MB with white space";
    DeepNesting "P37/deep" "deep_nesting" Bytes ALL "holds something nested ten thousand deep";
    DoctypeBomb "P37/doctype" "doctype_bomb" Bytes XMLS "has a DOCTYPE with entities that grow";
    Drip "P37/drip" "drip" Bytes ALL "comes one byte a second";
    RedirectSignin "P38" "redirect_signin" Request ALL "302 to a sign-in page";
    RedirectHost "P38/host" "redirect_host" Request ALL "307 to another host name; what comes there with credentials is logged";
    Proxy407 "P39" "proxy_407" Request ALL "407 from a proxy that wants to be signed in to";
    Reset "P39/reset" "reset" Request ALL "the connection is dropped at once; nothing is done";
    EmptyFeed "P40" "empty_feed" List ALL "the feed is empty, and healthy";
    EmptyLists "P40/all" "empty_lists" Always ALL "every list is empty, and healthy";
    TwoReaders "P41" "two_readers" Request ALL "is answered when another one of the same kind is there too, or after two seconds: two readers meet";
    Storm "P42" "storm" Truth ALL "so many people (50 if nothing is said) press Finish at once";
}

impl Fault {
    /// Its plain name, as it stands in the log.
    pub fn name(self) -> &'static str {
        self.switch().name
    }

    /// The fault of this name or number; letter case does not count.
    pub fn named(name: &str) -> Option<Self> {
        let is = |fault: &Fault| {
            let switch = fault.switch();
            switch.name.eq_ignore_ascii_case(name) || switch.id.eq_ignore_ascii_case(name)
        };
        SWITCHES.iter().copied().find(is)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_pitfall_has_its_switch_and_every_name_is_one_switch() {
        for number in 1..=42 {
            let id = format!("P{number:02}");
            assert!(Fault::named(&id).is_some(), "{id} has no switch");
        }
        let names = SWITCHES.iter().map(|one| one.switch());
        let names = names.flat_map(|one| [one.id, one.name]);
        let names: Vec<String> = names.map(str::to_lowercase).collect();
        let once: BTreeSet<&String> = names.iter().collect();
        assert_eq!(once.len(), names.len(), "a name is given twice");
        for fault in SWITCHES {
            assert_eq!(Fault::named(fault.switch().id), Some(*fault));
        }
    }

    #[test]
    fn the_names_of_old_still_work() {
        for name in [
            "signin_page",
            "truncate",
            "bad_status_record",
            "windows1252",
            "error_500_after_write",
            "drop_after_write",
            "slow",
            "maintenance_503",
        ] {
            assert_eq!(Fault::named(name).map(Fault::name), Some(name));
        }
    }
}

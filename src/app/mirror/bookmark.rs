//! Where does reading the feed go on, after a page and after a pass? (M8)
//!
//! Pure. A pass that ends leaves a place for the next one that is never past what was proven, and that is the
//! beginning if the case system itself went back (P19).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::case_system::{Cursor, FeedPage, FeedPosition};

/// A server's clock that is put right moves by less than this.
const CLOCK_TOLERANCE_SECONDS: i64 = 600;
/// How often a stretch of a feed whose rows moved meanwhile is read again; then sweeps have to do.
const REPEATS: u8 = 3;

/// Where the next page begins, and what is remembered of the passes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bookmark {
    /// Where the next page begins.
    pub position: FeedPosition,
    /// What the server's clock showed when this pass began; none between passes.
    began: Option<Timestamp>,
    /// Where this pass began.
    #[serde(default)]
    from: Option<Box<FeedPosition>>,
    /// The number or token of this pass's first page that had one.
    #[serde(default)]
    first: Option<String>,
    /// The highest number of this pass.
    #[serde(default)]
    top: Option<u64>,
    /// The highest number of any pass before.
    #[serde(default)]
    mark: Option<u64>,
    /// What the server's clock showed when the last pass began.
    #[serde(default)]
    clock: Option<Timestamp>,
    /// The total of this pass's first page.
    #[serde(default)]
    total: Option<u64>,
    /// Whether rows moved while this pass turned pages.
    #[serde(default)]
    moved: bool,
    /// How often this stretch was read again because they did.
    #[serde(default)]
    repeats: u8,
    /// When the case system was last found to have gone back, UTC; kept for good, since an id may be used again long
    /// after (P19).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) restored: Option<Timestamp>,
    /// Whether this is the pass that reads everything again for it.
    #[serde(default)]
    pub(super) rereads: bool,
}

/// How the case system was found to have gone back in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WentBack {
    /// In words, with both ends.
    pub why: String,
    /// From where.
    pub from: String,
    /// To where.
    pub to: String,
}

/// What one page leads to.
pub struct Turned {
    /// The bookmark behind the page.
    pub next: Bookmark,
    /// Whether the pass is over.
    pub is_last: bool,
    /// How the case system is taken to have gone back in time, if it is (P19).
    pub went_back: Option<WentBack>,
}

impl Bookmark {
    /// The beginning of everything, after the case system went back at `now`.
    pub(super) fn after_restore(now: Timestamp) -> Self {
        Self {
            restored: Some(now),
            rereads: true,
            ..Self::default()
        }
    }

    /// Whether it stands at the beginning of everything.
    pub(super) fn is_fresh(&self) -> bool {
        self.position == FeedPosition::default()
    }

    /// When the last whole pass was made, by the server's clock, UTC; none if none was.
    pub(super) fn last_pass(&self) -> Option<Timestamp> {
        self.clock
    }

    /// The bookmark behind a page.
    pub fn turned(&self, page: &FeedPage, overlap_seconds: i64, now: Timestamp) -> Turned {
        let mut pass = self.clone();
        let server = page.server_time.unwrap_or(now);
        let began = *pass.began.get_or_insert(server.min(now));
        let from = pass
            .from
            .get_or_insert_with(|| Box::new(self.position.clone()));
        let from = (**from).clone();
        let number = page
            .going_on
            .high_water
            .as_ref()
            .and_then(|text| text.parse::<u64>().ok());
        pass.first = pass.first.or_else(|| page.going_on.high_water.clone());
        pass.top = pass.top.max(number);
        pass.total = pass.total.or(page.going_on.total);
        let several = page.next.is_some() || self.began.is_some();
        // A stamp of whole seconds may be that of the first page.
        let stirred = page
            .sightings
            .iter()
            .any(|seen| seen.modified_at >= Some(began));
        pass.moved |=
            page.going_on.moves && several && (stirred || pass.total != page.going_on.total);
        if let Some(position) = &page.next {
            pass.position = position.clone();
            return Turned {
                next: pass,
                is_last: false,
                went_back: None,
            };
        }
        let went_back = pass.went_back(page.going_on.cursor, server);
        let mut next = Self {
            clock: Some(server),
            mark: pass.mark.max(pass.top),
            restored: pass.restored,
            ..Self::default()
        };
        if went_back.is_some() {
            // Everything is read again, and what was known of numbers no longer holds.
            next = Self {
                clock: next.clock,
                ..Self::after_restore(now)
            };
        } else if pass.moved && pass.repeats < REPEATS {
            next.position = from;
            next.repeats = pass.repeats + 1;
            next.rereads = pass.rereads;
        } else {
            next.position = pass.next_pass(page, began, overlap_seconds);
        }
        Turned {
            next,
            is_last: true,
            went_back,
        }
    }

    fn next_pass(&self, page: &FeedPage, began: Timestamp, overlap_seconds: i64) -> FeedPosition {
        let since = began.saturating_sub(SignedDuration::from_secs(overlap_seconds));
        let before = self.from.as_ref().and_then(|from| from.high_water.clone());
        match page.going_on.cursor {
            Cursor::None => FeedPosition::default(),
            Cursor::Time => FeedPosition {
                since: Some(since.unwrap_or(began)),
                ..FeedPosition::default()
            },
            Cursor::Token => FeedPosition {
                high_water: self.first.clone().or(before),
                ..FeedPosition::default()
            },
            Cursor::Sequence => {
                // The number of the first page: what came while pages were turned is read again.
                let back = |number: u64| number.saturating_sub(page.going_on.overlap).to_string();
                let first = self.first.as_ref().and_then(|text| text.parse().ok());
                FeedPosition {
                    high_water: first.map(back).or(before),
                    ..FeedPosition::default()
                }
            }
        }
    }

    /// How the case system is taken to have gone back, if it is. A number counts changes whether or not the feed is
    /// read by it; a token that looks like one does not.
    fn went_back(&self, cursor: Cursor, server: Timestamp) -> Option<WentBack> {
        if let (Cursor::Sequence | Cursor::Time, Some(mark), Some(top)) =
            (cursor, self.mark, self.top)
            && top < mark
        {
            return Some(WentBack {
                why: format!("its change number went back from {mark} to {top}"),
                from: mark.to_string(),
                to: top.to_string(),
            });
        }
        let clock = self.clock?;
        let back = clock.duration_since(server).as_secs();
        (back > CLOCK_TOLERANCE_SECONDS).then(|| WentBack {
            why: format!("its clock went back by {back} seconds, from {clock} to {server}"),
            from: clock.to_string(),
            to: server.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case_system::GoingOn;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn page(cursor: Cursor, high_water: &str, next: Option<&str>) -> FeedPage {
        FeedPage {
            next: next.map(|token| FeedPosition {
                token: Some(token.to_owned()),
                ..FeedPosition::default()
            }),
            going_on: GoingOn {
                cursor,
                high_water: Some(high_water.to_owned()).filter(|text| !text.is_empty()),
                overlap: 10,
                ..GoingOn::default()
            },
            ..FeedPage::default()
        }
    }

    #[test]
    fn a_sequence_goes_on_from_the_first_page_and_only_after_the_last() {
        let now = at("2026-11-24T09:00:00Z");
        let one = Bookmark::default().turned(&page(Cursor::Sequence, "100", Some("t")), 300, now);
        assert!(!one.is_last && one.next.position.high_water.is_none());
        let two = one
            .next
            .turned(&page(Cursor::Sequence, "140", None), 300, now);
        assert!(two.is_last && two.went_back.is_none());
        assert_eq!(two.next.position.high_water.as_deref(), Some("90"));
    }

    #[test]
    fn p19_a_number_or_a_clock_that_goes_back_leads_to_the_beginning() {
        let now = at("2026-11-24T09:00:00Z");
        let read = |bookmark: &Bookmark, number: &str| {
            bookmark.turned(&page(Cursor::Sequence, number, None), 300, now)
        };
        let before = read(&Bookmark::default(), "500").next;
        let restored = read(&before, "420");
        assert!(restored.went_back.unwrap().why.contains("500 to 420"));
        assert_eq!(restored.next.restored, Some(now));
        assert!(restored.next.rereads);
        assert!(restored.next.is_fresh());
        // Once the restore is known, the numbers count from there.
        let read_again = read(&restored.next, "421");
        assert!(read_again.went_back.is_none());
        assert!(!read_again.next.rereads && read_again.next.restored == Some(now));
        // A number that is only looked at tells as well; a token does not, whatever it looks like.
        for (cursor, tells) in [(Cursor::Time, true), (Cursor::Token, false)] {
            let before = Bookmark::default().turned(&page(cursor, "500", None), 300, now);
            let after = before.next.turned(&page(cursor, "420", None), 300, now);
            assert_eq!(after.went_back.is_some(), tells, "{cursor:?}");
        }
        let clocked = |bookmark: &Bookmark, server: &str| {
            let mut page = page(Cursor::Time, "", None);
            page.server_time = Some(at(server));
            bookmark.turned(&page, 300, now)
        };
        let before = clocked(&Bookmark::default(), "2026-11-24T08:59:00Z").next;
        assert!(clocked(&before, "2026-11-24T08:52:00Z").went_back.is_none());
        assert!(clocked(&before, "2026-11-23T02:00:00Z").went_back.is_some());
    }

    #[test]
    fn p12_the_next_pass_never_begins_in_the_future_nor_past_the_servers_clock() {
        let now = at("2026-11-24T09:00:00Z");
        for (server, since) in [
            ("2026-11-24T09:07:00Z", "2026-11-24T08:55:00Z"),
            ("2026-11-24T08:53:00Z", "2026-11-24T08:48:00Z"),
        ] {
            let mut page = page(Cursor::Time, "", None);
            page.server_time = Some(at(server));
            let next = Bookmark::default().turned(&page, 300, now).next;
            assert_eq!(next.position.since, Some(at(since)));
        }
    }

    #[test]
    fn a_stretch_whose_rows_moved_is_read_again_and_not_for_ever() {
        let now = at("2026-11-24T09:00:00Z");
        let mut bookmark = Bookmark::default();
        bookmark.position.since = Some(at("2026-11-24T08:00:00Z"));
        let mut again = 0;
        loop {
            let mut first = page(Cursor::Time, "", Some("t"));
            (first.going_on.moves, first.going_on.total) = (true, Some(5));
            let mut last = page(Cursor::Time, "", None);
            (last.going_on.moves, last.going_on.total) = (true, Some(4));
            bookmark = bookmark
                .turned(&first, 300, now)
                .next
                .turned(&last, 300, now)
                .next;
            if bookmark.position.since != Some(at("2026-11-24T08:00:00Z")) {
                break;
            }
            again += 1;
        }
        assert_eq!(again, u32::from(REPEATS));
    }
}

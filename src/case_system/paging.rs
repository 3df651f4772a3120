//! Where does the next page begin, and is there one? (M7, M9)
//!
//! Pure, so that every way of paging can be tried over thousands of histories.

use serde::{Deserialize, Serialize};

use super::FeedPosition;
use crate::mapping::{End, Next, Page, Paging, Request};
use crate::practice::ids::Digest;

/// Tokens remembered one by one; a longer circle is found by the anchor.
const REMEMBERED: usize = 32;
/// The most pages of one pass, unless the mapping says.
const MOST_PAGES: u64 = 100_000;

/// The tokens that this pass has met, so that a circle of them ends (P06).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    recent: Vec<String>,
    /// A token that is compared with all that follow it, and changed ever more seldom: it finds a circle of any
    /// length (Brent).
    anchor: Option<String>,
    passed: u64,
    reach: u64,
}

impl Trail {
    /// The trail with one more token; none if that was met before.
    fn step(&self, token: &str) -> Option<Self> {
        let print: String = Digest::of(token.as_bytes()).0.chars().take(16).collect();
        if self.recent.contains(&print) || self.anchor.as_ref() == Some(&print) {
            return None;
        }
        let mut trail = self.clone();
        trail.passed += 1;
        if trail.passed > trail.reach {
            trail.reach = trail.passed * 2;
            trail.anchor = Some(print.clone());
        }
        trail.recent.push(print);
        if trail.recent.len() > REMEMBERED {
            trail.recent.remove(0);
        }
        Some(trail)
    }
}

/// The position of the next page; none at the end.
///
/// # Errors
/// A page that contradicts itself or goes in a circle, in words after "it".
pub fn turn(
    request: &Request,
    position: &FeedPosition,
    page: &Page,
) -> Result<Option<FeedPosition>, String> {
    let so_far = position.offset.saturating_add(page.count);
    let pages = position.pages.saturating_add(1);
    let after = |token: Option<String>, trail: Trail| FeedPosition {
        token,
        offset: so_far,
        pages,
        largest: position.largest.max(page.count),
        trail,
        ..position.clone()
    };
    let next = match request.paging {
        Paging::None => None,
        Paging::Offset | Paging::Page => {
            by_number(request, position, page, so_far)?.then(|| after(None, Trail::default()))
        }
        Paging::LastId => {
            by_last_id(position, page)?.map(|last| after(Some(last), Trail::default()))
        }
        Paging::Token | Paging::Link => match (&page.next, page.ahead.more) {
            (Next::Token(token), None | Some(true)) => {
                let trail = position.trail.step(token).ok_or_else(|| {
                    "it gives a next token or link that this pass has followed already, for ever".to_owned()
                })?;
                Some(after(Some(token.clone()), trail))
            }
            (Next::End, Some(true)) => {
                return Err("it says that there is more, and not where".to_owned());
            }
            (Next::End, _) | (_, Some(false)) => None,
        },
    };
    let most = request.ask.max_pages.unwrap_or(MOST_PAGES);
    if next.is_some() && pages >= most {
        return Err(format!(
            "it is page {pages} and there are more; `max_pages` takes that for a loop"
        ));
    }
    Ok(next)
}

/// Whether a list by number has more.
fn by_number(
    request: &Request,
    position: &FeedPosition,
    page: &Page,
    so_far: u64,
) -> Result<bool, String> {
    if page.count == 0 {
        if page.ahead.more == Some(true) || page.total.is_some_and(|total| so_far < total) {
            return Err("it is empty, although it says that there is more".to_owned());
        }
        return Ok(false);
    }
    Ok(match (page.total, page.ahead.more, request.ask.end) {
        (Some(total), _, _) => so_far < total,
        (None, Some(more), _) => more,
        // The server may give fewer than were asked for, so a page is short only beside another one (P07).
        (None, None, End::Short) => position.pages == 0 || page.count >= position.largest,
        (None, None, End::Empty) => true,
    })
}

/// The id to go on after; none at the end.
fn by_last_id(position: &FeedPosition, page: &Page) -> Result<Option<String>, String> {
    // The total is of what is left, so a page that holds all of it is the last.
    if page.ahead.more == Some(false) || page.total.is_some_and(|left| left <= page.count) {
        return Ok(None);
    }
    match page.last_id.as_deref() {
        // Nothing but the record that was asked for again.
        Some(last) if position.token.as_deref() == Some(last) => Ok(None),
        Some(last) => Ok(Some(last.to_owned())),
        None if page.count == 0 => Ok(None),
        None => {
            Err("none of its records has an id, so the next page cannot be asked for".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(paging: Paging, end: End) -> Request {
        let mut request = Request::default();
        request.paging = paging;
        request.page_size = 500;
        request.ask.end = end;
        request
    }

    fn page(count: u64, next: &str, more: Option<bool>) -> Page {
        let mut page = Page::default();
        page.count = count;
        if !next.is_empty() {
            page.next = Next::Token(next.to_owned());
        }
        page.ahead.more = more;
        page
    }

    /// Turns pages until the end; gives how many were read, or why it broke off.
    fn read(request: &Request, pages: &[Page]) -> Result<usize, String> {
        let mut position = FeedPosition::default();
        for (index, page) in pages.iter().enumerate() {
            match turn(request, &position, page)? {
                Some(next) => position = next,
                None => return Ok(index + 1),
            }
        }
        Err("it wants more".to_owned())
    }

    #[test]
    fn p07_a_server_that_gives_fewer_than_asked_is_read_to_its_end() {
        let counts = |counts: &[u64]| {
            counts
                .iter()
                .map(|count| page(*count, "", None))
                .collect::<Vec<_>>()
        };
        // Asked for 500, got 100 each time.
        let (clamped, empty, short) = (counts(&[100, 100, 40, 0]), End::Empty, End::Short);
        assert_eq!(read(&request(Paging::Offset, empty), &clamped), Ok(4));
        assert_eq!(read(&request(Paging::Page, short), &clamped), Ok(3));
        // A single page is short of nothing yet.
        assert_eq!(
            read(&request(Paging::Offset, short), &counts(&[40, 0])),
            Ok(2)
        );
    }

    #[test]
    fn p06_a_token_that_was_met_before_ends_the_pass_however_long_the_circle() {
        for length in [1, 2, 3, 40, 500] {
            let pages: Vec<Page> = (0..length * 8)
                .map(|nth| page(1, &format!("t{}", nth % length), None))
                .collect();
            let why = read(&request(Paging::Token, End::Empty), &pages).unwrap_err();
            assert!(why.contains("already"), "{length}: {why}");
        }
        let straight: Vec<Page> = (0..300)
            .map(|nth| page(1, &format!("t{nth}"), None))
            .chain([page(1, "", None)])
            .collect();
        assert_eq!(
            read(&request(Paging::Token, End::Empty), &straight),
            Ok(301)
        );
    }

    #[test]
    fn a_flag_a_token_and_a_total_each_end_a_pass_and_a_contradiction_is_refused() {
        let token = request(Paging::Token, End::Empty);
        assert_eq!(
            read(
                &token,
                &[page(1, "a", Some(true)), page(1, "b", Some(false))]
            ),
            Ok(2)
        );
        assert!(
            read(&token, &[page(1, "", Some(true))])
                .unwrap_err()
                .contains("not where")
        );
        let offset = request(Paging::Offset, End::Empty);
        assert_eq!(
            read(
                &offset,
                &[page(5, "", Some(true)), page(5, "", Some(false))]
            ),
            Ok(2)
        );
        assert!(read(&offset, &[page(0, "", Some(true))]).is_err());
        let mut guarded = token;
        guarded.ask.max_pages = Some(2);
        assert!(
            read(&guarded, &[page(1, "a", None), page(1, "b", None)])
                .unwrap_err()
                .contains("max_pages")
        );
    }

    #[test]
    fn p05_an_inclusive_last_id_ends_when_nothing_new_comes() {
        let by_id = request(Paging::LastId, End::Empty);
        let of = |last: &str, count| {
            let mut page = page(count, "", None);
            page.last_id = Some(last.to_owned());
            page
        };
        assert_eq!(read(&by_id, &[of("5", 3), of("9", 3), of("9", 1)]), Ok(3));
    }
}

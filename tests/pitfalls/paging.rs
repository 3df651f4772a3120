//! Is a step ever lost because its list moved while it was read? (P04)
//!
//! The real rules for turning pages and for going on after a pass, over a list that moves at random. The ledger
//! is a small model of it: a version that is held, or is lower, is not entered again.

use std::collections::BTreeMap;

use greentick::app::mirror::Bookmark;
use greentick::case_system::{FeedPage, FeedPosition, GoingOn, turn};
use greentick::mapping::{End, Next, Page, Paging, Request};
use greentick::practice::sighting::Sighting;
use jiff::Timestamp;

use crate::common::review;

/// Seconds that a pass reaches back; a change may come to light this much later than its stamp, less a little.
const OVERLAP: i64 = 300;
const START: i64 = 1_700_000_000;

/// Random numbers from a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % most
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

#[derive(Clone)]
struct Row {
    version: u64,
    modified: i64,
    open: bool,
}

/// Which list is read.
#[derive(Clone, Copy, PartialEq)]
enum List {
    Changes,
    Open,
}

/// What befell the list.
#[derive(Default)]
struct Befell {
    /// Something that only a comparison of everything can show, by the rules.
    needs_everything: bool,
    came_late: bool,
    removed: bool,
}

/// A case system whose rows move, and what was made of them.
struct World {
    dice: Dice,
    clock: i64,
    rows: BTreeMap<u64, Row>,
    born: u64,
    paging: Paging,
    /// The most records that the server gives, whatever it is asked for.
    clamp: usize,
    says_total: bool,
    /// Whether a page begins with the record that the one before ended with.
    repeats: bool,
    request: Request,
    befell: Befell,
    held: BTreeMap<u64, u64>,
    entered: BTreeMap<(u64, u64), u32>,
    template: Sighting,
}

impl World {
    fn new(seed: u64, template: &Sighting) -> Self {
        let mut dice = Dice(seed);
        let mut request = Request::default();
        request.paging = [Paging::Offset, Paging::Page, Paging::Token, Paging::LastId]
            [usize::try_from(dice.below(4)).unwrap()];
        request.page_size = 5;
        request.ask.end = if dice.one_in(2) {
            End::Empty
        } else {
            End::Short
        };
        let by_number = matches!(request.paging, Paging::Offset | Paging::Page);
        let mut world = Self {
            clock: START,
            rows: BTreeMap::new(),
            born: 0,
            paging: request.paging,
            clamp: usize::try_from(2 + dice.below(4)).unwrap(),
            says_total: by_number && dice.one_in(2),
            repeats: !by_number && dice.one_in(2),
            request,
            befell: Befell::default(),
            held: BTreeMap::new(),
            entered: BTreeMap::new(),
            template: template.clone(),
            dice,
        };
        for _ in 0..world.dice.below(14) {
            let modified = START - i64::try_from(world.dice.below(90_000)).unwrap();
            world.insert(modified);
        }
        world
    }

    fn by_number(&self) -> bool {
        matches!(self.paging, Paging::Offset | Paging::Page)
    }

    fn insert(&mut self, modified: i64) {
        // Ids do not come in order.
        self.born += 1;
        let id = (self.born * 7919) % 1009;
        let open = !self.dice.one_in(3);
        self.rows.insert(
            id,
            Row {
                version: 1,
                modified,
                open,
            },
        );
    }

    /// Something happens to the list, now or up to four minutes before its commit.
    fn stir(&mut self) {
        let late = self.dice.one_in(3);
        let back = if late { self.dice.below(240) } else { 0 };
        let stamp = self.clock - i64::try_from(back).unwrap();
        let many = u64::try_from(self.rows.len()).unwrap();
        let act = self.dice.below(4);
        if act == 0 || many == 0 {
            self.insert(stamp);
            // With a removal it leaves the total as it was, and its stamp is from before the pass.
            self.befell.came_late |= back > 0;
            self.befell.needs_everything |=
                self.by_number() && self.befell.came_late && self.befell.removed;
            return;
        }
        let nth = usize::try_from(self.dice.below(many)).unwrap();
        let id = *self.rows.keys().nth(nth).unwrap();
        if act == 1 {
            self.rows.remove(&id);
            // Without a total nothing shows that the rows behind it moved up.
            self.befell.removed = true;
            let balanced = !self.says_total || self.befell.came_late;
            self.befell.needs_everything |= self.by_number() && balanced;
            return;
        }
        let row = self.rows.get_mut(&id).unwrap();
        row.version += 1;
        if act == 2 {
            row.modified = stamp.max(row.modified);
            // A row that moves within what is read, and by its stamp had been there before, shows nowhere.
            self.befell.needs_everything |=
                late && matches!(self.paging, Paging::Offset | Paging::Page);
        } else {
            // No stamp moves, as with a form saved by a batch: an open step is what the sweep is for.
            row.open = true;
        }
    }

    /// One page, as the server makes it and the real code turns it.
    fn page(&mut self, list: List, at: &FeedPosition) -> FeedPage {
        self.clock += 1 + i64::try_from(self.dice.below(30)).unwrap();
        let since = at.since.map_or(i64::MIN, Timestamp::as_second);
        let by_id = list == List::Open || self.paging == Paging::LastId;
        let key = |id: u64, row: &Row| (if by_id { 0 } else { row.modified }, id);
        let mut all: Vec<(u64, Row)> = self
            .rows
            .iter()
            .filter(|(_, row)| match list {
                List::Changes => row.modified >= since,
                List::Open => row.open,
            })
            .map(|(id, row)| (*id, row.clone()))
            .collect();
        all.sort_by_key(|(id, row)| key(*id, row));
        let total = all.len();
        let after = at.token.as_deref().map(|token| {
            let (stamp, id) = token.split_once('/').unwrap_or(("0", token));
            (stamp.parse().unwrap(), id.parse().unwrap())
        });
        let skip = match self.paging {
            Paging::Offset => usize::try_from(at.offset).unwrap(),
            Paging::Page => usize::try_from(at.pages).unwrap() * self.clamp,
            _ => {
                let passed = |(id, row): &&(u64, Row)| {
                    let key = key(*id, row);
                    after.is_some_and(|after| {
                        if self.repeats {
                            key < after
                        } else {
                            key <= after
                        }
                    })
                };
                all.iter().take_while(passed).count()
            }
        };
        let shown: Vec<(u64, Row)> = all.iter().skip(skip).take(self.clamp).cloned().collect();
        let is_end = skip + shown.len() >= total;
        let mut page = Page::default();
        page.count = u64::try_from(shown.len()).unwrap();
        page.total = self.says_total.then(|| u64::try_from(total).unwrap());
        page.last_id = shown.last().map(|(id, _)| id.to_string());
        if let (Paging::Token, false, Some((id, row))) = (self.paging, is_end, shown.last()) {
            let (stamp, id) = key(*id, row);
            page.next = Next::Token(format!("{stamp}/{id}"));
        }
        let next = turn(&self.request, at, &page).unwrap();
        let mut sightings = Vec::new();
        for (id, row) in shown {
            self.take_in(id, row.version);
            let mut seen = self.template.clone();
            seen.modified_at = Some(second(row.modified));
            sightings.push(seen);
        }
        FeedPage {
            sightings,
            next,
            server_time: Some(second(self.clock)),
            going_on: GoingOn {
                moves: self.by_number(),
                total: page.total,
                ..GoingOn::default()
            },
            ..FeedPage::default()
        }
    }

    /// The ledger's rule: nothing that is held, and nothing lower.
    fn take_in(&mut self, id: u64, version: u64) {
        if self.held.get(&id).is_none_or(|held| *held < version) {
            self.held.insert(id, version);
            *self.entered.entry((id, version)).or_default() += 1;
        }
    }

    /// One pass over the feed, the list moving or not. Gives whether the next pass reads the same stretch again.
    fn pass(&mut self, bookmark: &mut Bookmark, moves: bool) -> bool {
        let from = bookmark.position.clone();
        loop {
            let page = self.page(List::Changes, &bookmark.position.clone());
            let turned = bookmark.turned(&page, OVERLAP, second(self.clock));
            *bookmark = turned.next;
            if turned.is_last {
                return bookmark.position == from;
            }
            self.perhaps(moves);
        }
    }

    fn perhaps(&mut self, moves: bool) {
        while moves && self.dice.one_in(2) {
            self.stir();
        }
    }

    /// Reads a list from its beginning; of the open steps also by itself whatever it did not show.
    fn through(&mut self, list: List, moves: bool) {
        let mut at = FeedPosition::default();
        while let Some(next) = self.page(list, &at).next {
            at = next;
            self.perhaps(moves);
        }
        if list == List::Open {
            let held: Vec<u64> = self.held.keys().copied().collect();
            for id in held {
                if let Some(version) = self
                    .rows
                    .get(&id)
                    .filter(|row| row.open)
                    .map(|row| row.version)
                {
                    self.take_in(id, version);
                }
            }
        }
    }

    fn lost(&self) -> Vec<u64> {
        let is_lost = |(id, row): &(&u64, &Row)| self.held.get(id) != Some(&row.version);
        self.rows
            .iter()
            .filter(is_lost)
            .map(|(id, _)| *id)
            .collect()
    }
}

fn second(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

#[test]
fn p04_no_step_is_lost_over_ten_thousand_paging_histories() {
    let template = review("S-1", "GT-1", second(START));
    let mut without_everything = 0;
    for seed in 0..10_000 {
        let mut world = World::new(seed, &template);
        let mut bookmark = Bookmark::default();
        let mut again = 0;
        for _ in 0..=world.dice.below(3) {
            again = if world.pass(&mut bookmark, true) {
                again + 1
            } else {
                0
            };
            world.perhaps(true);
            world.clock += 60;
            // Read again three times and moved each time: from then on it is for the sweep and the comparison.
            world.befell.needs_everything |= again >= 3;
        }
        world.through(List::Open, true);
        // The list comes to rest: the stretch that moved is read again, then the open steps.
        while world.pass(&mut bookmark, false) && bookmark.position != FeedPosition::default() {}
        world.pass(&mut bookmark, false);
        world.through(List::Open, false);
        if world.befell.needs_everything {
            world.through(List::Changes, false);
        } else {
            without_everything += 1;
        }
        let how = (world.paging, world.clamp, world.says_total, world.repeats);
        assert_eq!(world.lost(), Vec::<u64>::new(), "history {seed}, {how:?}");
        let twice = world.entered.values().any(|times| *times > 1);
        assert!(!twice, "history {seed}, {how:?}: entered twice");
    }
    assert!(
        without_everything > 4_000,
        "only {without_everything} without a comparison"
    );
}

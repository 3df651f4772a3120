//! The draw: each group's episodes in order of their tickets, and so many taken from the front.
//!
//! Only as much of each group is sorted as somebody asks to see. A group keeps its order for as long as the draw
//! lives, so the next ticket is always the same ticket.
//! Absent: any choice. Everything here follows from the frame, the policy and the seed.

use super::{
    allocate::{SampleSize, allocate},
    frame::{Frame, Name},
    policy::SamplingPolicy,
    seed::Seed,
    strata::{Stratum, partition},
    ticket::Tickets,
};

/// A draw over a frame.
#[derive(Clone)]
pub struct Draw<'f> {
    frame: &'f Frame,
    tickets: Tickets,
    strata: Vec<StratumDraw>,
    size: SampleSize,
}

/// One group of a draw.
#[derive(Debug, Clone)]
pub struct StratumDraw {
    stratum: Stratum,
    take: usize,
    // Every member; the first `sorted` are in order of ticket and come before all others.
    queue: Vec<Member>,
    sorted: usize,
}

/// A row of the frame and the first digits of its ticket.
#[derive(Debug, Clone, Copy)]
struct Member {
    key: u64,
    place: usize,
}

impl<'f> Draw<'f> {
    /// Draws from a frame.
    pub fn of(frame: &'f Frame, policy: &SamplingPolicy, seed: &Seed) -> Self {
        let tickets = Tickets::new(seed);
        // In the order in which the rows lie in memory: group by group, a draw would mostly wait for them.
        let rows = frame.rows().iter();
        let keys: Vec<u64> = rows.map(|row| tickets.key(&row.le_id)).collect();
        let groups = partition(frame, policy.debt_cycles);
        let sizes: Vec<_> = groups
            .iter()
            .map(|(name, places)| (name, places.len()))
            .collect();
        let (takes, size) = allocate(&sizes, policy);
        let strata = groups
            .into_iter()
            .zip(takes)
            .map(|((stratum, places), take)| StratumDraw {
                stratum,
                take,
                queue: members(&keys, &places),
                sorted: 0,
            })
            .collect();
        let mut draw = Self {
            frame,
            tickets,
            strata,
            size,
        };
        for at in 0..draw.strata.len() {
            let depth = draw.strata.get(at).map_or(0, |stratum| stratum.take);
            draw.sort(at, depth.saturating_add(policy.reserves));
        }
        draw
    }

    /// The groups, in order of name.
    pub fn strata(&self) -> &[StratumDraw] {
        &self.strata
    }

    /// The size asked for and the size drawn.
    pub fn size(&self) -> &SampleSize {
        &self.size
    }

    /// Who was drawn, group by group, each in order of ticket.
    pub fn selected(&self) -> impl Iterator<Item = (&Stratum, &'f Name)> {
        self.strata.iter().flat_map(move |group| {
            self.ids(group, 0, group.take)
                .map(move |le_id| (&group.stratum, le_id))
        })
    }

    /// The ticket of an episode.
    pub fn ticket(&self, le_id: &str) -> String {
        self.tickets.ticket(le_id)
    }

    /// Members of a group in order of ticket, passing over the first `skip`. Only what has been sorted is seen.
    pub(super) fn ids(
        &self,
        group: &StratumDraw,
        skip: usize,
        count: usize,
    ) -> impl Iterator<Item = &'f Name> + use<'f> {
        let frame = self.frame;
        let until = skip.saturating_add(count).min(group.sorted);
        let members = group.queue.get(skip.min(until)..until).unwrap_or_default();
        let places: Vec<usize> = members.iter().map(|member| member.place).collect();
        places
            .into_iter()
            .filter_map(move |place| frame.rows().get(place))
            .map(|row| &row.le_id)
    }

    /// Puts the first `depth` members of a group in order of ticket, ahead of the rest.
    pub(super) fn sort(&mut self, at: usize, depth: usize) {
        let Some(group) = self.strata.get_mut(at) else {
            return;
        };
        let depth = depth.min(group.queue.len());
        if depth <= group.sorted {
            return;
        }
        let rows = self.frame.rows();
        let id = |member: &Member| rows.get(member.place).map_or("", |row| &*row.le_id);
        let tickets = &self.tickets;
        let order = |left: &Member, right: &Member| {
            left.key.cmp(&right.key).then_with(|| {
                if left.place == right.place {
                    std::cmp::Ordering::Equal
                } else {
                    tickets.compare(id(left), id(right))
                }
            })
        };
        if depth < group.queue.len() {
            group.queue.select_nth_unstable_by(depth, order);
        }
        if let Some(front) = group.queue.get_mut(..depth) {
            front.sort_unstable_by(order);
        }
        group.sorted = depth;
    }
}

impl StratumDraw {
    /// Which group.
    pub fn stratum(&self) -> &Stratum {
        &self.stratum
    }

    /// Episodes in the group.
    pub fn population(&self) -> usize {
        self.queue.len()
    }

    /// Episodes drawn from the group.
    pub fn take(&self) -> usize {
        self.take
    }

    /// The chance of each of its episodes to be drawn, as a fraction: `2/7`, or `1` when all are.
    pub fn chance(&self) -> String {
        if self.take == self.population() {
            "1".to_owned()
        } else {
            format!("{}/{}", self.take, self.population())
        }
    }
}

fn members(keys: &[u64], places: &[usize]) -> Vec<Member> {
    let mut members = Vec::with_capacity(places.len());
    members.extend(places.iter().filter_map(|place| {
        let key = *keys.get(*place)?;
        Some(Member { key, place: *place })
    }));
    members
}

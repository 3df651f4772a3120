//! Which parts of a document can any path reach? All paths of a mapping, compiled into one.
//!
//! Names are compared once, at the start of an element; what no path names is not kept. A condition that the start
//! of an element decides (an attribute of XML) keeps only the element that it picks; others are decided when
//! the element around it is whole.

use super::document::{Element, small};
use super::names::Names;
use super::path::{Condition, Embedded, Move, Path};

/// Where the paths lead from the root; state 0 is the root.
#[derive(Clone, Debug, Default)]
pub(super) struct Trie {
    pub(super) names: Names,
    pub(super) states: Vec<State>,
    /// The namespaces that paths name; an element's is a place among them, from 1.
    pub(super) spaces: Vec<String>,
    pub(super) json: bool,
    /// Everything is kept, and paths are walked.
    pub(super) whole: bool,
    /// How many numbers its paths have.
    pub(super) numbers: usize,
    /// Some path goes through a document that stands in a value.
    pub(super) embeds: bool,
}

/// One place that paths lead to or through.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    branches: Vec<Branch>,
    /// The symbol of each branch, side by side: they are compared for every element.
    symbols: Vec<u32>,
    /// Some edge counts positions.
    counted: bool,
    /// The paths that end here, by number.
    pub(super) ends: Vec<usize>,
    /// Whether its text is asked for.
    pub(super) text: bool,
    /// Some edge is decided only when the element is whole.
    pub(super) late: bool,
    /// In which ways a document may stand in its text, each with the path that asks for it first.
    pub(super) embedded: Vec<(Embedded, String)>,
}

/// The ways on for one name.
#[derive(Clone, Debug, Default)]
struct Branch {
    edges: Vec<Edge>,
    /// What may follow edges that are decided late; none if no edge is.
    shadow: Option<u32>,
    quick: Option<Quick>,
    /// The edges that `quick` does not find.
    others: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Edge {
    step: Move,
    space: u32,
    target: u32,
    /// Not every condition is decided by the start of the element.
    late: bool,
    positions: usize,
    /// Some condition looks into a document that stands in a value.
    looks_in: bool,
}

/// Many edges of one name differ only in the value of one place: it is read once and looked up.
#[derive(Clone, Debug)]
struct Quick {
    at: Path,
    /// Whether the start of an element shows it.
    early: bool,
    values: Names,
    /// The edges of each value, by its number from 1.
    edges: Vec<Vec<usize>>,
}

/// From how many edges on values are looked up.
const MANY: usize = 3;

impl Trie {
    /// Compiles paths; each path that has a number is captured under it.
    pub(super) fn new<'p>(paths: impl IntoIterator<Item = &'p Path>, json: bool) -> Self {
        let mut trie = Self {
            json,
            states: vec![State::default()],
            ..Self::default()
        };
        for path in paths {
            trie.add(path);
        }
        trie.finish();
        trie
    }

    /// As [`Trie::new`], of a document that is kept whole: the paths only say what is embedded where.
    pub(super) fn whole<'p>(paths: impl IntoIterator<Item = &'p Path>, json: bool) -> Self {
        Self {
            whole: true,
            ..Self::new(paths, json)
        }
    }

    fn add(&mut self, path: &Path) {
        let (last, question) = self.keep(0, path);
        if let Some(number) = path.number {
            self.numbers = self.numbers.max(Path::ends(number + 1));
            if let Some(state) = self.states.get_mut(last as usize) {
                state.ends.push(Path::ends(number));
            }
            let question = question.filter(|question| *question != last);
            if let Some(state) = question.and_then(|at| self.states.get_mut(at as usize)) {
                state.ends.push(Path::questions(number));
            }
        }
    }

    /// Keeps what a path needs, from a state; the state that it ends in, and that of its question.
    fn keep(&mut self, from: u32, path: &Path) -> (u32, Option<u32>) {
        let (mut state, mut shaded, mut question) = (from, false, None);
        for (index, step) in path.moves.iter().enumerate() {
            let (target, shadow) = self.go(state, step, &path.written);
            self.conditions(target, step, &path.written);
            // Until the step is decided, all that may follow it is kept; one shadow stands for all its edges.
            if let Some(shadow) = shadow.filter(|_| !shaded) {
                shaded = true;
                self.conditions(shadow, step, &path.written);
                self.shade(shadow, path, index + 1, &path.written);
            }
            state = target;
            if small(index + 1) == path.asked {
                question = Some(state);
            }
        }
        self.value(state, path);
        (state, question)
    }

    /// Keeps the rest of a path whatever its conditions are.
    fn shade(&mut self, from: u32, path: &Path, done: usize, written: &str) {
        let mut state = from;
        for step in path.moves.iter().skip(done) {
            let plain = Move {
                conditions: Vec::new(),
                before: 0,
                ..step.clone()
            };
            (state, _) = self.go(state, &plain, written);
            self.conditions(state, step, written);
        }
        self.value(state, path);
    }

    fn conditions(&mut self, state: u32, step: &Move, written: &str) {
        for condition in &step.conditions {
            if let Condition::Is { at, .. } = condition {
                self.shade(state, at, 0, written);
            }
        }
    }

    /// Keeps what the end of a path reads.
    fn value(&mut self, state: u32, path: &Path) {
        match &path.attribute {
            None => self.text(state),
            Some(name) if self.json => {
                for written in [format!("@{}", name.local), name.local.clone()] {
                    let mut member = Move::default();
                    member.name.local = written;
                    let (target, _) = self.go(state, &member, "");
                    self.text(target);
                }
            }
            Some(name) => drop(self.space(name.space.as_deref())),
        }
    }

    fn text(&mut self, state: u32) {
        if let Some(state) = self.states.get_mut(state as usize) {
            state.text = true;
        }
    }

    fn space(&mut self, space: Option<&str>) -> u32 {
        let Some(space) = space else { return 0 };
        let known = self.spaces.iter().position(|known| known == space);
        let index = known.unwrap_or_else(|| {
            self.spaces.push(space.to_owned());
            self.spaces.len() - 1
        });
        small(index + 1)
    }

    /// The state that a step of a path leads to, and the shadow of its branch if it is decided late.
    fn go(&mut self, from: u32, step: &Move, written: &str) -> (u32, Option<u32>) {
        let symbol = match step.name.local.as_str() {
            "" => 0,
            name => self.names.add(name),
        };
        let space = self.space(step.name.space.as_deref());
        let next = small(self.states.len());
        let late = step.conditions.iter().any(|one| !is_early(one, self.json));
        let Some(state) = self.states.get_mut(from as usize) else {
            return (from, None);
        };
        state.late |= late;
        let Some(branch) = state.branch(symbol) else {
            return (from, None);
        };
        let known = branch.edges.iter().find(|edge| edge.step == *step);
        let target = known.map_or(next, |edge| edge.target);
        if known.is_none() {
            branch.edges.push(Edge {
                step: step.clone(),
                space,
                target,
                late,
                positions: step.positions(),
                looks_in: step.looks_in(),
            });
        }
        let shadow = late.then(|| {
            *branch
                .shadow
                .get_or_insert(next + u32::from(target == next))
        });
        let made = shadow.unwrap_or(target).max(target) as usize + 1;
        self.states
            .resize_with(self.states.len().max(made), State::default);
        for number in [Some(target), shadow].into_iter().flatten() {
            let state = self.states.get_mut(number as usize);
            if let (Some(state), Some(kind)) = (state, step.embedded)
                && !state.embedded.iter().any(|(known, _)| *known == kind)
            {
                state.embedded.push((kind, written.to_owned()));
                self.embeds = true;
            }
        }
        (target, shadow)
    }

    /// Finds the one place by whose value most edges of a name differ.
    fn finish(&mut self) {
        let json = self.json;
        for state in &mut self.states {
            for branch in &mut state.branches {
                branch.finish(json);
                state.counted |= branch.edges.iter().any(|edge| edge.positions > 0);
            }
        }
    }

    pub(super) fn state(&self, number: u32) -> Option<&State> {
        self.states.get(number as usize)
    }

    /// The place of a namespace among those that paths name, from 1.
    pub(super) fn space_of(&self, space: Option<&str>) -> u32 {
        let Some(space) = space else { return 0 };
        let known = self.spaces.iter().position(|known| known == space);
        known.map_or(0, |index| small(index + 1))
    }
}

/// Whether the start of an element decides it.
fn is_early(condition: &Condition, json: bool) -> bool {
    match condition {
        Condition::Nth(_) => false,
        Condition::Is { at, .. } => is_early_place(at, json),
    }
}

fn is_early_place(at: &Path, json: bool) -> bool {
    !json && at.moves.is_empty() && at.attribute.is_some()
}

impl State {
    /// The place of the branch for a name; a new one if it is new.
    fn branch(&mut self, symbol: u32) -> Option<&mut Branch> {
        let known = self.symbols.iter().position(|known| *known == symbol);
        let place = known.unwrap_or_else(|| {
            self.symbols.push(symbol);
            self.branches.push(Branch::default());
            self.branches.len() - 1
        });
        self.branches.get_mut(place)
    }

    /// Whether no path goes on from here.
    pub(super) fn is_end(&self) -> bool {
        self.branches.is_empty()
    }

    /// Whether an element of this name can be on the way of a path.
    pub(super) fn wants(&self, symbol: u32) -> bool {
        let mut symbols = self.symbols.iter();
        symbols.any(|known| *known == 0 || *known == symbol)
    }

    fn branches_for(&self, symbol: u32) -> impl Iterator<Item = &Branch> {
        let all = self.symbols.iter().zip(&self.branches);
        let fits = all.filter(move |(known, _)| **known == 0 || **known == symbol);
        fits.map(|(_, branch)| branch)
    }

    /// At the start of an element: the states it may lead to, and whether that is sure.
    pub(super) fn begin(&self, element: Element<'_>, mut lead: impl FnMut(u32, bool)) {
        let node = element.node();
        for branch in self.branches_for(node.symbol) {
            if let Some(shadow) = branch.shadow {
                lead(shadow, false);
            }
            branch.candidates(true, element, |edge| {
                if !edge.late
                    && (edge.space == 0 || edge.space == node.space)
                    && edge.step.holds(element, &mut [])
                {
                    lead(edge.target, true);
                }
            });
        }
    }

    /// When the element is whole: calls for each value that a condition looks into, and in which way.
    pub(super) fn looked_into(
        &self,
        element: Element<'_>,
        call: &mut dyn FnMut(Element<'_>, Embedded),
    ) {
        let edges = self.branches.iter().flat_map(|branch| &branch.edges);
        for edge in edges.filter(|edge| edge.looks_in) {
            edge.step.look_in(element, call);
        }
    }

    /// When the element is whole: calls for each child that an edge leads to, in the order of the children. Only
    /// for edges that could not be decided before, if `late`.
    pub(super) fn finish(
        &self,
        element: Element<'_>,
        late: bool,
        lead: &mut dyn FnMut(Element<'_>, u32),
    ) {
        for child in element.children() {
            let node = child.node();
            for branch in self.branches_for(node.symbol) {
                if late && branch.shadow.is_none() {
                    continue;
                }
                branch.candidates(false, child, |edge| {
                    let wanted = edge.positions == 0 && (edge.late || !late);
                    let fits = edge.space == 0 || edge.space == node.space;
                    if wanted && fits && edge.step.holds(child, &mut []) {
                        lead(child, edge.target);
                    }
                });
            }
        }
        if !self.counted {
            return;
        }
        let counted = self.branches.iter().flat_map(|branch| &branch.edges);
        for edge in counted.filter(|edge| edge.positions > 0) {
            let mut counts = vec![0; edge.positions];
            for child in element.children() {
                let node = child.node();
                let fits = edge.space == 0 || edge.space == node.space;
                if fits && edge.step.name.admits(child) && edge.step.holds(child, &mut counts) {
                    lead(child, edge.target);
                }
            }
        }
    }
}

impl Branch {
    fn finish(&mut self, json: bool) {
        self.others = (0..self.edges.len()).collect();
        let first = |edge: &Edge| match edge.step.conditions.first() {
            Some(Condition::Is {
                at,
                value,
                begins: false,
            }) => Some((at.clone(), value.clone())),
            _ => None,
        };
        let same =
            |at: &Path, other: &Path| at.moves == other.moves && at.attribute == other.attribute;
        let all: Vec<(usize, Path, String)> = self
            .edges
            .iter()
            .enumerate()
            .filter_map(|(index, edge)| first(edge).map(|(at, value)| (index, at, value)))
            .collect();
        let many = |at: &Path| all.iter().filter(|(_, other, _)| same(at, other)).count();
        let Some((_, at, _)) = all.iter().max_by_key(|(_, at, _)| many(at)) else {
            return;
        };
        let (at, how_many) = (at.clone(), many(at));
        if how_many < MANY {
            return;
        }
        let (mut values, mut edges) = (Names::default(), Vec::new());
        for (index, _, value) in all.into_iter().filter(|(_, other, _)| same(&at, other)) {
            let number = values.add(&value) as usize;
            edges.resize_with(number.max(edges.len()), Vec::new);
            if let Some(edges) = edges.get_mut(number - 1) {
                edges.push(index);
            }
            self.others.retain(|other| *other != index);
        }
        let early = is_early_place(&at, json);
        self.quick = Some(Quick {
            at,
            early,
            values,
            edges,
        });
    }

    /// Calls for the edges whose looked-up value is there, and for all that are not looked up. At the `start` of an
    /// element a value inside it is not known yet, and nothing is looked up there.
    fn candidates(&self, start: bool, element: Element<'_>, mut call: impl FnMut(&Edge)) {
        match &self.quick {
            // All of these are decided late.
            Some(quick) if start && !quick.early => {}
            Some(quick) => quick.at.look(element, &mut |text| {
                let number = quick.values.number(text) as usize;
                let found = number.checked_sub(1).and_then(|at| quick.edges.get(at));
                let found = found.into_iter().flatten();
                found
                    .filter_map(|edge| self.edges.get(*edge))
                    .for_each(&mut call);
            }),
            None => {}
        }
        let others = self.others.iter().filter_map(|edge| self.edges.get(*edge));
        others.for_each(call);
    }
}

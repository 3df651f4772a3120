//! Which parts of a document can any path reach? All paths of a mapping, compiled into one.
//!
//! Names are compared once, at the start of an element; what no path names is not kept. A condition that the start
//! of an element decides (an attribute of XML) keeps only the element that it picks; others are decided when
//! the element around it is whole.

use super::branch::{Edge, is_early};
use super::document::small;
use super::names::Names;
use super::path::{Condition, Move, Path};
use super::state::State;

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
        for state in &mut self.states {
            state.settle(self.json, &self.names);
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

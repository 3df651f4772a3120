//! Which ways go on from a place of the trie by one name, and which of them does an element take?

use super::document::Element;
use super::names::Names;
use super::path::{Condition, Move, Name, Path};

/// From how many edges on values are looked up.
const MANY: usize = 3;

/// The ways on for one name.
#[derive(Clone, Debug, Default)]
pub(super) struct Branch {
    pub(super) edges: Vec<Edge>,
    /// What may follow edges that are decided late; none if no edge is.
    pub(super) shadow: Option<u32>,
    /// The one place that every element of the name leads to when it begins, and whether that is sure.
    pub(super) straight: Option<(u32, bool)>,
    quick: Option<Quick>,
    /// The edges that `quick` does not find.
    others: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) step: Move,
    pub(super) space: u32,
    pub(super) target: u32,
    /// Not every condition is decided by the start of the element.
    pub(super) late: bool,
    pub(super) positions: usize,
    /// Some condition looks into a document that stands in a value.
    pub(super) looks_in: bool,
}

/// Many edges of one name differ only in the value of one place: it is read once and looked up.
#[derive(Clone, Debug)]
struct Quick {
    at: Spot,
    /// Whether the start of an element shows it.
    early: bool,
    values: Names,
    /// The edges of each value, by its number from 1.
    edges: Vec<Vec<usize>>,
}

/// A place whose value is looked up; names are compared by their numbers where that can be.
#[derive(Clone, Debug)]
enum Spot {
    /// Each child of this name.
    Child(u32),
    /// In JSON what stands for an attribute: the first member of the first name, else of the second.
    Member(u32, u32, Path),
    /// An attribute of XML.
    Attribute(Name),
    Other(Path),
}

impl Spot {
    fn new(at: Path, json: bool, names: &Names) -> Self {
        match (at.moves.as_slice(), &at.attribute) {
            ([], Some(name)) if json => {
                let marked = names.number(&format!("@{}", name.local));
                Self::Member(marked, names.number(&name.local), at)
            }
            ([], Some(name)) => Self::Attribute(name.clone()),
            ([step], None) if step.is_plain() => match names.number(&step.name.local) {
                0 => Self::Other(at),
                known => Self::Child(known),
            },
            _ => Self::Other(at),
        }
    }

    /// Calls for each value there, trimmed.
    fn look(&self, element: Element<'_>, found: &mut dyn FnMut(&str)) {
        match self {
            Self::Child(symbol) => {
                for child in element.children() {
                    if child.node().symbol == *symbol {
                        found(child.own_text().trim());
                    }
                }
            }
            Self::Member(marked, plain, at) => {
                let mut second = None;
                for child in element.children() {
                    let symbol = child.node().symbol;
                    if symbol == *marked {
                        return found(child.own_text().trim());
                    }
                    if symbol == *plain && second.is_none() {
                        second = Some(child);
                    }
                }
                match second {
                    Some(child) => found(child.own_text().trim()),
                    // A document of XML may stand in a value of JSON.
                    None => at.look(element, found),
                }
            }
            Self::Attribute(name) => {
                if let Some(value) = element.attribute(&name.local, name.space.as_deref()) {
                    found(value.trim());
                }
            }
            Self::Other(at) => at.look(element, found),
        }
    }
}

/// Whether the start of an element decides it.
pub(super) fn is_early(condition: &Condition, json: bool) -> bool {
    match condition {
        Condition::Nth(_) => false,
        Condition::Is { at, .. } => is_early_place(at, json),
    }
}

pub(super) fn is_early_place(at: &Path, json: bool) -> bool {
    !json && at.moves.is_empty() && at.attribute.is_some()
}

impl Branch {
    pub(super) fn finish(&mut self, json: bool, names: &Names) {
        self.straight = match (self.edges.as_slice(), self.shadow) {
            (edges, Some(shadow)) if edges.iter().all(|edge| edge.late) => Some((shadow, false)),
            ([edge], None) if edge.step.conditions.is_empty() && edge.space == 0 => {
                Some((edge.target, true))
            }
            _ => None,
        };
        self.others = (0..self.edges.len()).collect();
        let first = |edge: &Edge| match edge.step.conditions.first() {
            // One of several values is compared by itself.
            Some(Condition::Is {
                at,
                values,
                begins: false,
            }) => match values.as_slice() {
                [value] => Some((at.clone(), value.clone())),
                _ => None,
            },
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
            at: Spot::new(at, json, names),
            early,
            values,
            edges,
        });
    }

    /// Calls for the edges whose looked-up value is there, and for all that are not looked up; and whether that
    /// decides it. At the `start` of an element a value inside it is not known yet, and nothing is looked up there.
    pub(super) fn candidates(
        &self,
        start: bool,
        element: Element<'_>,
        mut call: impl FnMut(&Edge, bool),
    ) {
        match &self.quick {
            // All of these are decided late.
            Some(quick) if start && !quick.early => {}
            Some(quick) => quick.at.look(element, &mut |text| {
                let number = quick.values.number(text) as usize;
                let found = number.checked_sub(1).and_then(|at| quick.edges.get(at));
                for edge in found.into_iter().flatten() {
                    if let Some(edge) = self.edges.get(*edge) {
                        call(edge, edge.step.conditions.len() == 1);
                    }
                }
            }),
            None => {}
        }
        for edge in &self.others {
            if let Some(edge) = self.edges.get(*edge) {
                call(edge, edge.step.conditions.is_empty());
            }
        }
    }
}

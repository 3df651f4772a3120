//! Which elements does a place of the trie lead to, at the start of one and when it is whole?

use super::branch::Branch;
use super::document::Element;
use super::names::Names;
use super::path::Embedded;

/// Up to how many names of a state are compared one by one.
const FEW: usize = 4;

/// One place that paths lead to or through.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) branches: Vec<Branch>,
    /// The symbol of each branch, side by side: they are compared for every element.
    symbols: Vec<u32>,
    /// What each branch leads to when an element begins, side by side as well.
    straight: Vec<Option<(u32, bool)>>,
    /// Where there are many, the branch of each symbol, from 1.
    places: Vec<u16>,
    /// The branch for any name.
    any: Option<usize>,
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

/// Where an element of a name leads when it begins.
pub(super) enum Way {
    Nowhere,
    /// To one place, whatever it says itself; whether that is sure.
    Straight(u32, bool),
    /// That depends on the element.
    Forks,
}

impl State {
    /// Makes it ready to be asked, once every path is in it.
    pub(super) fn settle(&mut self, json: bool, names: &Names) {
        self.any = self.symbols.iter().position(|known| *known == 0);
        let many = self.symbols.len() > FEW && self.symbols.len() < usize::from(u16::MAX);
        for (place, symbol) in self.symbols.iter().enumerate().filter(|_| many) {
            let symbol = *symbol as usize;
            let size = self.places.len().max(symbol + 1);
            self.places.resize(size, 0);
            if let Some(known) = self.places.get_mut(symbol) {
                *known = u16::try_from(place + 1).unwrap_or_default();
            }
        }
        for branch in &mut self.branches {
            branch.finish(json, names);
            self.counted |= branch.edges.iter().any(|edge| edge.positions > 0);
            self.straight.push(branch.straight);
        }
    }

    /// The place of the branch for a name; a new one if it is new.
    pub(super) fn branch(&mut self, symbol: u32) -> Option<&mut Branch> {
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
        self.any.is_some() || self.named(symbol).is_some()
    }

    /// Where an element of this name leads when it begins.
    pub(super) fn way(&self, symbol: u32) -> Way {
        if self.any.is_some() {
            return Way::Forks;
        }
        let Some(place) = self.named(symbol) else {
            return Way::Nowhere;
        };
        match self.straight.get(place) {
            Some(Some((target, sure))) => Way::Straight(*target, *sure),
            _ => Way::Forks,
        }
    }

    /// The branch for exactly this name, which the mapping says.
    fn named(&self, symbol: u32) -> Option<usize> {
        if symbol == 0 {
            return None;
        }
        if self.places.is_empty() {
            return self.symbols.iter().position(|known| *known == symbol);
        }
        let place = self.places.get(symbol as usize)?;
        usize::from(*place).checked_sub(1)
    }

    fn branches_for(&self, symbol: u32) -> impl Iterator<Item = &Branch> {
        let places = self.any.into_iter().chain(self.named(symbol));
        places.filter_map(|place| self.branches.get(place))
    }

    /// At the start of an element: the states it may lead to, and whether that is sure.
    pub(super) fn begin(&self, element: Element<'_>, mut lead: impl FnMut(u32, bool)) {
        let node = element.node();
        for branch in self.branches_for(node.symbol) {
            if let Some(shadow) = branch.shadow {
                lead(shadow, false);
            }
            branch.candidates(true, element, |edge, decided| {
                if !edge.late
                    && (edge.space == 0 || edge.space == node.space)
                    && (decided || edge.step.holds(element, &mut []))
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
            match self.way(node.symbol) {
                Way::Nowhere => continue,
                Way::Straight(target, true) => {
                    if !late {
                        lead(child, target);
                    }
                    continue;
                }
                _ => {}
            }
            for branch in self.branches_for(node.symbol) {
                if late && branch.shadow.is_none() {
                    continue;
                }
                branch.candidates(false, child, |edge, decided| {
                    let wanted = edge.positions == 0 && (edge.late || !late);
                    let fits = edge.space == 0 || edge.space == node.space;
                    if wanted && fits && (decided || edge.step.holds(child, &mut [])) {
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

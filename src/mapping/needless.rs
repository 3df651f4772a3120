//! Which facts can a mapping leave out, since another place of it says the same?

use std::collections::BTreeMap;

use super::compile::Mapping;
use crate::practice::fact::Fact;

impl Mapping {
    /// The facts that have no place of their own and need none, each with what makes it needless.
    pub fn needless(&self) -> BTreeMap<Fact, &'static str> {
        let next = self.doors.callout.as_ref();
        let next = next.and_then(|callout| callout.next.as_ref());
        let mut all = BTreeMap::new();
        if self.facts.contains_key(&Fact::Actions) {
            all.insert(Fact::ActionCount, "the rows of `actions` are counted");
        }
        if next.is_some_and(|next| next.assignee.is_some()) {
            all.insert(Fact::HandOver, "`[callout.next]` says it before Finish");
        }
        let placed = |fact: &Fact| self.facts.contains_key(fact) || self.blank.contains(fact);
        all.retain(|fact, _| !placed(fact));
        all
    }
}

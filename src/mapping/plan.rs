//! Which paths does a mapping have, and which rule of the file does each belong to?

use super::compile::Desk;
use super::document::small;
use super::limits::Format;
use super::path::Path;
use super::trie::Trie;

/// One rule of a mapping file that takes values from a record.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// Its key, such as `facts.evaluation.path`.
    pub(super) key: String,
    /// The key's line in the mapping file.
    pub(super) line: usize,
    /// From the record.
    pub(super) path: Path,
}

/// All paths of a mapping, compiled for each format.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) rules: Vec<Rule>,
    wanted: [Trie; 2],
    whole: [Trie; 2],
}

impl Plan {
    fn new(rules: Vec<Rule>, loose: &[Path]) -> Self {
        let all = || rules.iter().map(|rule| &rule.path);
        Self {
            wanted: [Trie::new(all(), false), Trie::new(all(), true)],
            whole: [Trie::whole(loose, false), Trie::whole(loose, true)],
            rules,
        }
    }

    /// What paths want of a record.
    pub(super) fn wanted(&self, format: Format) -> &Trie {
        let [xml, json] = &self.wanted;
        match format {
            Format::Xml => xml,
            Format::Json => json,
        }
    }

    /// Everything of a document.
    pub(super) fn whole(&self, format: Format) -> &Trie {
        let [xml, json] = &self.whole;
        match format {
            Format::Xml => xml,
            Format::Json => json,
        }
    }
}

impl Desk<'_> {
    /// A path from the record. Every path that is asked of a record comes from here or from [`Desk::below`]: what
    /// no such path names is not kept.
    pub(super) fn path(&mut self, at: &str, written: &str) -> Path {
        self.below(at, &Path::default(), written)
    }

    /// A path from what `base`, a path from the record, leads to: a column of a row, an answer of a form.
    pub(super) fn below(&mut self, at: &str, base: &Path, written: &str) -> Path {
        let mut path = self.loose_path(at, written);
        let mut whole = if base.moves.is_empty() {
            path.clone()
        } else {
            base.then(&path)
        };
        let number = Some(small(self.rules.len()));
        whole.number = number;
        path.number = number;
        let line = self.line(at);
        self.rules.push(Rule {
            key: at.to_owned(),
            line,
            path: whole,
        });
        path
    }

    /// A path from the root of a document that is read whole.
    pub(super) fn loose(&mut self, at: &str, written: &str) -> Path {
        let path = self.loose_path(at, written);
        self.loose_paths.push(path.clone());
        path
    }

    fn loose_path(&mut self, at: &str, written: &str) -> Path {
        let named = self.name(at, written);
        Path::parse_in(&named, &self.spaces).unwrap_or_else(|message| {
            self.fault(at, &message, None);
            Path::default()
        })
    }

    pub(super) fn plan(&mut self) -> Plan {
        Plan::new(std::mem::take(&mut self.rules), &self.loose_paths)
    }
}

//! Which operations are there, and what may their templates name?

use std::collections::BTreeSet;

use super::language::File;
use super::write_table::Operation;

/// The operations that perform an effect by themselves.
pub(super) const EFFECTS: [&str; 8] = [
    "note",
    "flag",
    "unflag",
    "reopen",
    "notice",
    "sample_list",
    "answer_task",
    "due",
];
/// The operations that only follow another one, by `then`.
pub(super) const FOLLOWING: [&str; 5] = ["task", "reassign", "attach", "hold", "release"];
/// What an item of a batch may name besides.
pub(super) const ITEM_NAMES: [&str; 3] = ["ref", "previous", "nth"];
/// The names that every template of a write may use, beside `[values]` and `[before]`.
const WRITE_NAMES: [&str; 5] = ["step", "episode", "mark", "text", "audience"];

/// What an effect offers besides, by the operation that performs it.
fn own_names(operation: &str) -> &'static [&'static str] {
    match operation {
        "flag" | "unflag" => &["flag"],
        "answer_task" => &["task"],
        "due" => &["due"],
        "sample_list" => &[
            "cycle",
            "episodes",
            "certificate",
            "document",
            "document_base64",
            "file_name",
            "boundary",
        ],
        _ => &[],
    }
}

/// What an operation's templates may name, before anything is read. One that follows others may name what
/// every one of them knows.
pub(super) fn names_of<'f>(file: &'f File, name: &'f str) -> BTreeSet<&'f str> {
    let mut known: BTreeSet<&str> = WRITE_NAMES.into_iter().collect();
    known.extend(file.values.keys().map(String::as_str));
    known.extend(own_names(name));
    let first = file
        .write
        .iter()
        .filter(|(_, one)| one.then.as_deref() == Some(name));
    if FOLLOWING.contains(&name) {
        let each = first.map(|(first, one)| {
            let made = one.returned.as_ref().map(|_| "returned");
            own_names(first)
                .iter()
                .copied()
                .chain(made)
                .collect::<BTreeSet<&str>>()
        });
        let shared = each.reduce(|all, one| all.intersection(&one).copied().collect());
        known.extend(shared.into_iter().flatten());
    }
    known
}

/// What the templates of the operation that follows may name.
pub(super) fn known_after<'f>(
    file: &'f File,
    first: &'f Operation,
    then: &str,
) -> BTreeSet<&'f str> {
    let mut known: BTreeSet<&str> = WRITE_NAMES.into_iter().collect();
    known.extend(file.values.keys().map(String::as_str));
    let name = file.write.iter().find(|(_, one)| std::ptr::eq(*one, first));
    known.extend(name.into_iter().flat_map(|(name, _)| own_names(name)));
    known.extend(first.returned.as_ref().map(|_| "returned"));
    let before = file.write.get(then).and_then(|next| next.before.as_ref());
    for read in before
        .into_iter()
        .flat_map(|b| [&b.values, &b.lists, &b.headers])
    {
        known.extend(read.keys().map(String::as_str));
    }
    known
}

//! Which attributes does an element have?

use quick_xml::events::BytesStart;
use quick_xml::name::NamespaceResolver;

use super::document::{Arena, Attribute, Spoiled};
use super::page_fault::PageFault;
use super::tidy::tidy_attribute;
use super::trie::Trie;

/// More attributes than any form needs; they are compared pair by pair.
const ATTRIBUTES: usize = 256;

/// Puts the attributes of an element into the arena, declarations of namespaces left out; whether they say that
/// it is nil.
pub(super) fn push(
    trie: &Trie,
    text: &str,
    arena: &mut Arena,
    start: &BytesStart<'_>,
    spaces: &NamespaceResolver,
) -> Result<bool, PageFault> {
    let from = arena.attributes.len();
    let (mut nil, mut twice) = (false, false);
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| PageFault::malformed("an attribute is malformed"))?;
        let key = attribute.key;
        if key.as_namespace_binding().is_some() {
            continue;
        }
        let (local, _) = key.decompose();
        let local: &str = local.as_ref();
        let name = arena.span(text, local);
        let value = match tidy_attribute(&attribute)? {
            None => arena.span(text, &attribute.value),
            Some(tidy) => {
                // A reference to it is no better than bytes that became it.
                if tidy.contains('\u{fffd}') {
                    arena.spoiled.get_or_insert(Spoiled::Characters);
                }
                arena.span(text, &tidy)
            }
        };
        nil |= local == "nil" && matches!(arena.read(text, value), "true" | "1");
        let space = if trie.spaces.is_empty() {
            0
        } else {
            trie.space_of(super::xml::bound(&spaces.resolve_attribute(key).0))
        };
        let others = arena.attributes.get(from..).unwrap_or_default();
        twice |= others
            .iter()
            .any(|other| arena.read(text, other.name) == local);
        if others.len() >= ATTRIBUTES {
            return Err(PageFault::malformed("an element has too many attributes"));
        }
        arena.attributes.push(Attribute { name, value, space });
    }
    // One local name under two prefixes is no repetition.
    if twice && start.attributes().any(|attribute| attribute.is_err()) {
        return Err(PageFault::malformed("an element repeats an attribute"));
    }
    Ok(nil)
}

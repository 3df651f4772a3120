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
    let raw = start.attributes_raw();
    if let Some(nil) = push_plain(text, arena, raw)? {
        return Ok(nil);
    }
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

/// The same for attributes as nearly all are written, told apart here: one space before each, no prefix, no reference.
/// None, and nothing put, if any is written in another way.
fn push_plain(text: &str, arena: &mut Arena, raw: &str) -> Result<Option<bool>, PageFault> {
    let from = arena.attributes.len();
    let (mut nil, mut rest) = (false, raw);
    while !rest.is_empty() {
        let plain = plain(rest);
        let others = arena.attributes.get(from..).unwrap_or_default();
        let is_new = |name: &str| others.iter().all(|one| arena.read(text, one.name) != name);
        let Some((name, value, after)) = plain.filter(|(name, ..)| is_new(name)) else {
            arena.attributes.truncate(from);
            return Ok(None);
        };
        if others.len() >= ATTRIBUTES {
            return Err(PageFault::malformed("an element has too many attributes"));
        }
        nil |= name == "nil" && matches!(value, "true" | "1");
        let (name, value) = (arena.span(text, name), arena.span(text, value));
        arena.attributes.push(Attribute {
            name,
            value,
            space: 0,
        });
        rest = after;
    }
    Ok(Some(nil))
}

/// The name and the value of the first attribute, and what follows it.
fn plain(raw: &str) -> Option<(&str, &str, &str)> {
    let own = raw.strip_prefix(' ')?;
    let length = own
        .bytes()
        .position(|byte| !byte.is_ascii_alphanumeric() && byte != b'_' && byte != b'-')?;
    let (name, rest) = own.split_at_checked(length)?;
    let rest = rest.strip_prefix("=\"")?;
    let end = rest
        .bytes()
        .position(|byte| byte < 0x20 || matches!(byte, b'"' | b'&' | b'<'))?;
    let (value, rest) = rest.split_at_checked(end)?;
    let is_name = !name.is_empty() && name != "xmlns";
    is_name.then_some((name, value, rest.strip_prefix('"')?))
}

//! Is an effect there already, and what does its write rest on? Read before it is written, and read back after (M23, M24).

use std::collections::BTreeMap;

use super::compile::Mapping;
use super::document::Element;
use super::listing::has_place;
use super::page_fault::PageFault;
use super::path::Path;
use super::path_text::Namespaces;
use super::template::{Given, Slot, Values, render};
use super::write_table::{Before, Operation, ReadBack};
use super::writing::{Beforehand, Carried, Reply, Shown};
use crate::practice::effect::Effect;

impl Mapping {
    /// What the answer to [`Mapping::before_request`] says of the write. A value that should be there and is
    /// not is a fault: nothing is written on a guess.
    pub fn beforehand(
        &self,
        operation: &Operation,
        before: &Before,
        effect: &Effect,
        reply: Reply<'_>,
    ) -> Result<Beforehand, PageFault> {
        let back = operation.read_back.as_ref();
        let root = before.root.as_ref().or(back.map(|back| &back.root));
        let whole = self.document(reply.bytes, reply.charset, root.map_or("", String::as_str))?;
        let document = whole.root();
        if document.holds_malformed() {
            return Err(PageFault::unproven(
                "it holds bytes that are not of the declared character set",
            ));
        }
        let carried = carry(before, &document, reply.headers, &self.namespaces)?;
        if let (None, Some(back)) = (&before.path, back) {
            match self.seen(operation, back, effect, &document)? {
                Shown::Yes => return Ok(Beforehand::Done),
                Shown::Half => return Ok(Beforehand::Half),
                Shown::No => {}
            }
        }
        if let Some(must) = &before.must {
            let wanted = self.plain(operation, &must.is, effect)?;
            if !at(&document, &must.find, &self.namespaces)?.contains(&wanted) {
                return Ok(Beforehand::Refused(must.why.clone()));
            }
        }
        Ok(Beforehand::Write(carried))
    }

    /// Whether an answer to the read-back shows the effect.
    pub fn shows(
        &self,
        operation: &Operation,
        back: &ReadBack,
        effect: &Effect,
        bytes: &[u8],
        charset: Option<&str>,
    ) -> Result<Shown, PageFault> {
        self.seen(
            operation,
            back,
            effect,
            &self.document(bytes, charset, &back.root)?.root(),
        )
    }

    fn seen(
        &self,
        operation: &Operation,
        back: &ReadBack,
        effect: &Effect,
        document: &Element<'_>,
    ) -> Result<Shown, PageFault> {
        let values = at(document, &back.find, &self.namespaces)?;
        if back.absent {
            let path = Path::parse_in(&back.find, &self.namespaces);
            has_place(document, &path.map_err(PageFault::unproven)?)?;
        }
        let there = match (&back.contains, &back.is) {
            (Some(template), _) => {
                let needle = self.plain(operation, template, effect)?;
                values.iter().any(|value| value.contains(&needle))
            }
            (None, template) => {
                let wanted =
                    self.plain(operation, template.as_deref().unwrap_or_default(), effect)?;
                values.contains(&wanted)
            }
        };
        let also = match &back.also {
            None => true,
            Some(also) => at(document, &also.find, &self.namespaces)?
                .contains(&self.plain(operation, &also.is, effect)?),
        };
        Ok(match (there != back.absent, also) {
            (true, true) => Shown::Yes,
            (true, false) => Shown::Half,
            (false, _) => Shown::No,
        })
    }

    /// Fills a template that is compared with what stands there. What is looked for is never nothing.
    fn plain(
        &self,
        operation: &Operation,
        template: &str,
        effect: &Effect,
    ) -> Result<String, PageFault> {
        match render(template, Slot::Plain, &self.values_of(operation, effect)) {
            Ok(text) if text.is_empty() => {
                Err(PageFault::unproven("the read-back looks for nothing"))
            }
            Ok(text) => Ok(text),
            Err(fault) => Err(PageFault::unproven(fault.0)),
        }
    }
}

fn carry(
    before: &Before,
    document: &Element<'_>,
    headers: &BTreeMap<String, String>,
    spaces: &Namespaces,
) -> Result<Carried, PageFault> {
    let mut carried = Values::new();
    for (name, path) in &before.values {
        let value = at(document, path, spaces)?.into_iter().next();
        let value =
            value.ok_or_else(|| PageFault::unproven(format!("there is nothing at `{path}`")))?;
        carried.insert(name.clone(), Given::One(value));
    }
    for (name, path) in &before.lists {
        let place = Path::parse_in(path, spaces).map_err(PageFault::unproven)?;
        has_place(document, &place)?;
        carried.insert(name.clone(), Given::Many(at(document, path, spaces)?));
    }
    for (name, header) in &before.headers {
        let value = headers.get(&header.to_lowercase()).cloned();
        let value =
            value.ok_or_else(|| PageFault::unproven(format!("it has no header `{header}`")))?;
        carried.insert(name.clone(), Given::One(value));
    }
    Ok(Carried(carried))
}

/// Every value at a path that is not empty.
pub(super) fn at(
    document: &Element<'_>,
    written: &str,
    spaces: &Namespaces,
) -> Result<Vec<String>, PageFault> {
    let path = Path::parse_in(written, spaces).map_err(PageFault::unproven)?;
    let values = path.values(document).into_iter().map(|(text, _)| text);
    Ok(values.filter(|text| !text.is_empty()).collect())
}

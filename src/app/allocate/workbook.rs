//! What stands on an Excel workbook's first sheet? Text, numbers and days; nothing is calculated or followed.
//!
//! A workbook is a zip archive of XML parts. Every size is bounded before anything is unpacked, since whoever
//! sends one may mean harm. Absent on purpose: formulas (their last value counts), styles, pictures, links.

use std::io::Read;

use flate2::read::DeflateDecoder;
use jiff::civil::{Date, date};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Most bytes of one unpacked part.
const PART_BYTES: u64 = 32 * 1024 * 1024;
/// Most rows, and most cells of a row.
const ROWS: usize = 20_000;
const CELLS: usize = 100;

/// The rows of the first sheet, each with its number. A number in a column named in `days` is a day.
///
/// # Errors
/// What the file is not.
pub(super) fn first_sheet(bytes: &[u8], days: &[&str]) -> Result<Vec<(u64, Vec<String>)>, String> {
    let book = text(part(bytes, "xl/workbook.xml")?)?;
    let links = text(part(bytes, "xl/_rels/workbook.xml.rels")?)?;
    let (id, since_1904) = first_of(&book)?;
    let place = target(&links, &id)?;
    let place = match place.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("xl/{place}"),
    };
    let shared = match part(bytes, "xl/sharedStrings.xml") {
        Ok(part) => shared_texts(&text(part)?)?,
        Err(_) => Vec::new(),
    };
    let sheet = text(part(bytes, &place)?)?;
    let mut rows = cells(&sheet, &shared)?;
    turn_days(&mut rows, days, since_1904);
    let texts = |cells: Vec<Cell>| cells.into_iter().map(|cell| cell.text).collect();
    Ok(rows
        .into_iter()
        .map(|(nth, row)| (nth, texts(row)))
        .collect())
}

fn not_a_workbook(why: &str) -> String {
    format!("the file is no Excel workbook that can be read: {why}")
}

fn number(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(size)?)?;
    field.iter().rev().try_fold(0_usize, |sum, byte| {
        sum.checked_mul(256)?.checked_add(usize::from(*byte))
    })
}

/// One part of the archive, unpacked.
fn part(bytes: &[u8], wanted: &str) -> Result<Vec<u8>, String> {
    let fault = || not_a_workbook("its archive is damaged");
    // The end record is the last thing, but for a comment of at most 65,535 bytes.
    let from = bytes.len().saturating_sub(22 + 65_535);
    let tail = bytes.get(from..).unwrap_or_default();
    let end = tail
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")
        .ok_or_else(fault)?
        + from;
    let _comment = number(bytes, end + 20, 2).ok_or_else(fault)?;
    let count = number(bytes, end + 10, 2).ok_or_else(fault)?;
    let mut at = number(bytes, end + 16, 4).ok_or_else(fault)?;
    for _ in 0..count {
        let field = |offset: usize, size: usize| number(bytes, at + offset, size).ok_or_else(fault);
        let (name, extra, comment) = (field(28, 2)?, field(30, 2)?, field(32, 2)?);
        let named = bytes.get(at + 46..at + 46 + name).ok_or_else(fault)?;
        if named == wanted.as_bytes() {
            let (method, packed, header) = (field(10, 2)?, field(20, 4)?, field(42, 4)?);
            let own = |offset: usize| number(bytes, header + offset, 2).ok_or_else(fault);
            let start = header + 30 + own(26)? + own(28)?;
            let packed = bytes.get(start..start + packed).ok_or_else(fault)?;
            return unpacked(packed, method, wanted);
        }
        at += 46 + name + extra + comment;
    }
    Err(not_a_workbook(&format!("it has no part `{wanted}`")))
}

fn unpacked(packed: &[u8], method: usize, name: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    match method {
        0 => out.extend_from_slice(packed),
        8 => {
            let read = DeflateDecoder::new(packed)
                .take(PART_BYTES + 1)
                .read_to_end(&mut out);
            read.map_err(|why| not_a_workbook(&format!("part `{name}`: {why}")))?;
        }
        _ => {
            return Err(not_a_workbook(&format!(
                "part `{name}` is packed in a way not known here"
            )));
        }
    }
    if u64::try_from(out.len()).unwrap_or(u64::MAX) > PART_BYTES {
        return Err(not_a_workbook(&format!(
            "part `{name}` is larger than {PART_BYTES} bytes"
        )));
    }
    Ok(out)
}

fn text(part: Vec<u8>) -> Result<String, String> {
    String::from_utf8(part).map_err(|_| not_a_workbook("a part is not UTF-8"))
}

/// Hands each event to `take` until it gives something, or the text ends. A document type is refused.
fn walk<T>(
    xml: &str,
    mut take: impl FnMut(&Event<'_>) -> Result<Option<T>, String>,
) -> Result<Option<T>, String> {
    let mut reader = Reader::from_str(xml);
    loop {
        let event = reader
            .read_event()
            .map_err(|why| not_a_workbook(&why.to_string()))?;
        match event {
            Event::Eof => return Ok(None),
            Event::DocType(_) => return Err(not_a_workbook("it declares a document type")),
            event => {
                if let Some(found) = take(&event)? {
                    return Ok(Some(found));
                }
            }
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut all = tag.attributes().flatten();
    let found = all.find(|one| one.key.local_name().as_ref() == name)?;
    let value = found.normalized_value(quick_xml::XmlVersion::Implicit1_0);
    value.ok().map(std::borrow::Cow::into_owned)
}

fn is(tag: &BytesStart<'_>, name: &str) -> bool {
    tag.local_name().as_ref() == name
}

/// The relation of the first sheet, and whether days are counted since 1904.
fn first_of(book: &str) -> Result<(String, bool), String> {
    let mut since_1904 = false;
    let id = walk(book, |event| {
        let (Event::Start(tag) | Event::Empty(tag)) = event else {
            return Ok(None);
        };
        if is(tag, "workbookPr") {
            since_1904 = attribute(tag, "date1904").is_some_and(|yes| yes == "1" || yes == "true");
        }
        // `id` of the relations' name space; a sheet's own number is `sheetId`.
        Ok(is(tag, "sheet").then(|| attribute(tag, "id")).flatten())
    })?;
    let id = id.ok_or_else(|| not_a_workbook("it has no sheet"))?;
    Ok((id, since_1904))
}

fn target(links: &str, id: &str) -> Result<String, String> {
    let found = walk(links, |event| {
        let (Event::Start(tag) | Event::Empty(tag)) = event else {
            return Ok(None);
        };
        let ours = is(tag, "Relationship") && attribute(tag, "Id").as_deref() == Some(id);
        Ok(ours.then(|| attribute(tag, "Target")).flatten())
    })?;
    found.ok_or_else(|| not_a_workbook("its first sheet is nowhere"))
}

/// What a text says, references resolved; one to anything but a character is left out.
fn said(event: &Event<'_>, into: &mut String) {
    match event {
        Event::Text(text) => {
            into.push_str(&text.xml_content(quick_xml::XmlVersion::Implicit1_0));
        }
        Event::CData(text) => into.push_str(text.as_ref()),
        Event::GeneralRef(reference) => {
            let name = format!("&{};", reference.as_ref() as &str);
            into.push_str(&quick_xml::escape::unescape(&name).unwrap_or_default());
        }
        _ => {}
    }
}

/// The table of texts that cells refer to. Phonetic hints (`rPh`) are not part of a text.
fn shared_texts(xml: &str) -> Result<Vec<String>, String> {
    let mut texts = Vec::new();
    let (mut inside, mut hint) = (false, false);
    walk(xml, |event| {
        match event {
            Event::Start(tag) if is(tag, "si") => texts.push(String::new()),
            Event::Empty(tag) if is(tag, "si") => texts.push(String::new()),
            Event::Start(tag) if is(tag, "t") => inside = true,
            Event::Start(tag) if is(tag, "rPh") => hint = true,
            Event::End(tag) if tag.local_name().as_ref() == "t" => inside = false,
            Event::End(tag) if tag.local_name().as_ref() == "rPh" => hint = false,
            event => {
                if let Some(last) = texts.last_mut().filter(|_| inside && !hint) {
                    said(event, last);
                }
            }
        }
        Ok(None::<()>)
    })?;
    Ok(texts)
}

#[derive(Clone, Default)]
struct Cell {
    text: String,
    is_number: bool,
}

/// Which column a reference such as `AB12` names, from 0.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_uppercase);
    let place = letters.fold(0_usize, |sum, letter| {
        sum.saturating_mul(26) + usize::from(letter - b'A') + 1
    });
    place.checked_sub(1)
}

fn cells(xml: &str, shared: &[String]) -> Result<Vec<(u64, Vec<Cell>)>, String> {
    let mut rows: Vec<(u64, Vec<Cell>)> = Vec::new();
    let (mut at, mut kind, mut text, mut inside) = (0, String::new(), String::new(), false);
    walk(xml, |event| {
        match event {
            Event::Start(tag) if is(tag, "row") => {
                let next = rows.last().map_or(1, |(nth, _)| nth + 1);
                let nth = attribute(tag, "r").and_then(|nth| nth.parse().ok());
                rows.push((nth.unwrap_or(next), Vec::new()));
                if rows.len() > ROWS {
                    return Err(not_a_workbook(&format!("it has more than {ROWS} rows")));
                }
            }
            Event::Start(tag) if is(tag, "c") => {
                let here = attribute(tag, "r").as_deref().and_then(column);
                let next = rows.last().map_or(0, |(_, row)| row.len());
                at = here.unwrap_or(next);
                if at >= CELLS {
                    return Err(not_a_workbook(&format!(
                        "a row has more than {CELLS} cells"
                    )));
                }
                kind = attribute(tag, "t").unwrap_or_default();
                text.clear();
            }
            Event::Start(tag) if is(tag, "v") || is(tag, "t") => inside = true,
            Event::End(tag) => match tag.local_name().as_ref() {
                "v" | "t" => inside = false,
                "c" => {
                    if let Some((_, row)) = rows.last_mut() {
                        row.resize(row.len().max(at + 1), Cell::default());
                        if let Some(cell) = row.get_mut(at) {
                            *cell = read_cell(&kind, &text, shared)?;
                        }
                    }
                }
                _ => {}
            },
            event if inside => said(event, &mut text),
            _ => {}
        }
        Ok(None::<()>)
    })?;
    Ok(rows)
}

fn read_cell(kind: &str, text: &str, shared: &[String]) -> Result<Cell, String> {
    let plain = |text: &str| Cell {
        text: text.to_owned(),
        is_number: false,
    };
    Ok(match kind {
        "s" => {
            let nth: usize = text
                .trim()
                .parse()
                .map_err(|_| not_a_workbook("a cell refers to no text"))?;
            let text = shared.get(nth);
            plain(text.ok_or_else(|| not_a_workbook("a cell refers to no text"))?)
        }
        // Errors such as #N/A are shown as they stand, and refused where they do not belong.
        "str" | "inlineStr" | "e" | "d" => plain(text),
        "b" => plain(if text == "1" { "true" } else { "false" }),
        _ => Cell {
            text: text.to_owned(),
            is_number: true,
        },
    })
}

/// Turns the numbers of columns that hold days into days as they are written elsewhere.
fn turn_days(rows: &mut [(u64, Vec<Cell>)], days: &[&str], since_1904: bool) {
    let Some(((_, heading), rest)) = rows.split_first_mut() else {
        return;
    };
    let named = |cell: &Cell| days.contains(&cell.text.trim());
    let which: Vec<bool> = heading.iter().map(named).collect();
    for (_, row) in rest {
        for (cell, holds_day) in row.iter_mut().zip(&which) {
            if *holds_day
                && cell.is_number
                && let Some(day) = day(&cell.text, since_1904)
            {
                cell.text = day.to_string();
            }
        }
    }
}

/// A day that is kept as a number of days. The old calendar counts a 29 February 1900, which there was not.
fn day(text: &str, since_1904: bool) -> Option<Date> {
    let whole = text.trim().split('.').next()?;
    let days: i64 = whole
        .parse()
        .ok()
        .filter(|days| (61..3_000_000).contains(days))?;
    let from = if since_1904 {
        date(1904, 1, 1)
    } else {
        date(1899, 12, 30)
    };
    from.checked_add(jiff::Span::new().try_days(days).ok()?)
        .ok()
}

//! How does a switch spoil the bytes of an answer? Cuts, encodings, sizes, and slowness.

use std::fmt::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::time::{Interval, MissedTickBehavior};

use super::Fault;
use super::strike::Raw;
use crate::simulator::dialects::Dialect;

const HUGE_BYTES: usize = 50 * 1024 * 1024;
const DEEP: usize = 10_000;

/// Spoils an answer that has steps in it.
pub(super) async fn spoil(
    answer: Response,
    dialect: Dialect,
    strikes: &impl Fn(Fault) -> bool,
) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    enlarge(&mut text, dialect, strikes);
    let mut bytes = encode(text, &mut parts.headers, dialect, strikes);
    let whole = bytes.len();
    if strikes(Fault::Truncate) {
        bytes.truncate(between(&bytes, dialect));
    }
    if strikes(Fault::TruncateInside) {
        bytes.truncate(between(&bytes, dialect).saturating_sub(4));
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    if strikes(Fault::CutGzip) {
        bytes = gzip(&bytes);
        bytes.truncate(bytes.len().saturating_sub(12));
        let packed = HeaderValue::from_static("gzip");
        parts.headers.insert(header::CONTENT_ENCODING, packed);
    }
    let cut = |bytes: &[u8]| {
        let until = between(bytes, dialect);
        Bytes::copy_from_slice(bytes.get(..until).unwrap_or(bytes))
    };
    if strikes(Fault::CutClose) {
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let mut raw =
            format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n");
        raw.push_str(&String::from_utf8_lossy(&cut(&bytes)));
        parts.extensions.insert(Raw(raw.into_bytes()));
        return Response::from_parts(parts, Body::empty());
    }
    if strikes(Fault::CutLength) {
        let length = HeaderValue::from(whole);
        parts.headers.insert(header::CONTENT_LENGTH, length);
        return Response::from_parts(parts, Body::new(Broken::after(cut(&bytes))));
    }
    if strikes(Fault::CutChunked) {
        return Response::from_parts(parts, Body::new(Broken::after(cut(&bytes))));
    }
    if strikes(Fault::Drip) {
        return Response::from_parts(parts, Body::new(Drip::of(bytes)));
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Makes a document large, deep or dangerous, before the first line that is not its head.
fn enlarge(text: &mut String, dialect: Dialect, strikes: &impl Fn(Fault) -> bool) {
    // Every document of ours has its first record on a line of its own.
    let head = if dialect.is_xml() {
        text.match_indices('\n').nth(1).map(|(at, _)| at)
    } else {
        text.find('\n')
    };
    let at = head.unwrap_or_default();
    if strikes(Fault::HugePage) {
        text.insert_str(at, &" ".repeat(HUGE_BYTES));
    }
    if strikes(Fault::DeepNesting) {
        if dialect.is_xml() {
            let deep = "<x>".repeat(DEEP) + &"</x>".repeat(DEEP);
            text.insert_str(at, &deep);
        } else {
            let deep = "[".repeat(DEEP) + &"]".repeat(DEEP);
            text.insert_str(1, &format!("\"deep\":{deep},"));
        }
    }
    if strikes(Fault::DoctypeBomb) {
        let mut bomb = "\n<!DOCTYPE bomb [<!ENTITY a0 \"ha\">".to_owned();
        for nth in 1..10 {
            let before = format!("&a{};", nth - 1).repeat(10);
            // Writing to a String cannot fail.
            let _ = write!(bomb, "<!ENTITY a{nth} \"{before}\">");
        }
        text.insert_str(at, "&a9;");
        let prolog = text.find("?>").map_or(0, |at| at + 2);
        text.insert_str(prolog, &(bomb + "]>"));
    }
}

/// Writes the text in one or another encoding, with headers that say so, or say otherwise.
fn encode(
    mut text: String,
    headers: &mut HeaderMap,
    dialect: Dialect,
    strikes: &impl Fn(Fault) -> bool,
) -> Vec<u8> {
    let say = |headers: &mut HeaderMap, charset: &str| {
        let kind = headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default();
        let kind = match charset {
            "" => kind.to_owned(),
            charset => format!("{kind}; charset={charset}"),
        };
        if let Ok(kind) = HeaderValue::from_str(&kind) {
            headers.insert(header::CONTENT_TYPE, kind);
        }
    };
    if strikes(Fault::Windows1252) {
        return one_byte(&text);
    }
    if strikes(Fault::Windows1252Declared) {
        text = text.replacen("encoding=\"UTF-8\"", "encoding=\"windows-1252\"", 1);
        say(headers, "windows-1252");
        return one_byte(&text);
    }
    if strikes(Fault::CharsetContradicts) {
        say(headers, "windows-1252");
    }
    if strikes(Fault::ByteOrderMark) {
        text.insert(0, '\u{feff}');
    }
    if strikes(Fault::Utf16) {
        text = text.replacen("encoding=\"UTF-8\"", "encoding=\"UTF-16\"", 1);
        say(headers, if dialect.is_xml() { "" } else { "utf-16" });
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        return units.flat_map(u16::to_le_bytes).collect();
    }
    text.into_bytes()
}

/// The bytes with a right single quotation mark as windows-1252 has it, in one byte.
fn one_byte(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\u{2019}' => bytes.push(0x92),
            other => bytes.extend(other.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    bytes
}

/// Where the first record ends.
fn between(bytes: &[u8], dialect: Dialect) -> usize {
    let find = |from: usize, wanted: &[u8]| {
        let rest = bytes.get(from..).unwrap_or_default();
        let at = rest
            .windows(wanted.len())
            .position(|window| window == wanted);
        at.map(|at| from + at)
    };
    let end = match dialect {
        Dialect::Xml => find(0, b"</Step>").map(|at| at + 7),
        Dialect::Soap => find(0, b"</cw:Step>").map(|at| at + 10),
        // A batch has its results on lines of their own as well.
        Dialect::Batch => find(0, b"\"step")
            .and_then(|at| find(at, b"\n{"))
            .and_then(|at| find(at + 1, b"\n")),
        _ => find(0, b"\n{").and_then(|at| find(at + 1, b"\n")),
    };
    end.unwrap_or(bytes.len() / 2)
}

/// Packs without making anything smaller: stored blocks are gzip as well.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks = bytes.chunks(65_535);
    let last = blocks.len().saturating_sub(1);
    for (nth, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(nth == last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend(crc32(bytes).to_le_bytes());
    out.extend(size.to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            let low = sum & 1;
            sum = (sum >> 1) ^ (0xedb8_8320 * low);
        }
    }
    !sum
}

/// A body that breaks off after its first piece.
#[derive(Debug)]
struct Broken {
    piece: Option<Bytes>,
    /// Whether the piece has had the time to be sent.
    sent: bool,
}

impl Broken {
    fn after(piece: Bytes) -> Self {
        Self {
            piece: Some(piece),
            sent: false,
        }
    }
}

impl hyper::body::Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if let Some(piece) = self.piece.take() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if !self.sent {
            self.sent = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(std::io::Error::other("cut on purpose"))))
    }
}

/// A body that comes one byte a second of the machine's time.
#[derive(Debug)]
struct Drip {
    bytes: std::vec::IntoIter<u8>,
    beat: Interval,
}

impl Drip {
    #[allow(
        clippy::disallowed_methods,
        reason = "slowness is the fault that is being made"
    )]
    fn of(bytes: Vec<u8>) -> Self {
        let mut beat = tokio::time::interval(Duration::from_secs(1));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            bytes: bytes.into_iter(),
            beat,
        }
    }
}

impl hyper::body::Body for Drip {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.beat.poll_tick(context).is_pending() {
            return Poll::Pending;
        }
        let next = self.bytes.next();
        Poll::Ready(next.map(|byte| Ok(Frame::data(Bytes::copy_from_slice(&[byte])))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_has_the_sum_that_gzip_wants() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let packed = gzip(b"abc");
        assert_eq!(packed.len(), 10 + 5 + 3 + 8);
    }
}

//! What goes wrong on purpose? Switches that strike the next requests, and how each is done.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::council::Council;
use super::event::Event;
use super::wire;

/// A fault that can be switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A sign-in page with status 200 instead of an answer; nothing is done.
    SigninPage,
    /// A page of steps is cut between two records, with a length that fits.
    Truncate,
    /// The first record of a page has a status nobody knows.
    BadStatusRecord,
    /// The first record of a page holds a byte of windows-1252, though the page says UTF-8.
    Windows1252,
    /// A write is carried out and answered 500.
    Error500AfterWrite,
    /// A write is carried out and the connection dropped without an answer.
    DropAfterWrite,
    /// The request is carried out at once and answered three seconds later.
    Slow,
    /// 503 with `Retry-After: 1`; nothing is done.
    Maintenance503,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 8] = [
        Self::SigninPage,
        Self::Truncate,
        Self::BadStatusRecord,
        Self::Windows1252,
        Self::Error500AfterWrite,
        Self::DropAfterWrite,
        Self::Slow,
        Self::Maintenance503,
    ];

    /// Its name in requests and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::SigninPage => "signin_page",
            Self::Truncate => "truncate",
            Self::BadStatusRecord => "bad_status_record",
            Self::Windows1252 => "windows1252",
            Self::Error500AfterWrite => "error_500_after_write",
            Self::DropAfterWrite => "drop_after_write",
            Self::Slow => "slow",
            Self::Maintenance503 => "maintenance_503",
        }
    }

    /// The fault of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// Which faults are on, and for how many more requests (none: for ever).
#[derive(Debug, Default)]
pub(super) struct Faults(BTreeMap<Fault, Option<u64>>);

impl Faults {
    pub(super) fn set(&mut self, fault: Fault, count: Option<u64>) {
        if count == Some(0) {
            self.0.remove(&fault);
        } else {
            self.0.insert(fault, count);
        }
    }

    fn take(&mut self, fault: Fault) -> bool {
        match self.0.get_mut(&fault) {
            None => false,
            Some(None) => true,
            Some(Some(left)) => {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.0.remove(&fault);
                }
                true
            }
        }
    }
}

/// Marks an answer that is not to be sent: the connection is dropped instead.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoAnswer;

const SIGN_IN: &str = "<html><head><title>Sign in</title></head><body><form action=\"/login\">\
    <input name=\"user\"/><input name=\"password\"/></form></body></html>";

/// Lets the faults strike a request of the interface.
pub(super) async fn strike(
    State(council): State<Council>,
    request: Request,
    next: Next,
) -> Response {
    let is_write = request.method() != Method::GET;
    let asked = format!("{} {}", request.method(), request.uri().path());
    let strikes = |fault| take(&council, fault, &asked);
    if strikes(Fault::Maintenance503) {
        let wait = [(header::RETRY_AFTER, "1")];
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            wait,
            "down for maintenance",
        )
            .into_response();
    }
    if strikes(Fault::SigninPage) {
        return (
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            SIGN_IN,
        )
            .into_response();
    }
    let mut answer = next.run(request).await;
    let good = answer.status().is_success();
    if strikes(Fault::Slow) {
        slowly().await;
    }
    if is_write && good && strikes(Fault::Error500AfterWrite) {
        return wire::refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            "something went wrong",
        );
    }
    if is_write && good && strikes(Fault::DropAfterWrite) {
        answer.extensions_mut().insert(NoAnswer);
        return answer;
    }
    if is_write || !good {
        return answer;
    }
    spoil(answer, &strikes).await
}

#[allow(
    clippy::disallowed_methods,
    reason = "slowness is the fault that is being made"
)]
async fn slowly() {
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
}

fn take(council: &Council, fault: Fault, request: &str) -> bool {
    let struck = council.faults().take(fault);
    if struck {
        let (name, request) = (fault.name().to_owned(), request.to_owned());
        // A fault that cannot be logged still strikes.
        let _ = council.record(None, Event::FaultFired { name, request });
    }
    struck
}

/// Spoils a page that has steps in it.
async fn spoil(answer: Response, strikes: &impl Fn(Fault) -> bool) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut bytes = bytes.to_vec();
    if find(&bytes, b"<Step ").is_some() {
        if strikes(Fault::BadStatusRecord) {
            replace(&mut bytes, b"<Status>", b"</Status>", b"PARKED");
        }
        if strikes(Fault::Windows1252)
            && let Some(at) = find(&bytes, b"</StepType>")
        {
            bytes.insert(at, 0x92);
        }
        if strikes(Fault::Truncate)
            && let Some(at) = find(&bytes, b"</Step>")
        {
            bytes.truncate(at + b"</Step>".len());
        }
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(bytes))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn replace(bytes: &mut Vec<u8>, open: &[u8], close: &[u8], with: &[u8]) {
    if let (Some(from), Some(until)) = (find(bytes, open), find(bytes, close)) {
        let from = from + open.len();
        if from <= until {
            bytes.splice(from..until, with.iter().copied());
        }
    }
}

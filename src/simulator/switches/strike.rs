//! How does a switch strike a request or its answer on the way? One layer around every address of the interface.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::bytes::spoil;
use super::{Fault, is_on, rest, shifted, skew, take};
use crate::simulator::council::Council;
use crate::simulator::dialects::{About, Dialect};

/// Marks an answer that is not to be sent as it is: these bytes go on the wire, and the connection ends.
#[derive(Clone, Debug)]
pub(crate) struct Raw(pub(crate) Vec<u8>);

const SIGN_IN: &str = "<html><head><title>Sign in</title></head><body><form action=\"/login\">\
    <input name=\"user\"/><input name=\"password\"/></form></body></html>";
const SIGN_IN_BROKEN: &str = "<!DOCTYPE html><html><head><title>Sign in</title><meta charset=utf-8>\
    <body><form action=/login><input name=user><input name=password type=password><br></form>";
const UNAVAILABLE: &str = "<html><head><title>Maintenance</title></head><body>\
    <h1>The system is unavailable</h1><p>Please try again later.</p></body></html>";

fn html(status: StatusCode, text: &'static str) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (status, kind, text).into_response()
}

/// The page that a redirect leads to.
pub(crate) async fn signin() -> Response {
    html(StatusCode::OK, SIGN_IN)
}

/// What a redirect to another host leads to: whether credentials came along is logged.
pub(crate) async fn elsewhere(State(council): State<Council>, headers: HeaderMap) -> Response {
    let shown = [
        "authorization",
        "x-api-key",
        "cookie",
        "x-session-token",
        "x-subscription-key",
    ];
    let came = shown.iter().any(|name| headers.contains_key(*name));
    let with = if came { "with" } else { "without" };
    let (name, request) = (
        Fault::RedirectHost.name().to_owned(),
        format!("followed {with} credentials"),
    );
    let _ = council.record(None, crate::simulator::Event::FaultFired { name, request });
    StatusCode::NO_CONTENT.into_response()
}

/// Lets the switches strike a request for a token or a session.
pub(crate) async fn strike_token(
    State(council): State<Council>,
    request: Request,
    next: Next,
) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    if take(&council, Fault::TokenFails, &asked) {
        return html(StatusCode::INTERNAL_SERVER_ERROR, UNAVAILABLE);
    }
    if take(&council, Fault::TokenRefused, &asked) {
        let dialect = Dialect::of_path(request.uri().path());
        let text = "not now".to_owned();
        return dialect.refusal((StatusCode::UNAUTHORIZED, "UNAUTHORIZED", text));
    }
    next.run(request).await
}

/// Lets the switches strike a request of the interface.
pub(crate) async fn strike(
    State(council): State<Council>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let asked = format!("{} {path}", request.method());
    let dialect = Dialect::of_path(&path);
    if let Some(answer) = refused(&council, &asked, dialect, &request) {
        return answer;
    }
    if take(&council, Fault::TwoReaders, &asked) {
        council.meet().await;
    }
    let mut answer = next.run(request).await;
    let strikes = |fault| take(&council, fault, &asked);
    let about = answer
        .extensions()
        .get::<About>()
        .copied()
        .unwrap_or_default();
    if strikes(Fault::Slow) {
        rest(std::time::Duration::from_secs(3)).await;
    }
    let off = skew(&council);
    if !off.is_zero() {
        let date = http_date(shifted(council.now(), off));
        answer
            .headers_mut()
            .extend(date.parse().map(|date| (header::DATE, date)));
    }
    if about.wrote && strikes(Fault::Error500AfterWrite) {
        let text = "something went wrong".to_owned();
        return dialect.refusal((StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", text));
    }
    if about.wrote && strikes(Fault::DropAfterWrite) {
        answer.extensions_mut().insert(Raw(Vec::new()));
        return answer;
    }
    if about.wrote || about.steps == 0 || !answer.status().is_success() {
        return answer;
    }
    spoil(answer, dialect, &strikes).await
}

/// The answer of a switch in the way of everything.
fn refused(
    council: &Council,
    asked: &str,
    dialect: Dialect,
    request: &Request,
) -> Option<Response> {
    let strikes = |fault| take(council, fault, asked);
    let now = council.now();
    if is_night(council, now) {
        return Some(html(StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE));
    }
    if strikes(Fault::Reset) {
        let mut answer = StatusCode::OK.into_response();
        answer.extensions_mut().insert(Raw(Vec::new()));
        return Some(answer);
    }
    if strikes(Fault::Proxy407) {
        let ask = [(header::PROXY_AUTHENTICATE, "Negotiate")];
        let refusal = html(
            StatusCode::PROXY_AUTHENTICATION_REQUIRED,
            "<html><body>Proxy</body></html>",
        );
        return Some((ask, refusal).into_response());
    }
    if let Some(answer) = too_many(&strikes, now) {
        return Some(answer);
    }
    if strikes(Fault::Maintenance503) {
        let wait = [(header::RETRY_AFTER, "1")];
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return Some((status, wait, "down for maintenance").into_response());
    }
    if strikes(Fault::BadGateway) {
        return Some(html(StatusCode::BAD_GATEWAY, UNAVAILABLE));
    }
    if strikes(Fault::UnavailablePage) {
        return Some(html(StatusCode::OK, UNAVAILABLE));
    }
    if strikes(Fault::UnavailableDocument) {
        return Some(unavailable(dialect));
    }
    if strikes(Fault::SigninPage) {
        return Some(html(StatusCode::OK, SIGN_IN));
    }
    if strikes(Fault::SigninBroken) {
        return Some(html(StatusCode::OK, SIGN_IN_BROKEN));
    }
    if strikes(Fault::SigninDisguised) {
        let kind = [(header::CONTENT_TYPE, dialect.content_type())];
        return Some((StatusCode::OK, kind, SIGN_IN).into_response());
    }
    if strikes(Fault::RedirectSignin) {
        let to = [(header::LOCATION, "/signin")];
        return Some((StatusCode::FOUND, to, "").into_response());
    }
    if strikes(Fault::RedirectHost) {
        return Some(to_another_host(request));
    }
    None
}

/// A redirect to this council under another name of its machine.
fn to_another_host(request: &Request) -> Response {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let port = host.rsplit_once(':').map_or("80", |(_, port)| port);
    let name = if host.starts_with("localhost") {
        "127.0.0.1"
    } else {
        "localhost"
    };
    let to = format!("http://{name}:{port}/elsewhere");
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)], "").into_response()
}

fn too_many(strikes: &impl Fn(Fault) -> bool, now: Timestamp) -> Option<Response> {
    let date = |seconds| Some(http_date(shifted(now, SignedDuration::from_secs(seconds))));
    let wait = if strikes(Fault::TooMany) {
        Some("2".to_owned())
    } else if strikes(Fault::TooManyDate) {
        date(2)
    } else if strikes(Fault::TooManyHuge) {
        Some("2592000".to_owned())
    } else if strikes(Fault::TooManyPast) {
        date(-3_600)
    } else if strikes(Fault::TooManySilent) {
        None
    } else {
        return None;
    };
    let status = StatusCode::TOO_MANY_REQUESTS;
    Some(match wait {
        Some(wait) => (status, [(header::RETRY_AFTER, wait)], "slowly, please").into_response(),
        None => (status, "slowly, please").into_response(),
    })
}

/// A well-formed document of the dialect that says that there is nothing to be had.
fn unavailable(dialect: Dialect) -> Response {
    let body = if dialect.is_xml() {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Status>UNAVAILABLE</Status>\
         <Message>The system is unavailable</Message></Response>"
    } else {
        "{\"status\":\"UNAVAILABLE\",\"message\":\"The system is unavailable\"}"
    };
    let kind = format!("{}; charset=utf-8", dialect.content_type());
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, kind)],
        Body::from(body),
    )
        .into_response()
}

/// Whether it is the hour at which nobody is let in: it crosses midnight, and goes by the clock on the wall.
fn is_night(council: &Council, now: Timestamp) -> bool {
    let overrun = is_on(council, Fault::NightOverrun);
    if !overrun && !is_on(council, Fault::NightWindow) {
        return false;
    }
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    let local = now.to_zoned_datetime(zone);
    let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
    let end = if overrun { 4 * 60 + 30 } else { 2 * 60 };
    minute >= 22 * 60 || minute < end
}

fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

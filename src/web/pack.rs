//! How does somebody get a cycle's consistency pack over HTTP? In four forms, for whoever may read.
//!
//! It is drawn up from the ledger when it is asked for. Absent: a copy of it in any cache on the way; it tells of people.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::api::{Door, failed, refused, unauthorised};
use super::ways::text;
use crate::app::pack::{Face, draw_up};
use crate::app::{AppFault, Shared, draw};
use crate::practice::ids::{CycleId, Digest};

/// `GET /api/v1/cycles/{cycle}/{file}`: `pack.html`, `pack.xlsx`, `pack.csv`, `pack.json`.
pub(super) async fn show<C: Shared>(
    State(doors): Door<C>,
    Path((cycle, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let authorization = text(&headers, "authorization");
    if doors.callers.by_token(authorization, "read").is_none() {
        return unauthorised();
    }
    let face = Face::ALL.into_iter().find(|face| face.file_name() == file);
    let Some(face) = face else {
        let why = "there is pack.html, pack.xlsx, pack.csv and pack.json";
        return refused(StatusCode::NOT_FOUND, why);
    };
    let (app, cycle) = (&doors.app, CycleId(cycle));
    match draw::is_drawn(app, &cycle).await {
        Ok(true) => {}
        Ok(false) => {
            let why = format!("no sample of cycle `{cycle}` is drawn, so it has no pack");
            return refused(StatusCode::NOT_FOUND, &why);
        }
        Err(fault) => return failed(&fault),
    }
    let made = match draw_up(app, &cycle, doors.clock.now()).await {
        Ok(pack) => pack.face(face).map_err(|why| {
            tracing::error!(%why, "a pack could not be written");
            AppFault::Refused(why.to_string())
        }),
        Err(fault) => Err(fault),
    };
    match made {
        Ok(bytes) => answer(face, &cycle, bytes, text(&headers, "if-none-match")),
        Err(fault) => failed(&fault),
    }
}

fn answer(face: Face, cycle: &CycleId, bytes: Vec<u8>, known: Option<&str>) -> Response {
    let tag = format!("\"{}\"", Digest::of(&bytes).0);
    let same = known.is_some_and(|known| {
        let mut tags = known.split(',').map(str::trim);
        tags.any(|one| one == "*" || one.trim_start_matches("W/") == tag)
    });
    let common = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    if same {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    // What a cycle is called is the council's affair; a file's name is plain.
    let plain = |sign: char| {
        if sign.is_ascii_alphanumeric() || sign == '-' {
            sign
        } else {
            '_'
        }
    };
    let cycle: String = cycle.as_str().chars().map(plain).collect();
    let how = if face == Face::Page {
        "inline"
    } else {
        "attachment"
    };
    let own = [
        (header::CONTENT_TYPE, face.media_type().to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("{how}; filename=\"{cycle}-{}\"", face.file_name()),
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
                .to_owned(),
        ),
    ];
    (StatusCode::OK, common, own, bytes).into_response()
}

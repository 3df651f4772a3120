//! Which doors does the council open, and how is it ended? Routes, the key, a task a connection.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::server::conn::http1::Builder;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::council::Council;
use super::faults::{self, NoAnswer};
use super::{control, reads, wire, writes};

impl Council {
    /// Serves until `stop` resolves, and tells Greentick of changes meanwhile. Answers under way are finished,
    /// for at most four seconds; what Greentick did not acknowledge is told again when the council is next served.
    pub async fn serve(&self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let (tell, told) = watch::channel(false);
        let mut tasks = JoinSet::new();
        if self.settings().greentick.is_some() {
            let (council, told) = (self.clone(), told.clone());
            tasks.spawn(async move { council.tell_until(told).await });
        }
        let router = self.router();
        let mut builder = Builder::new();
        builder.timer(TokioTimer::new());
        builder.header_read_timeout(Duration::from_secs(10));
        let graceful = GracefulShutdown::new();
        let mut stop = pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                continue;
            };
            let inner = TowerToHyperService::new(router.clone());
            let service = service_fn(move |request| {
                let answering = inner.call(request);
                async move {
                    let Ok(answer) = answering.await;
                    match answer.extensions().get::<NoAnswer>() {
                        None => Ok(answer),
                        Some(NoAnswer) => Err(io::Error::other("dropped on purpose")),
                    }
                }
            });
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            let connection = graceful.watch(connection);
            tasks.spawn(async move {
                if let Err(fault) = connection.await {
                    tracing::debug!(%fault, "a connection to the council ended early");
                }
            });
            while tasks.try_join_next().is_some() {}
        }
        // Nobody may be listening any more, and then there is nobody to tell.
        let _ = tell.send(true);
        let _ = tokio::time::timeout(Duration::from_secs(4), graceful.shutdown()).await;
        // Nothing outlives the server: the log is free for the next council.
        tasks.shutdown().await;
    }

    fn router(&self) -> Router {
        let workflow = Router::new()
            .route("/workflow/steps/changes", get(reads::changes))
            .route("/workflow/steps", get(reads::open_steps))
            .route("/workflow/steps/{id}", get(reads::step))
            .route(
                "/workflow/steps/{id}/{what}",
                get(reads::on_step).post(writes::post_on_step),
            )
            .route(
                "/workflow/steps/{id}/flags/{name}",
                delete(writes::delete_flag).put(writes::put_flag),
            )
            .route("/workflow/steps/{id}/fields/{name}", put(writes::put_field))
            .route("/workflow/alerts", get(reads::alerts).post(writes::alert))
            .route(
                "/workflow/sample-lists",
                get(reads::sample_lists).post(writes::sample_list),
            )
            .layer(from_fn_with_state(self.clone(), faults::strike))
            .layer(from_fn_with_state(self.clone(), known));
        let control = Router::new()
            .route("/council/steps", get(control::steps).post(control::appear))
            .route("/council/log", get(control::log))
            .route("/council/faults", post(control::fault))
            .route("/council/steps/{id}/answers", post(control::answers))
            .route("/council/steps/{id}/finish", post(control::finish))
            .route("/council/steps/{id}/status", post(control::status));
        Router::new()
            .route("/health", get(|| async { "ok" }))
            .merge(workflow)
            .merge(control)
            .fallback(|| async {
                wire::refusal(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such door")
            })
            .with_state(self.clone())
    }
}

/// Lets in whoever shows the key: in `X-Api-Key`, as a bearer token, or as the password of Basic.
async fn known(State(council): State<Council>, request: Request, next: Next) -> Response {
    let key = council.settings().key.expose_secret();
    if shown(request.headers()).as_deref() == Some(key) {
        return next.run(request).await;
    }
    let refusal = wire::refusal(
        StatusCode::UNAUTHORIZED,
        "UNAUTHORIZED",
        "show the key in X-Api-Key, as a bearer token, or as the password of Basic",
    );
    let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"council\"")];
    (ask, refusal).into_response()
}

fn shown(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(key) = text("x-api-key") {
        return Some(key.to_owned());
    }
    let authorization = text("authorization")?;
    if let Some(token) = authorization.strip_prefix("Bearer ") {
        return Some(token.to_owned());
    }
    let pair = STANDARD
        .decode(authorization.strip_prefix("Basic ")?)
        .ok()?;
    let pair = String::from_utf8(pair).ok()?;
    pair.split_once(':')
        .map(|(_, password)| password.to_owned())
}

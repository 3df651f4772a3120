//! Which doors does the council open, and how is it ended? Routes, the key, a task a connection.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
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
use super::dialects::tokens::basic;
use super::dialects::{Dialect, batch, eav, json, soap, xml};
use super::line::{Line, put};
use super::switches::{self, Raw};
use super::{control, desk};

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
            let line = Line::new(stream);
            let raw = line.raw();
            let service = service_fn(move |request| {
                let answering = inner.call(request);
                let raw = Arc::clone(&raw);
                async move {
                    let Ok(answer) = answering.await;
                    match answer.extensions().get::<Raw>() {
                        None => Ok(answer),
                        Some(Raw(bytes)) if bytes.is_empty() => {
                            Err(io::Error::other("dropped on purpose"))
                        }
                        Some(Raw(bytes)) => {
                            put(&raw, bytes);
                            Ok(answer)
                        }
                    }
                }
            });
            let connection = builder.serve_connection(TokioIo::new(line), service);
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
        let strike = || from_fn_with_state(self.clone(), switches::strike);
        let tokens = json::token_router()
            .merge(eav::token_router())
            .merge(batch::token_router())
            .layer(from_fn_with_state(self.clone(), switches::strike_token));
        let interface = Router::new()
            .merge(
                xml::router()
                    .layer(strike())
                    .layer(from_fn_with_state(self.clone(), known)),
            )
            // SOAP says who is asking inside the message.
            .merge(soap::router().layer(strike()))
            .merge(
                json::router()
                    .layer(strike())
                    .layer(from_fn_with_state(self.clone(), json::known)),
            )
            .merge(
                eav::router()
                    .layer(strike())
                    .layer(from_fn_with_state(self.clone(), eav::known)),
            )
            .merge(
                batch::router()
                    .layer(strike())
                    .layer(from_fn_with_state(self.clone(), batch::known)),
            );
        let control = Router::new()
            .route("/council/steps", get(control::steps).post(control::appear))
            .route("/council/log", get(control::log))
            .route("/council/faults", get(control::faults).post(control::fault))
            .route("/council/gates", post(control::gates))
            .route("/council/tasks", get(control::tasks))
            .route("/council/steps/{id}/answers", post(control::answers))
            .route("/council/steps/{id}/finish", post(control::finish))
            .route("/council/steps/{id}/status", post(control::status));
        Router::new()
            .route("/health", get(|| async { "ok" }))
            .route("/signin", get(switches::signin))
            .route("/elsewhere", any(switches::elsewhere))
            .merge(interface)
            .merge(tokens)
            .merge(control)
            .fallback(|uri: Uri| async move {
                let dialect = Dialect::of_path(uri.path());
                dialect.refusal(desk::missing("there is no such door"))
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
    let why = "show the key in X-Api-Key, as a bearer token, or as the password of Basic";
    let refusal = xml::refuse((StatusCode::UNAUTHORIZED, "UNAUTHORIZED", why.to_owned()));
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
    basic(headers).map(|(_, password)| password)
}

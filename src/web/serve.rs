//! How is a connection kept from holding us up? Header, body and whole-request time-outs, and limits on
//! body size and connections, since `axum::serve` sets none.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

/// Bounds of our own listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To read the request's head.
    pub header_timeout: Duration,
    /// Between two pieces of the body.
    pub body_timeout: Duration,
    /// For the whole request.
    pub request_timeout: Duration,
    /// Largest body, bytes.
    pub body_bytes: usize,
    /// Most connections at once.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(15),
            request_timeout: Duration::from_secs(30),
            body_bytes: 1024 * 1024,
            connections: 256,
        }
    }
}

/// Serves until `stop` resolves; answers under way are finished, for at most ten seconds. Starting a
/// task for each connection is the daemon's privilege, so it hands in how.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    start: impl Fn(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>),
    stop: impl Future<Output = ()>,
) {
    let router = router
        .layer(RequestBodyLimitLayer::new(limits.body_bytes))
        .layer(RequestBodyTimeoutLayer::new(limits.body_timeout))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            limits.request_timeout,
        ))
        .layer(CatchPanicLayer::new());
    let mut builder = Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout);
    let graceful = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(limits.connections));
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &free) => accepted,
        };
        let Some((stream, place)) = accepted else {
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        start(Box::pin(async move {
            if let Err(fault) = connection.await {
                tracing::debug!(%fault, "a connection ended early");
            }
            drop(place);
        }));
    }
    // Whoever is still sending after ten seconds is cut off.
    let _ = tokio::time::timeout(Duration::from_secs(10), graceful.shutdown()).await;
}

async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> Option<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(free).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(fault) => {
            tracing::warn!(%fault, "a connection could not be accepted");
            None
        }
    }
}

//! How does the council say on the wire what a right server never says? A connection whose bytes can be exchanged.
//!
//! What hyper writes is thrown away as soon as other bytes are put in its place; those are written, and the
//! connection ends.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Bytes to be written instead; none as long as nothing is exchanged.
pub(super) type Instead = Arc<Mutex<Option<Vec<u8>>>>;

/// Puts bytes in the place of whatever is written next.
pub(super) fn put(instead: &Instead, bytes: &[u8]) {
    *instead.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes.to_vec());
}

/// A connection.
pub(super) struct Line {
    stream: TcpStream,
    instead: Instead,
}

impl Line {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            instead: Instead::default(),
        }
    }

    /// Where bytes can be put in the place of others.
    pub(super) fn raw(&self) -> Instead {
        Arc::clone(&self.instead)
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let instead = Arc::clone(&self.instead);
        let mut instead = instead.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(held) = instead.as_mut() else {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        };
        while !held.is_empty() {
            match Pin::new(&mut self.stream).poll_write(context, held) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(fault)) => return Poll::Ready(Err(fault)),
                Poll::Ready(Ok(written)) => drop(held.drain(..written)),
            }
        }
        Poll::Ready(Err(io::Error::other("exchanged on purpose")))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

//! Reads what is left of a request's body when the answer did not need it.
//!
//! An answer that does not need the body (a wrong method, a body over the limit) is ready while the client is still
//! sending. Closing the connection then would lose the answer: many clients read it only after they have sent everything.
//!
//! A client that sends `Expect: 100-continue` waits to be asked for its body, which the first read does. Unless something
//! wants the body, it is not asked for.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{Version, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};

use crate::limits::{DRAIN_TIMEOUT, MAX_DRAINED_SIZE};

/// Drains the unread request body in the background. The second value tells later whether the client was asked for it.
pub(super) fn drain_unread(request: Request) -> (Request, Asked) {
    let waits = request.version() == Version::HTTP_11
        && !request.body().is_end_stream()
        && request
            .headers()
            .get(header::EXPECT)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    let asked = Asked(Arc::new(AtomicBool::new(!waits)));
    let body_asked = asked.clone();
    let request = request.map(|body| {
        if body.is_end_stream() { body } else { Body::new(DrainedBody { body: Some(body), asked: body_asked }) }
    });
    (request, asked)
}

/// Whether a client may send its body: it does not wait, or has been asked for it.
#[derive(Clone)]
pub(super) struct Asked(Arc<AtomicBool>);

impl Asked {
    /// Whether the client still waits.
    pub(super) fn is_owed(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

/// A body that, when it is dropped before its end, is read to the end in the background.
struct DrainedBody {
    body: Option<Body>,
    asked: Asked,
}

impl HttpBody for DrainedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        self.asked.0.store(true, Ordering::Relaxed);
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.body = None;
        }
        polled
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.as_ref().map_or_else(http_body::SizeHint::default, HttpBody::size_hint)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }
}

impl Drop for DrainedBody {
    fn drop(&mut self) {
        if self.asked.is_owed() {
            return;
        }
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            let mut rest = Limited::new(body, MAX_DRAINED_SIZE);
            tokio::spawn(tokio::time::timeout(
                DRAIN_TIMEOUT,
                async move { while let Some(Ok(_)) = rest.frame().await {} },
            ));
        }
    }
}

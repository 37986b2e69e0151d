//! Reads what is left of a request's body when the answer did not need it.
//!
//! An answer that does not need the body (a wrong method, a body over the limit) is ready while the client is still
//! sending. Closing the connection then would lose the answer: many clients read it only after they have sent everything.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};

use crate::limits::{DRAIN_TIMEOUT, MAX_DRAINED_SIZE};

/// Drains the unread request body in the background.
pub(crate) fn drain_unread(request: Request) -> Request {
    request.map(|body| if body.is_end_stream() { body } else { Body::new(DrainedBody(Some(body))) })
}

/// A body that, when it is dropped before its end, is read to the end in the background.
struct DrainedBody(Option<Body>);

impl HttpBody for DrainedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.0 else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.0 = None;
        }
        polled
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.0.as_ref().map_or_else(http_body::SizeHint::default, HttpBody::size_hint)
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(HttpBody::is_end_stream)
    }
}

impl Drop for DrainedBody {
    fn drop(&mut self) {
        if let Some(body) = self.0.take().filter(|body| !body.is_end_stream()) {
            let mut rest = Limited::new(body, MAX_DRAINED_SIZE);
            tokio::spawn(tokio::time::timeout(
                DRAIN_TIMEOUT,
                async move { while let Some(Ok(_)) = rest.frame().await {} },
            ));
        }
    }
}

//! Answers that have no content.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::http::{StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// A body that has ended and whose length is not told. From a body of the length 0, a server would make
/// `Content-Length: 0`, which an answer to HEAD or a 304 may not say of a row (RFC 9110, section 8.6), and a 204 may not
/// say at all.
pub(crate) struct NoContent;

impl HttpBody for NoContent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}

/// Whether answers of this status have no content, whatever was asked for (RFC 9110, sections 15.3.5 and 15.4.5).
pub(super) fn has_no_content(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// Takes the content away, and what the headers say about it.
pub(super) fn without_content(mut response: Response) -> Response {
    *response.body_mut() = Body::new(NoContent);
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::CONTENT_TYPE] {
        response.headers_mut().remove(name);
    }
    response
}

//! A request that runs: from its headers until nobody needs its body any more and its answer has been taken.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::HttpBody;
use hyper::body::{Frame, SizeHint};

use super::activity::Activity;

/// A request that runs, until all of its clones are dropped.
#[derive(Clone)]
pub(super) struct InFlight(#[expect(dead_code, reason = "held for its drop")] Arc<Guard>);

struct Guard(Arc<Activity>);

impl InFlight {
    /// `is_alone` where no other request can be arriving meanwhile.
    pub(super) fn begin(activity: Arc<Activity>, is_alone: bool) -> Self {
        activity.request_began(is_alone);
        Self(Arc::new(Guard(activity)))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.request_ended();
    }
}

/// A body of the request or of its answer, with which it runs.
pub(super) struct HeldBody<B> {
    body: B,
    _request: InFlight,
}

impl<B> HeldBody<B> {
    pub(super) fn new(body: B, request: InFlight) -> Self {
        Self { body, _request: request }
    }
}

impl<B: HttpBody + Unpin> HttpBody for HeldBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

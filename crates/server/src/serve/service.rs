//! What a connection serves.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{Request, Response};
use tower::Service;

/// A service that answers HTTP requests, such as a router.
pub(crate) trait HttpService:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> HttpService for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

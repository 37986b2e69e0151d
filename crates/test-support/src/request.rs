//! A request on its way to the service.

use std::sync::Once;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request as HttpRequest, StatusCode};
use reqwest::{Client, ClientBuilder, Url};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::answer::Answer;

/// Where requests go.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// The service in this process.
    Router(Router),
    /// A service in a process of its own, at `http://HOST:PORT`.
    Address(Client, String),
}

impl Target {
    /// A service at `http://HOST:PORT`, or at the Unix socket `unix:PATH`.
    pub(crate) fn at(address: &str) -> Self {
        match address.strip_prefix("unix:") {
            Some(path) => {
                let client = builder().unix_socket(path).build().expect("a client of HTTP");
                Self::Address(client, "http://localhost".to_owned())
            }
            None => Self::Address(client(), address.to_owned()),
        }
    }
}

/// A client of HTTP without proxies, redirects and roots of trust.
///
/// # Panics
/// It cannot be made.
#[must_use]
pub fn client() -> Client {
    builder().build().expect("a client of HTTP")
}

fn builder() -> ClientBuilder {
    static CRYPTOGRAPHY: Once = Once::new();
    CRYPTOGRAPHY.call_once(|| {
        // It fails where the process has one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().tls_certs_only([])
}

/// A request that can still be completed. Nothing is sent that is not asked for here, save `Host`, `Accept` and the
/// length of the body.
#[derive(Debug)]
#[must_use]
pub struct Request {
    target: Target,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

impl Request {
    /// `path` begins with a slash and may have a query.
    pub(crate) fn new(target: &Target, method: Method, path: &str) -> Self {
        Self { target: target.clone(), method, path: path.to_owned(), headers: HeaderMap::new(), body: None }
    }

    /// Adds a header, beside others of its name.
    ///
    /// # Panics
    /// HTTP has no such header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).expect("the name of a header");
        self.headers.append(name, HeaderValue::from_str(value).expect("the value of a header"));
        self
    }

    /// A body as it stands, without a content type.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// A JSON body, written by hand where a `Value` could not say it: repeated keys, odd numbers, faults.
    pub fn body_text(self, body: &str) -> Self {
        self.header(CONTENT_TYPE.as_str(), "application/json").body(body)
    }

    /// A JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body_text(&body.to_string())
    }

    /// A JSON merge patch under its own content type.
    pub fn merge_patch(self, body: &Value) -> Self {
        self.header(CONTENT_TYPE.as_str(), "application/merge-patch+json").body(body.to_string())
    }

    /// Sends, and reads the whole answer.
    ///
    /// # Panics
    /// There is no answer.
    pub async fn send(self) -> Answer {
        let what = format!("{} {}", self.method, self.path);
        match self.target {
            Target::Router(router) => {
                let url = url(&self.path);
                let mut uri = url.path().to_owned();
                if let Some(query) = url.query() {
                    uri = format!("{uri}?{query}");
                }
                let is_head = self.method == Method::HEAD;
                let length = self.body.as_ref().map(Vec::len);
                let mut request = HttpRequest::new(self.body.map_or_else(Body::empty, Body::from));
                *request.method_mut() = self.method;
                *request.uri_mut() = uri.parse().expect("a path");
                *request.headers_mut() = self.headers;
                let headers = request.headers_mut();
                headers.insert(HOST, HeaderValue::from_static("service"));
                headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
                if let Some(length) = length {
                    headers.insert(CONTENT_LENGTH, length.into());
                }
                let Ok(response) = router.oneshot(request).await;
                let (parts, body) = response.into_parts();
                let body = to_bytes(body, usize::MAX).await.unwrap_or_else(|fault| panic!("{what}: {fault:?}"));
                // What is no content is not sent (RFC 9110, sections 9.3.2, 15.3.5 and 15.4.5).
                let is_empty = is_head || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&parts.status);
                Answer::new(what, parts.status, parts.headers, if is_empty { &[] } else { &body })
            }
            Target::Address(client, address) => {
                let request = client.request(self.method, format!("{address}{}", self.path)).headers(self.headers);
                let request = if let Some(body) = self.body { request.body(body) } else { request };
                let response = request.send().await.unwrap_or_else(|fault| panic!("{what}: {fault:?}"));
                let (status, headers) = (response.status(), response.headers().clone());
                let body = response.bytes().await.unwrap_or_else(|fault| panic!("{what}: {fault:?}"));
                Answer::new(what, status, headers, &body)
            }
        }
    }
}

/// The URL of a path, as every client writes it.
fn url(path: &str) -> Url {
    Url::parse(&format!("http://service{path}")).expect("a URL")
}

/// A path with a query, its values encoded.
pub fn query<V: AsRef<str>>(path: &str, parameters: &[(&str, V)]) -> String {
    let mut url = url(path);
    url.query_pairs_mut().extend_pairs(parameters);
    format!("{path}?{}", url.query().unwrap_or_default())
}

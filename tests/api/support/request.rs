//! A request on its way to the service.

use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Url};
use serde_json::Value;

use super::answer::Answer;

/// A request that can still be completed. Nothing is sent that is not asked for here, save `Host` and `Accept`.
#[must_use]
pub(crate) struct Request(RequestBuilder);

impl Request {
    pub(super) fn new(builder: RequestBuilder) -> Self {
        Self(builder)
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// A body as it stands, without a content type.
    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self(self.0.body(body.into()))
    }

    /// A JSON body, written by hand where a `Value` could not say it: repeated keys, odd numbers, faults.
    pub(crate) fn body_text(self, body: &str) -> Self {
        self.header(CONTENT_TYPE.as_str(), "application/json").body(body)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body_text(&body.to_string())
    }

    /// A JSON merge patch under its own content type.
    pub(crate) fn merge_patch(self, body: &Value) -> Self {
        self.header(CONTENT_TYPE.as_str(), "application/merge-patch+json").body(body.to_string())
    }

    /// Sends, and reads the whole answer.
    pub(crate) async fn send(self) -> Answer {
        let (client, request) = self.0.build_split();
        let request = request.expect("a well-formed request");
        let what = format!("{} {}", request.method(), request.url());
        match client.execute(request).await {
            Ok(response) => Answer::read(what, response).await,
            Err(fault) => panic!("{what}: {fault:?}"),
        }
    }
}

/// A path with a query, its values encoded.
pub(crate) fn query<V: AsRef<str>>(path: &str, parameters: &[(&str, V)]) -> String {
    let url = Url::parse_with_params(&format!("http://service{path}"), parameters).expect("a URL");
    format!("{path}?{}", url.query().unwrap_or_default())
}

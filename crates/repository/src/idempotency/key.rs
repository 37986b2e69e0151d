//! What makes two requests the same one.

use partbook_database::BindValue;
use partbook_domain::{Kind, Value, digest};

/// What makes two requests the same one.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// The request's method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// The key that the client chose.
    pub key: String,
    /// The hash of the body; the same key with another body is refused.
    pub body_hash: String,
}

impl IdempotencyKey {
    /// What only one request at a time may have.
    pub(super) fn scope(&self) -> String {
        digest(format!("{}\n{}\n{}", self.method, self.path, self.key).as_bytes())
    }

    /// The columns by which a stored response is found.
    pub(super) fn values(&self) -> Vec<BindValue> {
        [&self.method, &self.path, &self.key].map(|text| (Kind::Text, Value::Text(text.clone()))).to_vec()
    }
}

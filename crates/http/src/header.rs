//! Header names that the `http` crate lacks, and the media types of bodies.

use axum::http::{HeaderName, HeaderValue};

/// Identifies a request in its answer, its problem and the log.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Identifies a POST, so that it can be sent again.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The number of all rows of a list, if the client asked for it.
pub(crate) const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");
/// Confirms that the number was asked for (RFC 7240).
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// What a client has seen and written, as an answer says and a later request gives back.
pub(crate) const CONSISTENCY_TOKEN: HeaderName = HeaderName::from_static("partbook-consistency-token");
/// Says of a POST's answer that the row was there before.
pub(crate) const EXISTING: HeaderName = HeaderName::from_static("partbook-existing");

/// How many requests a client may make, and how many are left (draft-ietf-httpapi-ratelimit-headers-10).
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The media type of rows and lists.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The media type of a merge patch (RFC 7396).
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
/// The media type of every problem (RFC 9457).
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

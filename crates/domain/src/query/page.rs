//! `limit` and `offset`.

use super::Invalid;

/// The text, when it is digits alone.
pub(super) fn digits(text: &str) -> Option<&str> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then_some(text)
}

pub(super) fn limit(text: &str, max: u32) -> Result<u32, Invalid> {
    let found = digits(text).and_then(|text| text.parse().ok()).filter(|limit| (1..=max).contains(limit));
    found.ok_or_else(|| ("range", format!("must be a whole number between 1 and {max}")))
}

pub(super) fn offset(text: &str) -> Result<i64, Invalid> {
    let found = digits(text).and_then(|text| text.parse().ok()).filter(|offset| *offset >= 0);
    found.ok_or_else(|| ("range", format!("must be a whole number between 0 and {}", i64::MAX)))
}

//! Parameters that are true or false.

use super::Invalid;

pub(super) fn flag(text: &str) -> Result<bool, Invalid> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(("type", "must be true or false".to_owned())),
    }
}

//! JSON merge patch (RFC 7396) over a stored document.

use indexmap::IndexMap;
use serde_json::value::RawValue;

use crate::{Json, json};

/// What a `null` in a patch does where the stored document holds `null` too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// It removes the key, as RFC 7396 says.
    Remove,
    /// It changes nothing: for clients that send a whole document back, stored nulls included (contract section 2).
    KeepStored,
}

/// Applies `patch` to the document `target` and returns the new document's text.
///
/// The stored side is read one level at a time and only where the patch goes, so that what the patch does not touch
/// comes out as it was, to the byte, however deep it is.
#[must_use]
pub fn merge(target: &str, patch: &Json, nulls: Nulls) -> String {
    let Json::Object(changes) = patch else { return patch.to_string() };
    let mut members: IndexMap<String, Box<RawValue>> = serde_json::from_str(target).unwrap_or_default();
    for (key, change) in changes {
        let stored = members.get(key).map(|value| value.get());
        if *change == Json::Null {
            if nulls == Nulls::Remove || stored != Some("null") {
                members.shift_remove(key);
            }
            continue;
        }
        let merged = match stored {
            // An unchanged member keeps its stored text. An object may hold nulls that remove, so it is looked into.
            Some(stored) if !matches!(change, Json::Object(_)) && json::canonical(stored) == change.to_string() => {
                continue;
            }
            stored => merge(stored.unwrap_or("null"), change, nulls),
        };
        let merged = RawValue::from_string(merged).expect("a merge of JSON documents is one");
        members.insert(key.clone(), merged);
    }
    serde_json::to_string(&members).expect("text keys and JSON values always serialise")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(target: &str, patch: &str, nulls: Nulls) -> String {
        merge(target, &json::parse(patch.as_bytes()).unwrap(), nulls)
    }

    #[test]
    fn rfc_7396_appendix_a() {
        let cases = [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"a":"foo"}"#, "null", "null"),
            (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ];
        for (target, patch, result) in cases {
            assert_eq!(merged(target, patch, Nulls::Remove), result, "{target} + {patch}");
        }
    }

    #[test]
    fn a_null_that_meets_a_stored_null_can_be_kept() {
        assert_eq!(merged(r#"{"a":null,"b":1}"#, r#"{"a":null,"b":null}"#, Nulls::KeepStored), r#"{"a":null}"#);
        assert_eq!(merged(r#"{"a":null,"b":1}"#, r#"{"a":null,"b":null}"#, Nulls::Remove), "{}");
    }

    #[test]
    fn a_patch_equal_to_the_stored_document_removes_its_nulls() {
        assert_eq!(merged(r#"{"a":{"b":null}}"#, r#"{"a":{"b":null}}"#, Nulls::Remove), r#"{"a":{}}"#);
    }

    #[test]
    fn what_the_patch_does_not_touch_keeps_its_text() {
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        let target = format!(r#"{{"deep":{deep},"e":"\u00e9","n":1.0}}"#);
        assert_eq!(merged(&target, r#"{"n":1.0,"e":"é"}"#, Nulls::Remove), target);
    }
}

//! JSON merge patch (RFC 7396) over a stored document.

use indexmap::IndexMap;

use crate::value::document::Document;
use crate::value::json::{Json, Object};
use crate::value::json_reader;

/// What a `null` in a patch does where the stored document holds `null` too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// It removes the key, as RFC 7396 says.
    Remove,
    /// It changes nothing: for clients that send a whole document back, stored nulls included (contract section 2).
    KeepStored,
}

/// Applies `patch` to a document; the stored document itself where nothing changes.
///
/// The stored text is split one level at a time and only where the patch goes, so that what the patch does not touch
/// comes out as it was, to the byte, however deep it is.
#[must_use]
pub fn merge(stored: &Document, patch: &Json, nulls: Nulls) -> Document {
    // A stored text that is no JSON is no object either.
    let text = json_reader::is_json(stored.as_str()).then(|| stored.as_str().trim_ascii());
    match merged(text, stored.json(), patch, nulls) {
        Some(text) => text.into(),
        None => stored.clone(),
    }
}

/// The text of the document that a patch makes of `stored`; none where it changes nothing. `known` is what the stored
/// text says, where it can be read.
fn merged(stored: Option<&str>, known: Option<&Json>, patch: &Json, nulls: Nulls) -> Option<String> {
    match (patch, stored) {
        (Json::Object(changes), stored) => merged_members(stored, known, changes, nulls),
        // An unchanged member keeps its stored text.
        (_, Some(stored)) if says(stored, known, patch) => None,
        _ => Some(patch.to_string()),
    }
}

fn says(stored: &str, known: Option<&Json>, json: &Json) -> bool {
    match known {
        Some(known) => known.is_identical(json),
        None => json_reader::canonical(stored) == json.to_string(),
    }
}

fn merged_members(stored: Option<&str>, known: Option<&Json>, changes: &Object, nulls: Nulls) -> Option<String> {
    let object = stored.and_then(json_reader::split_valid);
    // A value of another type becomes an object, even by an empty patch.
    let mut differs = object.is_none();
    let known = known.and_then(Json::as_object);
    let stored = object.unwrap_or_default();
    // None for a member that is removed: it is left out when all are written, since taking it out would move all that follow.
    let mut members: IndexMap<&str, Option<Text>> =
        stored.iter().map(|(key, value)| (key.as_str(), Some(Text::Stored(value)))).collect();
    for (key, change) in changes {
        let before = stored.get(key).copied();
        if *change == Json::Null {
            if before.is_some() && (nulls == Nulls::Remove || before != Some("null")) {
                members.insert(key, None);
                differs = true;
            }
        } else if let Some(text) = merged(before, known.and_then(|known| known.get(key)), change, nulls) {
            members.insert(key, Some(Text::New(text)));
            differs = true;
        }
    }
    differs.then(|| write(members))
}

/// The text of a member.
enum Text<'a> {
    Stored(&'a str),
    New(String),
}

fn write(members: IndexMap<&str, Option<Text<'_>>>) -> String {
    let mut out = String::from("{");
    for (key, text) in members {
        let Some(text) = text else { continue };
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(&Json::String(key.to_owned()).to_string());
        out.push(':');
        out.push_str(match &text {
            Text::Stored(text) => text,
            Text::New(text) => text,
        });
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::{Value, json};

    use super::*;

    fn merged(target: &str, patch: &str, nulls: Nulls) -> String {
        let patch = json_reader::parse(patch.as_bytes()).unwrap();
        merge(&target.to_owned().into(), &patch, nulls).as_str().to_owned()
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

    /// JSON over few keys, so that patches meet what they change.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), (0..3).prop_map(Value::from), Just(json!("x")), Just(json!([null]))];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let members = prop::collection::vec((select(vec!["a", "b", "c", "d"]), inner), 0..4);
            members.prop_map(|members| {
                Value::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            })
        })
    }

    /// The algorithm of RFC 7396, section 2, word for word, but for what is kept.
    fn by_the_rfc(target: Option<&Value>, patch: &Value, nulls: Nulls) -> Value {
        let Value::Object(changes) = patch else { return patch.clone() };
        let mut members = target.and_then(Value::as_object).cloned().unwrap_or_default();
        for (key, change) in changes {
            let keeps = nulls == Nulls::KeepStored && members.get(key) == Some(&Value::Null);
            if !change.is_null() {
                let merged = by_the_rfc(members.get(key), change, nulls);
                members.insert(key.clone(), merged);
            } else if !keeps {
                members.shift_remove(key);
            }
        }
        Value::Object(members)
    }

    proptest! {
        /// Keys keep their places, and new ones come last.
        #[test]
        fn the_result_is_that_of_the_rfc(target in any_json(), patch in any_json()) {
            for nulls in [Nulls::Remove, Nulls::KeepStored] {
                let expected = by_the_rfc(Some(&target), &patch, nulls).to_string();
                prop_assert_eq!(merged(&target.to_string(), &patch.to_string(), nulls), expected, "{:?}", nulls);
            }
        }

        #[test]
        fn a_patch_applied_again_changes_nothing(target in any_json(), patch in any_json()) {
            for nulls in [Nulls::Remove, Nulls::KeepStored] {
                let once = merged(&target.to_string(), &patch.to_string(), nulls);
                prop_assert_eq!(merged(&once, &patch.to_string(), nulls), once, "{:?}", nulls);
            }
        }

        #[test]
        fn a_whole_document_sent_back_changes_nothing_where_nulls_are_kept(target in any_json()) {
            let target = target.to_string();
            prop_assert_eq!(merged(&target, &target, Nulls::KeepStored), target);
        }
    }
}

//! Bodies made from other bodies, and JSON as text.

use std::collections::HashMap;

use serde_json::Value;
use serde_json::value::RawValue;

/// The body with one member set.
pub fn with(mut body: Value, member: &str, value: impl Into<Value>) -> Value {
    body[member] = value.into();
    body
}

/// The body without a member.
pub fn without(mut body: Value, member: &str) -> Value {
    body.as_object_mut().expect("an object").remove(member);
    body
}

/// The text of one member of a JSON object, less the white space between its tokens. A `Value` would lose the order of
/// keys and the text of numbers.
#[track_caller]
pub fn member_text(object: &str, member: &str) -> String {
    let members: HashMap<String, &RawValue> = serde_json::from_str(object).expect("a JSON object");
    let value = members.get(member).unwrap_or_else(|| panic!("no {member} in {object}"));
    compact(value.get())
}

/// JSON without the white space between its tokens.
fn compact(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    json.chars()
        .filter(|&character| {
            match character {
                '"' if !escaped => quoted = !quoted,
                '\\' if !escaped => {
                    escaped = true;
                    return true;
                }
                _ => {}
            }
            escaped = false;
            quoted || !character.is_ascii_whitespace()
        })
        .collect()
}

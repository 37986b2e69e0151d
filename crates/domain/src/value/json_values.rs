//! How much a JSON text holds. It is known without reading the text, since values take up much more memory than text.

use super::json::MAX_DEPTH;

/// How much a document holds, as deep as it is read: what is nested deeper is kept as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Members of objects.
    pub members: usize,
    /// Members of objects and items of arrays.
    pub values: usize,
}

impl Contents {
    /// What a text holds. Of what is no JSON the numbers mean nothing.
    #[must_use]
    pub fn of(source: &[u8]) -> Self {
        let mut contents = Self::default();
        let (mut in_string, mut is_escaped, mut has_begun, mut depth) = (false, false, false, 0_usize);
        for byte in source {
            if in_string {
                in_string = is_escaped || *byte != b'"';
                is_escaped = !is_escaped && *byte == b'\\';
                continue;
            }
            let one = usize::from(depth <= MAX_DEPTH);
            match byte {
                b' ' | b'\n' | b'\r' | b'\t' => continue,
                b',' => contents.values += one,
                b':' => contents.members += one,
                b']' | b'}' => depth = depth.saturating_sub(1),
                // The first of a container.
                _ if has_begun => contents.values += one,
                _ => {}
            }
            in_string = *byte == b'"';
            has_begun = matches!(byte, b'[' | b'{');
            depth += usize::from(has_begun);
        }
        contents
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn members_and_items_are_counted_at_every_depth() {
        for (text, members, values) in [
            ("5", 0, 0),
            ("[]", 0, 0),
            (" { } ", 0, 0),
            (r#""[1,2]:""#, 0, 0),
            ("[1, 2]", 0, 2),
            (r#"{"a":{"b":[]},"c":"\",[:\\"}"#, 3, 3),
            (r#"[{"":0},{"":0}]"#, 2, 4),
            ("[ [ [ ] ] , {} ]", 0, 3),
            ("[\"\\\\\",\"\\\\\\\"\",1]", 0, 3),
        ] {
            assert_eq!(Contents::of(text.as_bytes()), Contents { members, values }, "{text}");
        }
    }

    #[test]
    fn what_is_kept_as_text_holds_nothing() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (depth, values) in [(MAX_DEPTH, MAX_DEPTH - 1), (MAX_DEPTH + 1, MAX_DEPTH), (100_000, MAX_DEPTH)] {
            assert_eq!(Contents::of(nested(depth).as_bytes()), Contents { members: 0, values }, "{depth}");
        }
        let beside = format!("[{},1,{{\"a\":1}}]", nested(1_000));
        assert_eq!(Contents::of(beside.as_bytes()), Contents { members: 1, values: MAX_DEPTH + 3 });
    }

    fn counted(json: &Value) -> Contents {
        let sum = |own: Contents, inner: &mut dyn Iterator<Item = &Value>| {
            inner.map(counted).fold(own, |sum, next| Contents {
                members: sum.members + next.members,
                values: sum.values + next.values,
            })
        };
        match json {
            Value::Array(items) => sum(Contents { members: 0, values: items.len() }, &mut items.iter()),
            Value::Object(object) => {
                sum(Contents { members: object.len(), values: object.len() }, &mut object.values())
            }
            _ => Contents::default(),
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let text = prop::sample::select(vec!["", "a", "\"", "\\", "[", ",", ":", "{\"a\":1}", "\\\""]);
        let leaf = prop_oneof![Just(Value::Null), (0..3).prop_map(Value::from), text.clone().prop_map(Value::from)];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            let members = prop::collection::btree_map(text.clone().prop_map(str::to_owned), inner.clone(), 0..4);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                members.prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_text_has_as_many_as_the_document(json in any_json()) {
            prop_assert_eq!(Contents::of(json.to_string().as_bytes()), counted(&json));
            prop_assert_eq!(Contents::of(format!("{json:#}").as_bytes()), counted(&json));
        }
    }
}

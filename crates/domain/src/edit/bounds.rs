//! How large a row may become (contract section 6). Bounds hold for what results and not for the step that makes it, so that
//! no number of small steps gets past them; what is stored and larger stays editable, and may shrink.

use crate::model::field::{Field, Kind};
use crate::refusal::field_error::FieldError;
use crate::refusal::pointer::Place;
use crate::value::Value;
use crate::value::document::Document;
use crate::value::json::Json;
use crate::value::json_values::Contents;

/// How many members all objects of a document together may have.
pub const MAX_MEMBERS: usize = 10_000;

/// How many values a document may have: members of its objects and items of its arrays, at any depth. They take up much
/// more memory than their text.
pub const MAX_VALUES: usize = 20_000;

/// How large a row may be as stored, bytes: its texts and documents, children included.
pub const MAX_ROW_SIZE: usize = 1024 * 1024;

/// How much text may change in a row that is too large already, bytes: its remarks stay editable.
const SMALL_CHANGE_SIZE: usize = 64 * 1024;

/// The least text that a value takes, bytes: `0,`.
const MIN_VALUE_SIZE: usize = 2;

/// Refuses an array of more items than the field may have, unless there are as many already. It is asked before the items
/// are read.
pub(super) fn check_items(
    field: &Field,
    items: &[Json],
    stored: Option<&Value>,
    place: &Place<'_>,
) -> Result<(), FieldError> {
    let stored = match stored.and_then(Value::as_document).and_then(Document::json) {
        Some(Json::Array(stored)) => stored.len(),
        _ => 0,
    };
    match field.kind.max_items() {
        Some(max) if items.len() > max && items.len() > stored => {
            Err(FieldError::new(place.pointer(), "length", format!("must have at most {max} items")))
        }
        _ => Ok(()),
    }
}

/// Refuses a document with more members or values than it may have, unless it has as many already.
pub(super) fn check_document(
    field: &Field,
    value: &Value,
    stored: Option<&Value>,
    place: &Place<'_>,
) -> Result<(), FieldError> {
    // A member takes more text than a value.
    let may_be_over =
        |value: &Value| value.as_text().is_some_and(|text| text.len() > MAX_MEMBERS.min(MAX_VALUES) * MIN_VALUE_SIZE);
    if !matches!(field.kind, Kind::Object | Kind::Weights | Kind::AnyJson) || !may_be_over(value) {
        return Ok(());
    }
    let contents = |value: &Value| Contents::of(value.as_text().unwrap_or_default().as_bytes());
    let (new, stored) = (contents(value), stored.map(contents).unwrap_or_default());
    let refuse = |detail| Err(FieldError::new(place.pointer(), "length", detail));
    if new.members > stored.members.max(MAX_MEMBERS) {
        return refuse(format!("must have at most {MAX_MEMBERS} members, those of objects in it included"));
    }
    if new.values > stored.values.max(MAX_VALUES) {
        return refuse(format!("must have at most {MAX_VALUES} values, members of objects and items of arrays in it"));
    }
    Ok(())
}

/// Refuses a row that is larger than one may be, unless what changes of it shrinks or is small.
pub(super) fn check_row(values: &[Value], stored: Option<&[Value]>, changed: &[bool]) -> Result<(), FieldError> {
    let size = |value: &Value| value.as_text().map_or(0, str::len);
    let changed_size = |values: &[Value]| {
        values.iter().zip(changed).filter(|(_, changed)| **changed).map(|(value, _)| size(value)).sum::<usize>()
    };
    let new = values.iter().map(size).sum::<usize>();
    if new > MAX_ROW_SIZE && changed_size(values) > stored.map_or(0, changed_size).max(SMALL_CHANGE_SIZE) {
        let detail = format!("The row would be {new} bytes; at most {MAX_ROW_SIZE} can be stored");
        return Err(FieldError::whole("length", detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{EditMode, Nulls, create, update};
    use super::*;
    use crate::Vocabulary;
    use crate::entity::listing::LISTING;
    use crate::entity::ports_profile::PORTS_PROFILE;
    use crate::entity::ram_spec::RAM_SPEC;
    use crate::value::json::Object;
    use crate::value::json_reader::parse;

    fn body(text: &str) -> Object {
        parse(text.as_bytes()).unwrap().as_object().unwrap().clone()
    }

    fn join(n: usize, item: impl Fn(usize) -> String) -> String {
        (0..n).map(item).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn arrays_have_limits_and_longer_stored_ones_may_shrink() {
        let ports = |n| body(&format!(r#"{{"name":"n","ports":[{}]}}"#, join(n, |i| format!(r#"{{"type":"{i}"}}"#))));
        assert!(create(&PORTS_PROFILE, &ports(256), &Vocabulary::default()).errors.is_empty());
        let over = create(&PORTS_PROFILE, &ports(257), &Vocabulary::default()).errors;
        assert_eq!(over.to_string(), "ports must have at most 256 items");
        let links = |n| {
            let links = join(n, |i| format!(r#""http://a/{i}""#));
            body(&format!(r#"{{"title":"t","price_usd":1,"other_urls":[{links}]}}"#))
        };
        assert!(create(&LISTING, &links(100), &Vocabulary::default()).errors.is_empty());
        assert_eq!(create(&LISTING, &links(101), &Vocabulary::default()).errors.total(), 1);
        // A row that another program made.
        let mut stored = create(&LISTING, &links(100), &Vocabulary::default()).values;
        let (index, _) = LISTING.field("other_urls").unwrap();
        let many = join(150, |i| format!(r#"{{"url":"http://a/{i}","label":null}}"#));
        stored[index] = Value::Json(format!("[{many}]").into());
        for (n, errors) in [(151, 1), (150, 0), (149, 0), (101, 0)] {
            let draft = update(&LISTING, &stored, &links(n), EditMode::Merge(Nulls::Remove), &Vocabulary::default());
            assert_eq!(draft.errors.total(), errors, "{n}: {}", draft.errors);
        }
    }

    #[test]
    fn members_are_counted_in_the_result() {
        let spec = |n: usize| {
            body(&format!(
                r#"{{"capacity_per_module_gb":8,"module_count":1,"attributes":{{"a":{{{}}}}}}}"#,
                join(n, |i| format!(r#""{i}":0"#))
            ))
        };
        assert!(create(&RAM_SPEC, &spec(9_999), &Vocabulary::default()).errors.is_empty());
        let full = create(&RAM_SPEC, &spec(9_999), &Vocabulary::default()).values;
        assert_eq!(
            create(&RAM_SPEC, &spec(10_000), &Vocabulary::default()).errors.total(),
            1,
            "the object that holds them counts"
        );
        let one_more = update(
            &RAM_SPEC,
            &full,
            &body(r#"{"attributes":{"b":0}}"#),
            EditMode::Merge(Nulls::Remove),
            &Vocabulary::default(),
        );
        assert!(
            one_more.errors.to_string().contains("attributes must have at most 10000 members"),
            "{}",
            one_more.errors
        );
        let one_less = update(
            &RAM_SPEC,
            &full,
            &body(r#"{"attributes":{"a":{"5":null}}}"#),
            EditMode::Merge(Nulls::Remove),
            &Vocabulary::default(),
        );
        assert!(one_less.errors.is_empty());
    }

    #[test]
    fn values_are_counted_in_the_result() {
        let merge = EditMode::Merge(Nulls::Remove);
        let zeros = |n: usize| join(n, |_| "0".to_owned());
        let spec = |attributes: &str| {
            body(&format!(r#"{{"capacity_per_module_gb":8,"module_count":1,"attributes":{attributes}}}"#))
        };
        // The array is a value too, and so is each array in it.
        let full = create(&RAM_SPEC, &spec(&format!(r#"{{"a":[{}]}}"#, zeros(19_999))), &Vocabulary::default());
        assert!(full.errors.is_empty(), "{}", full.errors);
        let over = create(&RAM_SPEC, &spec(&format!(r#"{{"a":[{}]}}"#, zeros(20_000))), &Vocabulary::default()).errors;
        assert!(over.to_string().contains("attributes must have at most 20000 values"), "{over}");
        let nested = create(
            &RAM_SPEC,
            &spec(&format!(r#"{{"a":[{}]}}"#, join(10_000, |_| "[0]".to_owned()))),
            &Vocabulary::default(),
        );
        assert_eq!(nested.errors.total(), 1);
        let patch = |text: &str| update(&RAM_SPEC, &full.values, &body(text), merge, &Vocabulary::default()).errors;
        assert_eq!(patch(r#"{"attributes":{"b":0}}"#).total(), 1, "no small step gets past it");
        assert!(patch(r#"{"attributes":{"b":0,"a":[0]},"notes":"x"}"#).is_empty());
        // What is stored and has more may be edited, and shrink.
        let mut stored = full.values.clone();
        let (index, _) = RAM_SPEC.field("attributes").unwrap();
        stored[index] = Value::Json(format!(r#"{{"a":[{}],"b":0}}"#, zeros(30_000)).into());
        for (text, errors) in [(r#"{"c":0}"#, 1), (r#"{"b":1}"#, 0), (r#"{"b":null,"c":0}"#, 0), (r#"{"b":null}"#, 0)] {
            let patch = body(&format!(r#"{{"attributes":{text}}}"#));
            let draft = update(&RAM_SPEC, &stored, &patch, merge, &Vocabulary::default());
            assert_eq!(draft.errors.total(), errors, "{text}: {}", draft.errors);
        }
    }

    #[test]
    fn a_row_does_not_grow_past_its_bound_in_small_steps() {
        let patch = |key: &str, size: usize| body(&format!(r#"{{"attributes":{{"{key}":"{}"}}}}"#, "x".repeat(size)));
        let merge = EditMode::Merge(Nulls::Remove);
        let mut row =
            create(&RAM_SPEC, &body(r#"{"capacity_per_module_gb":8,"module_count":1}"#), &Vocabulary::default()).values;
        let mut refused = 0;
        for step in 0..8 {
            let draft = update(&RAM_SPEC, &row, &patch(&format!("k{step}"), 300_000), merge, &Vocabulary::default());
            if draft.errors.is_empty() {
                row = draft.values;
            } else {
                refused += 1;
            }
        }
        assert_eq!(refused, 5);
        // What is larger already may be edited, and shrink.
        let (index, _) = RAM_SPEC.field("attributes").unwrap();
        row[index] = Value::Json(format!(r#"{{"big":"{}"}}"#, "x".repeat(3 * MAX_ROW_SIZE)).into());
        assert!(
            update(&RAM_SPEC, &row, &body(r#"{"speed_mhz":3200,"notes":"x"}"#), merge, &Vocabulary::default())
                .errors
                .is_empty()
        );
        assert!(
            update(&RAM_SPEC, &row, &patch("big", 2 * MAX_ROW_SIZE), merge, &Vocabulary::default()).errors.is_empty()
        );
        assert_eq!(update(&RAM_SPEC, &row, &patch("more", 1), merge, &Vocabulary::default()).errors.total(), 1);
    }
}

//! Members of a body that no field is named after. They are ignored, unless a client wants to be told of them.

use crate::entity::Entity;
use crate::model::field::Kind;
use crate::refusal::field_error::{FieldError, FieldErrors};
use crate::refusal::pointer::{Place, Pointer};
use crate::value::json::{Json, Object};

/// What answers show of every row and child row, and bodies may send back.
const SHOWN: [&str; 3] = ["id", "created_at", "updated_at"];

/// The members of a link.
const LINK: [&str; 2] = ["url", "label"];

/// The longest name that is compared with those that are known, bytes.
const MAX_COMPARED_LENGTH: usize = 100;

/// How like a known name must be to be named (Jaro-Winkler, from 0 to 1).
const MIN_LIKENESS: f64 = 0.75;

/// Finds the members that are unknown, those of items of arrays included. What answers show is known, so that a row can be
/// sent back as it was shown; `attributes` and weights have the caller's own keys.
#[must_use]
pub fn unknown_members(entity: &Entity, body: &Object) -> FieldErrors {
    let mut errors = FieldErrors::default();
    let written: Vec<&str> = entity.fields.iter().flat_map(|field| entity.names(field)).collect();
    let is_refused = |name: &str| entity.refused.iter().any(|(refused, _)| *refused == name);
    let known = |name: &str| entity.shows(name) || SHOWN.contains(&name) || is_refused(name);
    find(body, known, &written, &Place::Root, &mut errors);
    for field in entity.fields {
        let (children, names): (_, Vec<&str>) = match field.kind {
            Kind::Children(children) => (true, children.fields.iter().map(|field| field.name).collect()),
            Kind::Links => (false, LINK.to_vec()),
            _ => continue,
        };
        let known = |name: &str| names.contains(&name) || (children && SHOWN.contains(&name));
        let place = Place::Member(&Place::Root, field.name);
        let items = if let Some(Json::Array(items)) = body.get(field.name) { items.as_slice() } else { &[] };
        for (index, item) in items.iter().enumerate() {
            if let Json::Object(members) = item {
                find(members, known, &names, &place.item(index), &mut errors);
            }
        }
    }
    errors
}

/// Finds the members of an object that are unknown.
fn find(
    members: &Object,
    is_known: impl Fn(&str) -> bool,
    names: &[&str],
    place: &Place<'_>,
    errors: &mut FieldErrors,
) {
    for name in members.keys().filter(|name| !is_known(name)) {
        errors.push_with(|| unknown_member(name, names, place.member(name).pointer()));
    }
}

/// The error of a member that is not among these names, with what it may have meant.
#[must_use]
pub fn unknown_member(name: &str, names: &[&str], place: Pointer) -> FieldError {
    match nearest(name, names) {
        Some(nearest) => FieldError::new(place, "unknown", format!("is not known here; did you mean {nearest}?")),
        None => FieldError::new(place, "unknown", "is not known here"),
    }
}

/// The known name that is most like a name, letter case aside; none for a name that is like none of them, or too long to be
/// one.
fn nearest<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    if name.len() > MAX_COMPARED_LENGTH {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let likeness = |known: &str| strsim::jaro_winkler(&name, known);
    let nearest = names.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(nearest) >= MIN_LIKENESS).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::cpu::CPU;
    use crate::entity::listing::LISTING;
    use crate::entity::ports_profile::PORTS_PROFILE;
    use crate::refusal::errors::MAX_SHOWN_ERRORS;
    use crate::value::json_reader::parse;

    fn found(entity: &Entity, body: &str) -> Vec<(String, String)> {
        let body = parse(body.as_bytes()).unwrap();
        let errors = unknown_members(entity, body.as_object().unwrap());
        errors.shown().iter().map(|error| (error.pointer.to_string(), error.detail.clone())).collect()
    }

    fn means(name: &str, known: &str) -> (String, String) {
        (format!("#/{name}"), format!("is not known here; did you mean {known}?"))
    }

    #[test]
    fn an_unknown_member_is_told_with_the_nearest_name() {
        for (name, known) in [
            ("core", "cores"),
            ("Cores", "cores"),
            ("releaseYear", "release_year"),
            ("tdp", "tdp_w"),
            ("cpu_mark", "cpu_mark_multi"),
            ("manufactuer", "manufacturer"),
            ("note", "notes"),
            ("attribute", "attributes"),
        ] {
            assert_eq!(found(&CPU, &format!(r#"{{"{name}":1}}"#)), [means(name, known)]);
        }
        for name in ["", "ids", "u0", "zzz"] {
            let place = format!("#/{name}");
            assert_eq!(found(&CPU, &format!(r#"{{"{name}":1}}"#)), [(place, "is not known here".to_owned())]);
        }
        let long = "x".repeat(MAX_COMPARED_LENGTH + 1);
        assert_eq!(found(&CPU, &format!(r#"{{"{long}":1}}"#))[0].1, "is not known here");
    }

    #[test]
    fn what_answers_show_and_the_callers_own_keys_are_known() {
        let row =
            r#"{"id":1,"name":"a","attributes":{"x":1},"attributes_json":{"y":2},"created_at":"","updated_at":""}"#;
        assert_eq!(found(&CPU, row), []);
        let listing =
            r#"{"title":"t","url":"http://a","cpu":{"name":"x"},"cpu_name":"x","score_composite":1,"fields":{}}"#;
        assert_eq!(found(&LISTING, listing), []);
    }

    #[test]
    fn items_of_arrays_are_looked_into() {
        let ports = r#"{"name":"a","ports":[{"type":"a","id":1},{"type":"b","cont":2},3]}"#;
        assert_eq!(found(&PORTS_PROFILE, ports), [means("ports/1/cont", "count")]);
        let links = r#"{"title":"t","other_urls":["http://a",{"url":"http://b","lable":"x","id":1}]}"#;
        let unlike = ("#/other_urls/1/id".to_owned(), "is not known here".to_owned());
        assert_eq!(found(&LISTING, links), [means("other_urls/1/lable", "label"), unlike]);
    }

    #[test]
    fn what_is_said_of_many_is_bounded() {
        let many: Vec<String> = (0..20_000).map(|n| format!(r#""x{n}":1"#)).collect();
        let body = parse(format!("{{{}}}", many.join(",")).as_bytes()).unwrap();
        let errors = unknown_members(&CPU, body.as_object().unwrap());
        assert_eq!((errors.shown().len(), errors.total()), (MAX_SHOWN_ERRORS, 20_000));
    }
}

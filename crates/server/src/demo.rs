//! The sample catalog of `partbook serve --demo`: the documents in `demo/`, put into an empty database.
//!
//! They are bodies as a client would send them, with one exception: a listing refers to its parts (`"cpu": "…"`) by name,
//! or by the `key` that RAM specs and storage profiles have in these documents.

use std::collections::HashMap;

use partbook_domain::access::Actor;
use partbook_domain::json::{self, Json, Object};
use partbook_domain::{Entity, registry};
use partbook_http::PlainRow;
use partbook_repository::{Create, Error, Repository};

/// The documents by collection.
const DOCUMENTS: [(&str, &str); 7] = [
    ("cpus", include_str!("../demo/cpus.json")),
    ("gpus", include_str!("../demo/gpus.json")),
    ("profiles", include_str!("../demo/profiles.json")),
    ("ports-profiles", include_str!("../demo/ports-profiles.json")),
    ("ram-specs", include_str!("../demo/ram-specs.json")),
    ("storage-profiles", include_str!("../demo/storage-profiles.json")),
    ("listings", include_str!("../demo/listings.json")),
];

/// The id of each row, by its entity's name and its own name or key.
type Ids = HashMap<(&'static str, String), i64>;

/// Fills an empty catalog; leaves one that holds anything as it is.
///
/// # Errors
/// A row that the catalog refuses, by document and place, or a database that is away.
pub(crate) async fn load(repository: &Repository) -> Result<(), String> {
    if !is_empty(repository).await? {
        tracing::warn!(reason = "the database has rows", "demo catalog not loaded");
        return Ok(());
    }
    let mut ids = Ids::new();
    // Every entity comes after those it refers to: the registry ends with listings.
    for entity in registry() {
        let Some((_, text)) = DOCUMENTS.iter().find(|(collection, _)| *collection == entity.collection) else {
            continue;
        };
        for (place, body) in bodies(entity, text)?.into_iter().enumerate() {
            let row = format!("demo/{}.json, row {}", entity.collection, place + 1);
            let (own, body) = resolve(entity, body, &ids).map_err(|fault| format!("{row}: {fault}"))?;
            let (body, actor) = (Json::Object(body), Actor::Command("demo"));
            let create = Create { entity, body, representation: &PlainRow, strict: true, actor };
            let created = match repository.create(create).await {
                Ok(created) => created,
                Err(Error::Refused(_)) if ids.is_empty() && !is_empty(repository).await? => {
                    tracing::warn!(reason = "another process fills the database", "demo catalog not loaded");
                    return Ok(());
                }
                Err(error) => return Err(format!("{row}: {error}")),
            };
            if let Some(own) = own {
                ids.insert((entity.name, own), created.id);
            }
        }
    }
    tracing::info!("demo catalog loaded");
    Ok(())
}

async fn is_empty(repository: &Repository) -> Result<bool, String> {
    repository.is_empty().await.map_err(|error| error.to_string())
}

fn bodies(entity: &Entity, text: &str) -> Result<Vec<Object>, String> {
    let fault = |fault: &str| format!("demo/{}.json: {fault}", entity.collection);
    let Json::Array(items) = json::parse(text.as_bytes()).map_err(|error| fault(&error.to_string()))? else {
        return Err(fault("is not an array"));
    };
    let body = |item| match item {
        Json::Object(body) => Ok(body),
        _ => Err(fault("holds something that is not an object")),
    };
    items.into_iter().map(body).collect()
}

/// Takes the row's own name out of its body, and puts ids where the body names other rows.
fn resolve(entity: &Entity, mut body: Object, ids: &Ids) -> Result<(Option<String>, Object), String> {
    let key = body.shift_remove("key");
    let own = key.as_ref().or_else(|| body.get("name")).and_then(Json::as_str).map(str::to_owned);
    for reference in entity.references {
        let member = reference.field.trim_end_matches("_id");
        let Some(named) = body.shift_remove(member) else { continue };
        let named = named.as_str().ok_or_else(|| format!("`{member}` is not a name"))?.to_owned();
        let Some(id) = ids.get(&(reference.target.name, named.clone())) else {
            return Err(format!("`{member}` names `{named}`, which is not in the demo catalog"));
        };
        body.insert(reference.field.to_owned(), Json::Number(id.to_string()));
    }
    Ok((own, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_examples_are_rows_of_the_demo() {
        let document = partbook_http::openapi();
        let Json::Object(document) = json::parse(document.as_bytes()).unwrap() else { panic!("no object") };
        for (collection, text) in DOCUMENTS {
            let entity = registry().iter().find(|entity| entity.collection == collection).unwrap();
            let at = |body: &Object, path: &[&str]| {
                path.iter().fold(Json::Object(body.clone()), |value, name| {
                    value.as_object().and_then(|object| object.get(*name)).unwrap().clone()
                })
            };
            let path = ["paths", &entity.path(), "post", "requestBody", "content", "application/json", "example"];
            let Json::Object(example) = at(&document, &path) else { panic!("{collection}: no example") };
            let is_of = |row: &Object| example.iter().all(|(name, value)| row.get(name) == Some(value));
            assert!(bodies(entity, text).unwrap().iter().any(is_of), "{collection}");
        }
    }

    #[test]
    fn every_name_is_unique_and_every_reference_is_there() {
        let mut ids = Ids::new();
        for entity in registry() {
            let Some((_, text)) = DOCUMENTS.iter().find(|(collection, _)| *collection == entity.collection) else {
                continue;
            };
            for body in bodies(entity, text).unwrap() {
                let (own, _) = resolve(entity, body, &ids).unwrap();
                let Some(own) = own else { continue };
                assert_eq!(ids.insert((entity.name, own.clone()), 0), None, "{}: {own}", entity.collection);
            }
        }
    }
}

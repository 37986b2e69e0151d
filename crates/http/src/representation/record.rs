//! The shape of a row on the metadata screen: fields and attributes side by side (contract section 5). The rules and errors
//! are those of the catalog.

use partbook_domain::edit::{unknown_member, unknown_members};
use partbook_domain::{
    Entity, Field, FieldError, FieldErrors, Json, Kind, Object, Pointer, Representation, Row, Value,
};

use super::row::members;

/// The members of a record.
const MEMBERS: [&str; 3] = ["id", "fields", "attributes"];

/// The shape of the metadata screen.
#[derive(Debug)]
pub(crate) struct Record;

impl Representation for Record {
    fn read(&self, entity: &Entity, body: Json) -> Result<Object, FieldErrors> {
        let mut object = members(body)?;
        let mut flat = match object.swap_remove("fields") {
            None => Object::new(),
            Some(Json::Object(members)) => members,
            Some(other) => {
                let detail = format!("must be an object, not {}", other.type_name());
                return Err(FieldError::new(Pointer::field("fields"), "type", detail).into());
            }
        };
        let among = flat.shift_remove("attributes");
        if let Some(attributes) = object.swap_remove("attributes") {
            flat.insert("attributes".to_owned(), attributes);
        }
        // Attributes stand beside the fields. Those among the fields count as ones under another name do.
        if let Some((among, (_, field))) = among.zip(entity.field("attributes")) {
            match entity.names(field).find(|name| !flat.contains_key(*name)) {
                Some(free) => drop(flat.insert(free.to_owned(), among)),
                None if entity.names(field).any(|name| flat.get(name) == Some(&among)) => {}
                None => return Err(given_thrice()),
            }
        }
        Ok(flat)
    }

    /// The screen has no means to enter a document: a new row gets the default of one that it needs.
    fn read_new(&self, entity: &Entity, body: Json) -> Result<Object, FieldErrors> {
        let mut flat = self.read(entity, body)?;
        for (field, default) in entity.fields.iter().zip((entity.defaults)()) {
            if let (true, true, Some(document)) = (field.required, field.kind.is_json(), default.as_document())
                && !flat.contains_key(field.name)
            {
                flat.insert(field.name.to_owned(), document.json().cloned().unwrap_or(Json::Null));
            }
        }
        Ok(flat)
    }

    fn unknown(&self, entity: &Entity, body: &Json) -> FieldErrors {
        let Some(members) = body.as_object() else { return FieldErrors::default() };
        let mut errors = FieldErrors::default();
        for name in members.keys().filter(|name| !MEMBERS.contains(&name.as_str())) {
            errors.push_with(|| beside_the_fields(entity, name));
        }
        if let (None, Some(attributes)) = (entity.field("attributes"), members.get("attributes"))
            && attributes.as_object().is_none_or(|attributes| !attributes.is_empty())
        {
            errors.push(unknown_member("attributes", &[], Pointer::field("attributes")));
        }
        let fields = members.get("fields").and_then(Json::as_object);
        let mut among = fields.map(|fields| unknown_members(entity, fields)).unwrap_or_default();
        for error in among.shown_mut() {
            error.pointer = error.pointer.under("fields");
        }
        errors.extend(among);
        errors
    }

    fn write(&self, row: &Row, out: &mut Vec<u8>) {
        out.extend_from_slice(format!(r#"{{"id":{},"fields":{{"#, row.id).as_bytes());
        for (index, field) in core_fields(row.entity).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(format!(r#""{}":"#, field.name).as_bytes());
            row.value(field.name).unwrap_or(&Value::Null).write_json(out);
        }
        out.extend_from_slice(br#"},"attributes":"#);
        row.value("attributes").unwrap_or(&Value::Json("{}".to_owned().into())).write_json(out);
        out.push(b'}');
    }

    fn place(&self, pointer: Pointer) -> Pointer {
        if pointer == Pointer::root() || pointer.is_in("attributes") { pointer } else { pointer.under("fields") }
    }
}

/// The error of a member that a record does not have; a field may have been meant.
fn beside_the_fields(entity: &Entity, name: &str) -> FieldError {
    let place = Pointer::field(name);
    if entity.fields.iter().any(|field| entity.names(field).any(|known| known == name)) {
        return FieldError::new(
            place,
            "unknown",
            format!("is not known here; it belongs into fields, as fields.{name}"),
        );
    }
    unknown_member(name, &MEMBERS[1..], place)
}

fn given_thrice() -> FieldErrors {
    let place = Pointer::field("fields").child("attributes");
    FieldError::new(place, "conflict", "differs from the attributes that are given under two other names").into()
}

/// The fields that a form edits: child rows have no editor of their own.
pub(crate) fn form_fields(entity: &Entity) -> impl Iterator<Item = &'static Field> + use<> {
    core_fields(entity).filter(|field| !matches!(field.kind, Kind::Children(_)))
}

/// The fields that every installation has. Custom fields are stored in the attributes.
fn core_fields(entity: &Entity) -> impl Iterator<Item = &'static Field> + use<> {
    entity.fields.iter().filter(|field| field.name != "attributes")
}

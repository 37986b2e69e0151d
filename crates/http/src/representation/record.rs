//! The shape of a row on the metadata screen: fields and attributes side by side (contract section 5). The rules and errors
//! are those of the catalog.

use partbook_domain::{Entity, Field, FieldError, FieldErrors, Json, Object, Pointer, Representation, Row, Value};

use super::row::members;

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
        // Attributes stand beside the fields; among the fields they are ignored.
        for (alias, _) in entity.aliases.iter().filter(|(_, name)| *name == "attributes") {
            flat.shift_remove(*alias);
        }
        flat.shift_remove("attributes");
        if let Some(attributes) = object.swap_remove("attributes") {
            flat.insert("attributes".to_owned(), attributes);
        }
        Ok(flat)
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

/// The fields that every installation has. Custom fields are stored in the attributes.
pub(crate) fn core_fields(entity: &Entity) -> impl Iterator<Item = &'static Field> + use<> {
    entity.fields.iter().filter(|field| field.name != "attributes")
}

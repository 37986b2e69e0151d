//! Describes the operations of a collection.

use partbook_domain::access::Operation as Kind;
use partbook_domain::entity::listing::LISTING;
use partbook_domain::{Entity, Identity, Kind as FieldKind, query};
use utoipa::openapi::path::Operation;
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{HttpMethod, ObjectBuilder, RefOr, Response, Schema};

use super::builder::{Described, path, reference, text};
use super::entity_schema::{answer_name, input_name, of_entity, patch_name};
use super::example;
use super::operation::operation;
use super::problem_schema::{problem_schemas, stale_problem};
use super::request::{
    consistency_token, cursor, id_parameter, idempotency_key, if_match, if_none_match, limit, offset, prefer,
    prefer_strict, query_parameter, request_body, search, sort,
};
use super::response::{
    WRITE_FAILURES, changed_response, created_response, found_or_created_response, key_in_use, no_such_cursor,
    not_modified_response, page, row_response, stale, with_failures,
};
use crate::limits::LISTINGS_PAGE;

/// The list and the create operation.
pub(crate) fn collection(entity: &'static Entity) -> Described {
    let item = path().operation(HttpMethod::Get, list(entity)).operation(HttpMethod::Post, create(entity)).build();
    let mut schemas = of_entity(entity);
    schemas.extend(problem_schemas());
    schemas.push(stale_problem(entity.type_name));
    Described { item, schemas }
}

/// The operations on one row.
pub(crate) fn item(entity: &'static Entity) -> Described {
    let name = entity.name;
    let one = || row_response(reference(&answer_name(entity)));
    let write = |kind: Kind, id: String, summary: String, description: &str, body: RequestBody| {
        let operation = operation(kind, entity.collection, &id, &summary).description(Some(description));
        let operation = operation.parameter(id_parameter()).parameter(if_match()).parameter(prefer_strict());
        with_failures(
            operation
                .request_body(Some(body))
                .response("200", changed_response(reference(&answer_name(entity))))
                .response("412", stale(entity.type_name)),
            &WRITE_FAILURES,
        )
    };
    let get = with_failures(
        operation(Kind::GetRow, entity.collection, &format!("get_{name}"), &format!("Get a {}", entity.label))
            .parameter(id_parameter())
            .parameter(if_none_match())
            .parameter(consistency_token())
            .response("200", one())
            .response("304", not_modified_response()),
        &["404", "422"],
    );
    let put = write(
        Kind::ReplaceRow,
        format!("replace_{name}"),
        format!("Replace a {}", entity.label),
        "What is left out goes back to its default. What does not change is neither judged nor written.",
        request_body(&input_name(entity), &["application/json"], example::body(entity).as_ref()),
    );
    let patch = write(
        Kind::UpdateRow,
        format!("update_{name}"),
        format!("Change a {}", entity.label),
        "A merge patch (RFC 7396): null clears, objects merge, arrays are replaced. What does not change is neither \
         judged nor written. As `application/json`, a null that meets a stored null changes nothing.",
        request_body(
            &patch_name(entity),
            &["application/merge-patch+json", "application/json"],
            example::patch(entity).as_ref(),
        ),
    );
    let delete = with_failures(
        operation(Kind::DeleteRow, entity.collection, &format!("delete_{name}"), &format!("Delete a {}", entity.label))
            .description(Some("Refused while anything uses the row; the problem says who."))
            .parameter(id_parameter())
            .parameter(if_match())
            .response("204", Response::new("Deleted"))
            .response("412", stale(entity.type_name)),
        &["400", "404", "409", "422", "428"],
    );
    let item = path()
        .operation(HttpMethod::Get, get)
        .operation(HttpMethod::Put, put)
        .operation(HttpMethod::Patch, patch)
        .operation(HttpMethod::Delete, delete)
        .build();
    Described { item, schemas: Vec::new() }
}

/// The listings that use a row.
pub(crate) fn listings(entity: &'static Entity) -> Described {
    let summary = format!("List the listings that use a {}", entity.label);
    let operation = operation(Kind::ListUses, entity.collection, &format!("list_{}_listings", entity.name), &summary)
        .parameter(id_parameter())
        .parameter(limit(LISTINGS_PAGE.max, Some(LISTINGS_PAGE.default)))
        .parameter(offset())
        .parameter(cursor())
        .parameter(prefer())
        .parameter(consistency_token())
        .response("400", no_such_cursor())
        .response("200", page(reference(&answer_name(&LISTING))));
    let item = path().operation(HttpMethod::Get, with_failures(operation, &["404", "422"])).build();
    Described { item, schemas: Vec::new() }
}

fn list(entity: &'static Entity) -> Operation {
    let mut list = operation(
        Kind::ListRows,
        entity.collection,
        &format!("list_{}", entity.collection.replace('-', "_")),
        &format!("List {}", entity.plural),
    )
    .parameter(search(entity))
    .parameter(limit(entity.max_limit, entity.default_limit))
    .parameter(offset())
    .parameter(cursor())
    .parameter(sort(entity))
    .parameter(prefer())
    .parameter(consistency_token());
    for query::Comparison { parameter, field, operator } in query::comparisons(entity) {
        let (name, schema) = (field.name, filter_schema(field.kind));
        let (description, schema) = match operator {
            query::Operator::AnyOf => (
                format!("Exactly this `{name}`; given more than once, any of them."),
                ArrayBuilder::new().items(schema).into(),
            ),
            query::Operator::Min => (format!("The least `{name}`."), schema),
            query::Operator::Max => (format!("The greatest `{name}`."), schema),
        };
        list = list.parameter(query_parameter(&parameter, &description, schema));
    }
    let list = list.response("200", page(reference(&answer_name(entity)))).response("400", no_such_cursor());
    with_failures(list, &["422"])
}

fn create(entity: &'static Entity) -> Operation {
    let description = match entity.identity {
        Identity::Name => "A name that is taken is refused.",
        Identity::Columns(_) => {
            "A body equal in the natural key to an existing row answers that row, unchanged, with `Partbook-Existing: true`."
        }
        Identity::Unique(_) => "A natural key that is taken is refused.",
        Identity::None => "References to rows that do not exist are refused, every one of them named.",
    };
    let row = reference(&answer_name(entity));
    let created = match entity.identity {
        Identity::Columns(_) => found_or_created_response(row),
        _ => created_response(row),
    };
    let operation = operation(
        Kind::CreateRow,
        entity.collection,
        &format!("create_{}", entity.name),
        &format!("Create a {}", entity.label),
    )
    .description(Some(description))
    .parameter(idempotency_key())
    .parameter(prefer_strict())
    .request_body(Some(request_body(&input_name(entity), &["application/json"], example::body(entity).as_ref())))
    .response("201", created)
    .response("409", key_in_use());
    with_failures(operation, &["400", "413", "415", "422"])
}

fn filter_schema(kind: FieldKind) -> RefOr<Schema> {
    let of = |of: Type| ObjectBuilder::new().schema_type(SchemaType::new(of));
    let formatted = |kind, format| of(kind).format(Some(SchemaFormat::KnownFormat(format))).into();
    match kind {
        // Beyond what a column holds, so that no number that a client may ask about is refused.
        FieldKind::Int => formatted(Type::Integer, KnownFormat::Int64),
        FieldKind::Time => formatted(Type::String, KnownFormat::DateTime),
        FieldKind::Float => of(Type::Number).into(),
        FieldKind::Bool => of(Type::Boolean).into(),
        FieldKind::Enum(enumeration) => of(Type::String).enum_values(Some(enumeration.values.iter().copied())).into(),
        _ => text(),
    }
}

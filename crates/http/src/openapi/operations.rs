//! The operations of a collection.

use partbook_domain::entity::listing::LISTING;
use partbook_domain::{Entity, Identity, Kind, query};
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItemBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, SchemaType, Type};
use utoipa::openapi::{
    ContentBuilder, Header, HttpMethod, ObjectBuilder, PathItem, RefOr, Required, Response, ResponseBuilder, Schema,
};

use super::conditions::{
    created_response, idempotency_key, if_match, if_none_match, not_modified_response, row_response,
};
use super::schemas::{answer_name, input_name, of_entity, patch_name};
use super::{Described, reference};
use crate::header::PROBLEM_JSON;
use crate::limits::LISTINGS_PAGE;

/// The list and the create operation.
pub(crate) fn collection(entity: &'static Entity) -> Described {
    let item = path().operation(HttpMethod::Get, list(entity)).operation(HttpMethod::Post, create(entity)).build();
    let mut schemas = of_entity(entity);
    schemas.extend(super::metadata::problem_schemas());
    Described { item, schemas }
}

/// The operations on one row.
pub(crate) fn item(entity: &'static Entity) -> Described {
    let name = entity.name;
    let one = || row_response(reference(&answer_name(entity)));
    let write = |id: String, summary: String, description: &str, body: String, media_types: &[&str]| {
        let operation = operation(entity, &id, &summary).description(Some(description));
        let operation = operation.parameter(id_parameter()).parameter(if_match());
        failing(operation.request_body(Some(request_body(&body, media_types))).response("200", one()), &WRITE)
    };
    let get = failing(
        operation(entity, &format!("get_{name}"), &format!("Get a {}", entity.label))
            .parameter(id_parameter())
            .parameter(if_none_match())
            .response("200", one())
            .response("304", not_modified_response()),
        &["404", "422"],
    );
    let put = write(
        format!("replace_{name}"),
        format!("Replace a {}", entity.label),
        "What is left out goes back to its default. What does not change is neither judged nor written.",
        input_name(entity),
        &["application/json"],
    );
    let patch = write(
        format!("update_{name}"),
        format!("Change a {}", entity.label),
        "A merge patch (RFC 7396): null clears, objects merge, arrays are replaced. What does not change is neither \
         judged nor written. As `application/json`, a null that meets a stored null changes nothing.",
        patch_name(entity),
        &["application/merge-patch+json", "application/json"],
    );
    let delete = failing(
        operation(entity, &format!("delete_{name}"), &format!("Delete a {}", entity.label))
            .description(Some("Refused while anything uses the row; the problem says who."))
            .parameter(id_parameter())
            .parameter(if_match())
            .response("204", Response::new("Deleted")),
        &["400", "404", "409", "412", "422", "428"],
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
    let operation = operation(entity, &format!("list_{}_listings", entity.name), &summary)
        .parameter(id_parameter())
        .parameter(limit(LISTINGS_PAGE.max, Some(LISTINGS_PAGE.default)))
        .parameter(offset())
        .parameter(prefer())
        .response("200", page(reference(&answer_name(&LISTING))));
    let item = path().operation(HttpMethod::Get, failing(operation, &["404", "422"])).build();
    Described { item, schemas: Vec::new() }
}

/// What can be wrong with a write to one row.
pub(super) const WRITE: [&str; 7] = ["400", "404", "412", "413", "415", "422", "428"];

pub(super) fn path() -> PathItemBuilder {
    PathItem::builder()
}

fn operation(entity: &Entity, id: &str, summary: &str) -> OperationBuilder {
    OperationBuilder::new().operation_id(Some(id)).summary(Some(summary)).tag(entity.collection)
}

fn list(entity: &'static Entity) -> Operation {
    let fields = entity.search.join(", ");
    let mut list =
        operation(entity, &format!("list_{}", entity.collection.replace('-', "_")), &format!("List {}", entity.plural))
            .parameter(query_parameter("search", &format!("Part of the {fields}; ASCII letters in any case."), text()))
            .parameter(limit(entity.max_limit, entity.default_limit))
            .parameter(offset())
            .parameter(query_parameter(
                "sort",
                "Fields separated by commas, each with `-` before it for the greatest first; nulls last.",
                text(),
            ))
            .parameter(prefer());
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
    failing(list.response("200", page(reference(&answer_name(entity)))), &["422"])
}

fn create(entity: &'static Entity) -> Operation {
    let description = match entity.identity {
        Identity::Name => "A name that is taken is refused.",
        Identity::Columns(_) => "A body equal in the natural key to an existing row answers that row, unchanged.",
        Identity::None => "References to rows that do not exist are refused, every one of them named.",
    };
    let operation = operation(entity, &format!("create_{}", entity.name), &format!("Create a {}", entity.label))
        .description(Some(description))
        .parameter(idempotency_key())
        .request_body(Some(request_body(&input_name(entity), &["application/json"])))
        .response("201", created_response(reference(&answer_name(entity))))
        .response("409", still_running());
    failing(operation, &["400", "413", "415", "422"])
}

/// A request with the same idempotency key is under way.
pub(super) fn still_running() -> Response {
    passing(problem_response("The first request with this `Idempotency-Key` is still running", "Problem"))
}

/// Adds the failures that an operation can end in, and those that any can.
pub(super) fn failing(operation: OperationBuilder, statuses: &[&str]) -> Operation {
    let all = statuses.iter().chain(&["500", "503"]);
    all.fold(operation, |operation, status| operation.response(*status, failure(status))).build()
}

fn failure(status: &str) -> Response {
    let (description, schema) = match status {
        "400" => ("The body is not valid JSON, or a header is malformed", "Problem"),
        "404" => ("There is no such row", "Problem"),
        "409" => ("Something uses the row, or it must stay", "InUseProblem"),
        "412" => ("The row is another by now; `current` shows it, and `ETag` is its version", "StaleProblem"),
        "413" => ("The body is larger than 1 MiB", "Problem"),
        "415" => ("The body is not JSON", "Problem"),
        "422" => ("The request breaks the rules; every fault is named", "InvalidProblem"),
        "428" => ("The service wants to know which version is meant: `If-Match` is missing", "Problem"),
        "503" => ("The database cannot answer now; try again after Retry-After seconds", "Problem"),
        _ => ("A failure inside the service", "Problem"),
    };
    let response = problem_response(description, schema);
    match status {
        "412" => with_header(response, "ETag", "The version of the row as it is now", text()),
        "503" => passing(response),
        _ => response,
    }
}

/// An answer that says when to come again.
fn passing(response: Response) -> Response {
    with_header(response, "Retry-After", "After how many seconds to send the request again", integer())
}

/// Adds a header to an answer.
pub(super) fn with_header(mut response: Response, name: &str, description: &str, schema: RefOr<Schema>) -> Response {
    let header = Header::builder().schema(Some(schema)).description(Some(description)).build();
    response.headers.insert(name.to_owned(), RefOr::T(header));
    response
}

fn problem_response(description: &str, schema: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(reference(schema))).build();
    ResponseBuilder::new().description(description).content(PROBLEM_JSON, content).build()
}

pub(super) fn json_response(description: &str, schema: RefOr<Schema>) -> Response {
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content("application/json", content).build()
}

fn page(row: RefOr<Schema>) -> Response {
    let response = json_response("The rows", ArrayBuilder::new().items(row).into());
    let links = "first, prev, next and, with a count, last; where a limit applies";
    let response = with_header(response, "Link", links, text());
    with_header(response, "X-Total-Count", "The number of all rows, on request", integer())
}

pub(super) fn request_body(schema: &str, media_types: &[&str]) -> utoipa::openapi::request_body::RequestBody {
    let body = RequestBodyBuilder::new().required(Some(Required::True));
    let content = || ContentBuilder::new().schema(Some(reference(schema))).build();
    media_types.iter().fold(body, |body, media_type| body.content(*media_type, content())).build()
}

pub(super) fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

fn integer() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Integer).into()
}

pub(super) fn id_parameter() -> Parameter {
    path_parameter("id", "The row's id; an integer that names no row is a 404.", integer())
}

pub(super) fn path_parameter(name: &str, description: &str, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn query_parameter(name: &str, description: &str, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

pub(super) fn limit(max: u32, default: Option<u32>) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(max))
        .default(default.map(Into::into));
    let description = if default.is_some() { "How many rows." } else { "How many rows; all of them when left out." };
    query_parameter("limit", description, schema.into())
}

pub(super) fn offset() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0))
        .maximum(Some(i64::MAX))
        .default(Some(0.into()));
    query_parameter("offset", "How many rows to pass over first.", schema.into())
}

fn prefer() -> Parameter {
    ParameterBuilder::new()
        .name("Prefer")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("`count=exact` asks for the number of all rows (RFC 7240)."))
        .schema(Some(text()))
        .build()
}

fn filter_schema(kind: Kind) -> RefOr<Schema> {
    let of = |of: Type| ObjectBuilder::new().schema_type(SchemaType::new(of));
    match kind {
        Kind::Int => of(Type::Integer).into(),
        Kind::Float => of(Type::Number).into(),
        Kind::Bool => of(Type::Boolean).into(),
        Kind::Enum(enumeration) => of(Type::String).enum_values(Some(enumeration.values.iter().copied())).into(),
        _ => text(),
    }
}

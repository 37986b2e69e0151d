//! Describes requests: parameters, headers and bodies.

use partbook_domain::Entity;
use partbook_domain::query::{self, MAX_CURSOR_LENGTH};
use serde_json::Value;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ArrayBuilder, Type};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, RefOr, Required, Schema};

use super::builder::{integer, reference, text};
use crate::limits::MAX_KEY_LENGTH;

pub(super) fn request_body(schema: &str, media_types: &[&str], example: Option<&Value>) -> RequestBody {
    let body = RequestBodyBuilder::new().required(Some(Required::True));
    let content = || ContentBuilder::new().schema(Some(reference(schema))).example(example.cloned()).build();
    media_types.iter().fold(body, |body, media_type| body.content(*media_type, content())).build()
}

pub(super) fn id_parameter() -> Parameter {
    path_parameter("id", "The row's id; an integer that names no row is a 404.", integer())
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

/// Where a page begins.
pub(super) fn cursor() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(MAX_CURSOR_LENGTH))
        .pattern(Some("^[A-Za-z0-9_-]+$"));
    let description = "Where the page begins, as `Link` of another page of the same list says it, and instead of `offset`. The \
                       place stays where it is while rows come and go.";
    query_parameter("cursor", description, schema.into())
}

/// The order of a list: fields separated by commas.
pub(super) fn sort(entity: &Entity) -> Parameter {
    let fields = query::sort_keys(entity);
    let words = fields.flat_map(|field| [field.to_owned(), format!("-{field}")]);
    let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
    ParameterBuilder::new()
        .name("sort")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some("Fields, each with `-` before it for the greatest first; nulls last."))
        .schema(Some(ArrayBuilder::new().items(word).min_items(Some(1))))
        .style(Some(ParameterStyle::Form))
        .explode(Some(false))
        .build()
}

/// `Prefer` of a list.
pub(super) fn prefer() -> Parameter {
    header_parameter("Prefer", "`count=exact` asks for the number of all rows (RFC 7240).", text())
}

/// `Prefer` of a POST, PUT or PATCH.
pub(super) fn prefer_strict() -> Parameter {
    let description = "`handling=strict` refuses members of the body that are not known, and names the nearest that are                        (RFC 7240). They are ignored otherwise.";
    header_parameter("Prefer", description, text())
}

/// `*`, or entity tags in double quotes, separated by commas (RFC 9110, section 13.1.1).
const ENTITY_TAGS: &str = r#"^(\*|(W/)?"[!#-~]*"(\s*,\s*(W/)?"[!#-~]*")*)$"#;

/// `If-None-Match` of a GET.
pub(super) fn if_none_match() -> Parameter {
    header_parameter(
        "If-None-Match",
        "Entity tags of what the client has; 304 when the row is still one of them.",
        text(),
    )
}

/// `Partbook-Consistency-Token` of a GET.
pub(super) fn consistency_token() -> Parameter {
    let description = "The token of an earlier answer, or several, separated by commas: what is answered is at least as new, also \
                       where the service reads from replicas. Without replicas it is ignored.";
    header_parameter("Partbook-Consistency-Token", description, text())
}

/// `If-Match` of a change.
pub(super) fn if_match() -> Parameter {
    let description = "Entity tags of the versions that may be changed, or `*` for any; 412 when the row is another by \
                       now. Needed (428) where the service is set up so.";
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(ENTITY_TAGS)).into();
    header_parameter("If-Match", description, schema)
}

/// What a key is made of.
const VISIBLE_ASCII: &str = "^[!-~]+$";

/// `Idempotency-Key` of a POST.
pub(super) fn idempotency_key() -> Parameter {
    let description = "A text of the client's choice that names this request. Sent again within 24 hours with the same \
                       body it gets the first answer, and nothing is done twice; with another body it is a 422.";
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(MAX_KEY_LENGTH))
        .pattern(Some(VISIBLE_ASCII))
        .into();
    header_parameter("Idempotency-Key", description, schema)
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

/// The words of a search.
pub(super) fn search(entity: &Entity) -> Parameter {
    let fields = entity.search.join(", ");
    let size = entity.capacity.map(|capacity| format!(" A size such as `1TB` or `32 GB` also means the {capacity}."));
    let description = format!(
        "Words, each of which is part of the {fields}: ASCII letters in any case, without regard to spaces, punctuation and marks \
         such as ®. At most {} words.{}",
        query::MAX_SEARCH_WORDS,
        size.unwrap_or_default()
    );
    let schema = ObjectBuilder::new().schema_type(Type::String).max_length(Some(query::MAX_SEARCH_LENGTH));
    query_parameter("search", &description, schema.into())
}

pub(super) fn query_parameter(name: &str, description: &str, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn header_parameter(name: &str, description: &str, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

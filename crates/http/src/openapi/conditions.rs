//! What the document says of versions of a row and of requests that are sent again: the headers of both directions.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, RefOr, Required, Response, ResponseBuilder, Schema};

use super::operations::{json_response, text, with_header};
use crate::limits::MAX_KEY_LENGTH;

/// An answer that shows one row, with its tag.
pub(super) fn row_response(row: RefOr<Schema>) -> Response {
    let tag = "The version of the row: a strong entity tag of this representation (RFC 9110, section 8.8.3)";
    with_header(json_response("The row", row), "ETag", tag, text())
}

/// A row that was created.
pub(super) fn created_response(row: RefOr<Schema>) -> Response {
    with_header(row_response(row), "Location", "Where the row is", text())
}

/// The row is what the client has already.
pub(super) fn not_modified_response() -> Response {
    let response = ResponseBuilder::new().description("The row is what `If-None-Match` names").build();
    with_header(response, "ETag", "The version of the row", text())
}

/// `If-None-Match` of a GET.
pub(super) fn if_none_match() -> Parameter {
    header_parameter(
        "If-None-Match",
        "Entity tags of what the client has; 304 when the row is still one of them.",
        text(),
    )
}

/// `If-Match` of a change.
pub(super) fn if_match() -> Parameter {
    let description = "Entity tags of the versions that may be changed, or `*` for any; 412 when the row is another by \
                       now. Needed (428) where the service is set up so.";
    header_parameter("If-Match", description, text())
}

/// `Idempotency-Key` of a POST.
pub(super) fn idempotency_key() -> Parameter {
    let description = "A text of the client's choice that names this request. Sent again within 24 hours with the same \
                       body it gets the first answer, and nothing is done twice; with another body it is a 422.";
    let schema = ObjectBuilder::new()
        .schema_type(utoipa::openapi::Type::String)
        .min_length(Some(1))
        .max_length(Some(MAX_KEY_LENGTH))
        .into();
    header_parameter("Idempotency-Key", description, schema)
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

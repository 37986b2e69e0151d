//! Describes answers: rows with their headers, and failures.

use partbook_domain::access::Scope;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::{ContentBuilder, Header, RefOr, Response, ResponseBuilder, Schema};

use super::builder::{integer, reference, text};
use super::problem_schema::stale_name;
use crate::header::PROBLEM_JSON;

pub(super) fn json_response(description: &str, schema: RefOr<Schema>) -> Response {
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content("application/json", content).build()
}

/// An answer that shows one row, with its tag.
pub(super) fn row_response(row: RefOr<Schema>) -> Response {
    let tag = "The version of the row: a strong entity tag of this representation (RFC 9110, section 8.8.3)";
    with_consistency_token(with_header(json_response("The row", row), "ETag", tag, text()))
}

/// Adds what a client has seen and written to an answer.
fn with_consistency_token(response: Response) -> Response {
    let token =
        "What has been seen and written, where the service reads from replicas; send it back to see nothing older";
    with_header(response, "Partbook-Consistency-Token", token, text())
}

/// A row that was created.
pub(super) fn created_response(row: RefOr<Schema>) -> Response {
    with_header(changed_response(row), "Location", "Where the row is", text())
}

/// A row that was created, or was there before.
pub(super) fn found_or_created_response(row: RefOr<Schema>) -> Response {
    let existing = "`true`, where the row was there before and is unchanged";
    with_header(created_response(row), "Partbook-Existing", existing, text())
}

/// A row that was changed.
pub(super) fn changed_response(row: RefOr<Schema>) -> Response {
    let applied = "`handling=strict`, where the request prefers it";
    with_header(row_response(row), "Preference-Applied", applied, text())
}

/// 304: the client has this version of the row.
pub(super) fn not_modified_response() -> Response {
    let response = ResponseBuilder::new().description("The row is what `If-None-Match` names").build();
    with_consistency_token(with_header(response, "ETag", "The version of the row", text()))
}

/// A page of rows.
pub(super) fn page(row: RefOr<Schema>) -> Response {
    let response = linked(with_consistency_token(json_response("The rows", ArrayBuilder::new().items(row).into())));
    let response = with_header(response, "X-Total-Count", "The number of all rows, on request", integer());
    with_header(
        response,
        "Preference-Applied",
        "`count=exact`, where the request prefers it; `handling=strict`, where it makes a limit count",
        text(),
    )
}

/// Adds the links to other pages.
pub(super) fn linked(response: Response) -> Response {
    let links = "first, prev, next and, with `count=exact`, last; where a limit applies";
    with_header(response, "Link", links, text())
}

/// The statuses of failed writes to a row, beside 412.
pub(super) const WRITE_FAILURES: [&str; 6] = ["400", "404", "413", "415", "422", "428"];

/// Adds the failures of an operation, and those that every operation can end in.
pub(super) fn with_failures(operation: OperationBuilder, statuses: &[&str]) -> Operation {
    let all = statuses.iter().chain(&["421", "429", "500", "503"]);
    all.fold(operation, |operation, status| operation.response(*status, failure(status))).build()
}

fn failure(status: &str) -> Response {
    let (description, schema) = match status {
        "400" => ("The body is not valid JSON, or a header is malformed", "Problem"),
        "404" => ("There is no such row", "Problem"),
        "409" => ("Something uses the row, or it must stay", "InUseProblem"),
        "413" => ("The body is larger than 1 MiB, or has more than 50,000 values", "Problem"),
        "415" => ("The body is not JSON", "Problem"),
        "421" => ("The request is for a host that is not the service's", "Problem"),
        "422" => ("The request breaks the rules; every fault is named", "InvalidProblem"),
        "428" => ("The service wants to know which version is meant: `If-Match` is missing", "Problem"),
        "429" => ("The client has asked too often; try again after Retry-After seconds", "Problem"),
        "503" => ("The database cannot answer now; try again after Retry-After seconds", "Problem"),
        _ => ("A failure inside the service", "Problem"),
    };
    let response = problem_response(description, schema);
    if ["429", "503"].contains(&status) { with_retry_after(response) } else { response }
}

/// 401: the request needs credentials, or others.
pub(super) fn unauthorized() -> Response {
    let response =
        problem_response("There are no credentials where they are needed, or they are not accepted", "Problem");
    with_header(response, "WWW-Authenticate", "What is asked for (RFC 6750, section 3)", text())
}

/// 403: the credentials do not go that far.
pub(super) fn forbidden(scope: Scope) -> Response {
    let description = format!("The credentials lack the scope `{}`, or are narrowed to other entities", scope.name());
    let response = problem_response(&description, "Problem");
    with_header(response, "WWW-Authenticate", "What is asked for (RFC 6750, section 3)", text())
}

/// 400: there is no page at the cursor.
pub(super) fn no_such_cursor() -> Response {
    problem_response("The cursor is not of this list with this order, search and filters", "Problem")
}

/// 412: the row, of this schema, is not what the client means.
pub(super) fn stale(row: &str) -> Response {
    let description = "The row is another by now; `current` shows it, and `ETag` is its version";
    let response = problem_response(description, &stale_name(row));
    with_header(response, "ETag", "The version of the row as it is now", text())
}

/// 409: rows have a value of the custom field.
pub(super) fn field_in_use() -> Response {
    problem_response("Rows have a value of the custom field, or another table points at it", "CustomFieldInUseProblem")
}

/// 409: a request with the same idempotency key is in progress, or there is no answer any more to give it again.
pub(super) fn key_in_use() -> Response {
    let description = "The first request with this `Idempotency-Key` is still running; or, without Retry-After, its answer \
                       was too large to be kept and its row has been deleted since";
    with_retry_after(problem_response(description, "Problem"))
}

/// Adds `Retry-After` to an answer.
fn with_retry_after(response: Response) -> Response {
    with_header(response, "Retry-After", "After how many seconds to send the request again", integer())
}

fn problem_response(description: &str, schema: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(reference(schema))).build();
    ResponseBuilder::new().description(description).content(PROBLEM_JSON, content).build()
}

/// Adds a header to an answer.
fn with_header(mut response: Response, name: &str, description: &str, schema: RefOr<Schema>) -> Response {
    let header = Header::builder().schema(Some(schema)).description(Some(description)).build();
    response.headers.insert(name.to_owned(), RefOr::T(header));
    response
}

//! The head of the document: title, description, tags.

use partbook_domain::registry;
use utoipa::openapi::{Components, Info, License, OpenApi, OpenApiBuilder, Tag};

use super::security::{TOKEN, token_scheme};

/// A document without operations.
pub(crate) fn base() -> OpenApi {
    let mut license = License::new("MIT OR Apache-2.0");
    license.identifier = Some(env!("CARGO_PKG_LICENSE").to_owned());
    let info = Info::builder()
        .title("Partbook")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(license))
        .build();
    let tag = |(name, description): (&str, &str)| Tag::builder().name(name).description(Some(description)).build();
    let tags = registry().iter().map(|entity| (entity.collection, entity.plural));
    let more = [
        ("fields", "Custom fields"),
        ("fields-data", "Catalog metadata for forms"),
        ("health", "The state of the service, and this document"),
    ];
    let mut components = Components::new();
    components.add_security_scheme(TOKEN, token_scheme());
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .tags(Some(tags.chain(more).map(tag).collect::<Vec<_>>()))
        .build()
}

const DESCRIPTION: &str = "A catalog of PC parts, and the listings that use them.\n\n\
    Every error is an `application/problem+json` (RFC 9457) whose `detail` is fit to show a person; a 422 names every \
    fault at once in `errors`. Answers that show one row carry its version in `ETag`; sent back in `If-Match`, a change is \
    made only to that version. A POST with an `Idempotency-Key` may be sent again without harm. Unknown members of a body are ignored, unless \
    `Prefer: handling=strict` asks for their refusal; unknown parameters of a list are refused. \
    `HEAD` works wherever `GET` does, and a trailing slash is tolerated. Every answer carries `X-Request-ID`.";

//! What a refusal means. How each looks on the wire is the HTTP crate's business.

pub(crate) mod errors;
pub(crate) mod field_error;
pub(crate) mod in_use;
pub(crate) mod pointer;

use field_error::{FieldError, FieldErrors};
use in_use::{FieldUsage, InUse, Uses};
use pointer::Pointer;

use crate::entity::Entity;
use crate::query::InvalidCursor;
use crate::value::Value;
use crate::value::tag::Tag;

/// Why the catalog refuses an operation.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No such row.
    #[error("{label} with id {id} not found")]
    NotFound {
        /// What was looked for, as a person calls it.
        label: &'static str,
        /// The id as it was asked for.
        id: String,
    },
    /// The body breaks the rules: every error at once.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// There is no page at a cursor.
    #[error("cursor {0}")]
    InvalidCursor(InvalidCursor),
    /// The row is in use, or must stay for another reason.
    #[error("{}", .0.detail)]
    InUse(InUse),
    /// The row is not what the client means to change.
    #[error("{}", not_meant(label, *changed_by_proxy))]
    PreconditionFailed {
        /// What it is, as a person calls it.
        label: &'static str,
        /// Whether the client names the row as it is, by a tag that a proxy changed on the way.
        changed_by_proxy: bool,
        /// Which version it is now.
        tag: Tag,
        /// The row as it is now, in the representation that the tag is of.
        current: Vec<u8>,
    },
    /// The client does not say which version it means to change.
    #[error("Say which version of the {label} is meant: send If-Match with the ETag of its last answer, or with *")]
    PreconditionRequired {
        /// What it is, as a person calls it.
        label: &'static str,
    },
    /// A request with the same idempotency key is still running.
    #[error("A request with this Idempotency-Key is still running; try again in a moment")]
    IdempotencyKeyInUse,
    /// The idempotency key belongs to a request with another body.
    #[error("was sent with another body before; a new request needs a key of its own")]
    IdempotencyKeyReused,
    /// The row of an idempotency key has been deleted since, and the answer that showed it was too large to be kept.
    #[error(
        "{label} {id} was the answer to this Idempotency-Key, and has been deleted since; a new request needs a key of its own"
    )]
    IdempotentRowGone {
        /// What it was, as a person calls it.
        label: &'static str,
        /// Its id.
        id: i64,
    },
}

/// Why the row is not what the client means to change, for a person.
fn not_meant(label: &str, changed_by_proxy: bool) -> String {
    if changed_by_proxy {
        format!(
            "The {label} is as it was read, but a proxy changed its ETag on the way (W/ before it, or -gzip, -br or -zstd \
             at its end), and such a tag names no exact version; let the proxy neither compress these answers nor change \
             ETag, or have it change If-Match back"
        )
    } else {
        format!("The {label} is no longer what it was when it was read; look at what it is now and try again")
    }
}

impl Refusal {
    /// No row of the entity has this id.
    #[must_use]
    pub fn not_found(entity: &Entity, id: &impl ToString) -> Self {
        Self::NotFound { label: entity.label, id: id.to_string() }
    }

    /// The natural key is taken (texts: contract section 2).
    #[must_use]
    pub fn duplicate(entity: &Entity, name: Option<&str>) -> Self {
        let (pointer, detail) = match name {
            Some(name) => (Pointer::field("name"), format!("{} with name '{name}' already exists", entity.label)),
            None => (Pointer::root(), format!("{} with these specifications already exists", entity.label)),
        };
        Self::Invalid(FieldError::new(pointer, "duplicate", detail).into())
    }

    /// The natural key of several columns is taken, that of these values.
    #[must_use]
    pub fn taken(entity: &Entity, values: &[Value]) -> Self {
        let names = entity.identity.columns().unwrap_or_default();
        let text = |name: &&str| {
            let value = entity.field(name).and_then(|(index, _)| values[index].as_text());
            format!("{name} '{}'", value.unwrap_or_default())
        };
        let key = names.iter().map(text).collect::<Vec<_>>().join(" and ");
        let pointer = names.last().map(|name| Pointer::field(name)).unwrap_or_default();
        let detail = format!("{} with {key} already exists", entity.label);
        Self::Invalid(FieldError::new(pointer, "duplicate", detail).into())
    }

    /// The row must stay, whether a listing uses it or not.
    pub fn must_stay(detail: impl Into<String>) -> Self {
        Self::InUse(InUse { detail: detail.into(), uses: Uses::Unsaid })
    }

    /// Listings use the row.
    #[must_use]
    pub fn used_by_listings(entity: &Entity, count: i64, first: Vec<(i64, String)>) -> Self {
        let detail = format!("Cannot delete {}: used in {count} listing(s)", entity.delete_label);
        Self::InUse(InUse { detail, uses: Uses::Listings(count, first) })
    }

    /// Rows have a value of the custom field that the row defines; `change` is what cannot be done.
    #[must_use]
    pub fn has_values(entity: &Entity, change: &str, usage: FieldUsage) -> Self {
        let FieldUsage { key, total, .. } = &usage;
        let detail = format!("Cannot {change} {}: {total} row(s) have a value of {key}", entity.delete_label);
        Self::InUse(InUse { detail, uses: Uses::Values(usage) })
    }
}

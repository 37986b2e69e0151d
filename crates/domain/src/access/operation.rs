//! Which scope each kind of operation needs.

use super::scope::Scope;

/// A kind of operation of the API. An operation is described, and so routed, as one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Lists rows.
    ListRows,
    /// Shows a row.
    GetRow,
    /// Creates a row.
    CreateRow,
    /// Replaces a row.
    ReplaceRow,
    /// Changes a row.
    UpdateRow,
    /// Deletes a row.
    DeleteRow,
    /// Lists the listings that use a row.
    ListUses,
    /// Lists definitions of custom fields.
    ListFields,
    /// Counts the rows that have values of custom fields.
    CountFieldUses,
    /// Shows the definition of a custom field.
    GetField,
    /// Defines a custom field.
    CreateField,
    /// Changes the definition of a custom field.
    UpdateField,
    /// Deletes a custom field.
    DeleteField,
    /// Lists the entities of the metadata screen.
    ListEntities,
    /// Shows the fields of an entity.
    GetSchema,
    /// Lists the records of an entity.
    ListRecords,
    /// Creates a record.
    CreateRecord,
    /// Changes a record.
    UpdateRecord,
    /// Shows the document of the API.
    GetDocument,
    /// Shows the metrics.
    GetMetrics,
    /// Asks whether the service is there, and works.
    CheckHealth,
}

impl Operation {
    /// The scope that it needs; none where everybody may do it.
    #[must_use]
    #[expect(clippy::match_same_arms, reason = "a table, with a line for each operation")]
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::ListRows => Some(Scope::Read),
            Self::GetRow => Some(Scope::Read),
            Self::CreateRow => Some(Scope::Write),
            Self::ReplaceRow => Some(Scope::Write),
            Self::UpdateRow => Some(Scope::Write),
            Self::DeleteRow => Some(Scope::Write),
            Self::ListUses => Some(Scope::Read),
            Self::ListFields => Some(Scope::Read),
            Self::CountFieldUses => Some(Scope::Read),
            Self::GetField => Some(Scope::Read),
            Self::CreateField => Some(Scope::Write),
            Self::UpdateField => Some(Scope::Write),
            Self::DeleteField => Some(Scope::Write),
            Self::ListEntities => Some(Scope::Read),
            Self::GetSchema => Some(Scope::Read),
            Self::ListRecords => Some(Scope::Read),
            Self::CreateRecord => Some(Scope::Write),
            Self::UpdateRecord => Some(Scope::Write),
            Self::GetDocument => Some(Scope::Read),
            Self::GetMetrics => Some(Scope::Metrics),
            Self::CheckHealth => None,
        }
    }
}

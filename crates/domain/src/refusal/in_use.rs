//! Why a row stays as it is: something uses it.

/// Why a row cannot be deleted, or changed in what others know it by.
#[derive(Clone, Debug, PartialEq)]
pub struct InUse {
    /// The sentence for a person.
    pub detail: String,
    /// Who uses it.
    pub uses: Uses,
}

/// Who uses a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Uses {
    /// Rows of another program's table; or nobody, and it must stay for another reason.
    Unsaid,
    /// How many listings, each counted once, and the first of them (id and title).
    Listings(i64, Vec<(i64, String)>),
    /// Rows with a value of the custom field that it defines.
    Values(FieldUsage),
}

/// How many rows have a value under the key of a custom field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldUsage {
    /// The field's id.
    pub id: i64,
    /// The entity that it belongs to.
    pub entity: String,
    /// The member's name.
    pub key: String,
    /// How many rows have the member.
    pub total: i64,
}

//! What is asked of custom fields.

use super::Invalid;
use super::filter::flag;
use super::parse::each;
use crate::entity::registry;
use crate::refusal::field_error::ParameterErrors;

/// The definitions to list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FieldsQuery {
    /// Those of this entity, by its name on the metadata screen; none for all.
    pub entity: Option<&'static str>,
    /// Inactive ones too.
    pub include_inactive: bool,
    /// Deleted ones too.
    pub include_deleted: bool,
}

/// How a definition is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldRemoval {
    /// Whether its row goes, too.
    pub is_hard: bool,
    /// Whether it goes though rows have a value under its key.
    pub is_forced: bool,
}

/// Reads the parameters of a list of definitions.
///
/// # Errors
/// Every error, each with the parameter's name and what is allowed.
pub fn parse_fields(parameters: &[(String, String)]) -> Result<FieldsQuery, ParameterErrors> {
    let mut query = FieldsQuery::default();
    each(parameters, |name, text, repeated| match name {
        "entity" | "include_inactive" | "include_deleted" if repeated => once(),
        "entity" => entity(text).map(|entity| query.entity = Some(entity)),
        "include_inactive" => flag(text).map(|flag| query.include_inactive = flag),
        "include_deleted" => flag(text).map(|flag| query.include_deleted = flag),
        _ => {
            let detail = "is not a parameter here; allowed: entity, include_inactive, include_deleted";
            Err(("unknown", detail.to_owned()))
        }
    })?;
    Ok(query)
}

/// Reads the parameters of a delete; others are ignored, as on every operation on one row.
///
/// # Errors
/// Every error, each with the parameter's name and what is allowed.
pub fn parse_removal(parameters: &[(String, String)]) -> Result<FieldRemoval, ParameterErrors> {
    let mut removal = FieldRemoval::default();
    each(parameters, |name, text, repeated| match name {
        "hard_delete" | "force" if repeated => once(),
        "hard_delete" => flag(text).map(|flag| removal.is_hard = flag),
        "force" => flag(text).map(|flag| removal.is_forced = flag),
        _ => Ok(()),
    })?;
    Ok(removal)
}

/// A name that no entity has would silently find nothing.
fn entity(text: &str) -> Result<&'static str, Invalid> {
    let names = || registry().iter().map(|entity| entity.name);
    names().find(|name| *name == text).ok_or_else(|| {
        let allowed = names().collect::<Vec<_>>().join(", ");
        ("enum", format!("must be one of {allowed}"))
    })
}

fn once() -> Result<(), Invalid> {
    Err(("repeated", "is given twice".to_owned()))
}

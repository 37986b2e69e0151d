//! Rows that a migration cannot be applied to, or not be taken back with.

use partbook_database::TextRow;

/// What is in the way of a migration, or of taking it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hindrance {
    /// The migration's number.
    pub version: i64,
    /// What it is.
    pub what: String,
    /// The statements that would mend it.
    pub healing: Option<String>,
}

/// What a row of a check says.
pub(crate) fn hindrance(version: i64, row: TextRow) -> Hindrance {
    let mut texts = row.into_iter();
    let (what, healing) = (texts.next().flatten().unwrap_or_default(), texts.next().flatten());
    Hindrance { version, what, healing }
}

/// Why a script is not run that rows are in the way of.
pub(crate) fn hindered(version: i64, what: &str) -> String {
    format!(
        "rows are in the way of migration {version}: {what}. Nothing of it was done; `partbook migrate up --dry-run`, or \
         `down --dry-run`, prints the statements that would mend that"
    )
}

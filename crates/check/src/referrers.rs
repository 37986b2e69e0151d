//! The columns that point at rows: those that the entities declare, whether a constraint guards them or not, and the foreign keys of
//! all tables.

use partbook_database::catalogue::{Catalogue, ForeignKey};
use partbook_domain::Kind;

use crate::snapshot::entities;
use crate::sql::{bare, identifier};

/// Columns that point at the rows of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Referrer {
    /// The table that points, as people call it and as SQL does.
    pub(crate) name: String,
    pub(crate) table: String,
    /// Its columns, as SQL writes them.
    pub(crate) columns: Vec<String>,
    /// The table that they point at, as people call it and as SQL does.
    pub(crate) target: String,
    pub(crate) target_table: String,
    /// The columns that they point at, in the same order.
    pub(crate) target_columns: Vec<String>,
    /// Whether the rows that point are a part of those that they point at.
    pub(crate) is_part: bool,
}

impl Referrer {
    fn declared(table: &str, column: &str, target: &str, is_part: bool) -> Self {
        Self {
            name: table.to_owned(),
            table: table.to_owned(),
            columns: vec![column.to_owned()],
            target: target.to_owned(),
            target_table: target.to_owned(),
            target_columns: vec!["id".to_owned()],
            is_part,
        }
    }

    fn guarded(key: &ForeignKey) -> Self {
        Self {
            name: key.name.clone(),
            table: key.table.clone(),
            columns: key.columns.clone(),
            target: key.target.clone(),
            target_table: identifier(&key.target),
            target_columns: key.target_columns.clone(),
            is_part: false,
        }
    }

    fn is_same(&self, key: &ForeignKey) -> bool {
        key.visible_name.as_ref() == Some(&self.name)
            && key.target == self.target
            && key.columns.iter().map(|column| bare(column)).eq(self.columns.iter().cloned())
    }
}

/// The referrers of tables that are there and can be read.
pub(crate) fn referrers(catalogue: &Catalogue) -> Vec<Referrer> {
    let mut referrers = Vec::new();
    for entity in entities() {
        for reference in entity.references {
            let column = entity.field(reference.field).map_or(reference.field, |(_, field)| field.column());
            referrers.push(Referrer::declared(entity.name, column, reference.target.name, false));
            if let Some(through) = &reference.through {
                referrers.push(Referrer::declared(through.table, through.owner, entity.name, true));
                referrers.push(Referrer::declared(through.table, through.target, reference.target.name, false));
            }
        }
        for field in entity.fields.iter().chain(entity.read_only) {
            if let Kind::Children(children) = field.kind {
                referrers.push(Referrer::declared(children.table, children.parent, entity.name, true));
            }
        }
    }
    referrers.retain(|it| catalogue.has_column(&it.name, &it.columns[0]) && catalogue.has_column(&it.target, "id"));
    for key in catalogue.foreign_keys.iter().filter(|key| key.readable) {
        if !referrers.iter().any(|referrer| referrer.is_same(key)) {
            referrers.push(Referrer::guarded(key));
        }
    }
    referrers
}

//! Which rows a search may find, by a trigram index: what the index is asked, and where the rows are then looked for.

use partbook_database::catalogue::Catalogue;
use partbook_database::{OwnTables, Statement, TextDialect};
use partbook_domain::query::{Needle, Search};
use partbook_domain::{Entity, Kind};

/// The trigram index of an entity whose searched fields are all in the folded text.
#[derive(Debug)]
pub(crate) struct TrigramIndex {
    text: TextDialect,
    table: &'static str,
    /// What it is called, on SQLite.
    index: String,
}

impl TrigramIndex {
    pub(crate) fn compose(
        text: TextDialect,
        entity: &'static Entity,
        catalogue: &Catalogue,
        own: &OwnTables,
    ) -> Option<Self> {
        let has_children = entity
            .search
            .iter()
            .filter_map(|name| entity.field(name))
            .any(|(_, field)| matches!(field.kind, Kind::Children(_)));
        let is_there = catalogue.trigram_indexes.iter().any(|table| table == entity.name);
        (is_there && !has_children && entity.capacity.is_none()).then(|| Self {
            text,
            table: entity.name,
            index: own.table(&format!("{}_search", entity.name)),
        })
    }

    /// What the index is asked for a search; none where it says nothing of it.
    pub(crate) fn asked(&self, search: &Search) -> Vec<String> {
        let words = search.words().iter().filter_map(|word| match &word.needle {
            Needle::Folded(text) if self.text.may_hold(text) => Some(text.as_str()),
            _ => None,
        });
        self.text.asked_of_trigrams(words)
    }

    /// Counts candidates up to a number, by what the index is asked; none where it names all of them at once.
    pub(crate) fn count(&self, most: usize) -> Option<Statement> {
        self.text.count_candidates(&self.index, most).map(|sql| Statement::select(self.table, sql))
    }

    /// The candidates, as what stands for the table; `first` is the number of the parameter that the index is asked first.
    pub(crate) fn candidates(&self, first: usize, count: usize, are_many: bool) -> String {
        self.text.candidates(self.table, &self.index, first, count, are_many)
    }

    /// The first rows in an order, as what stands for the table.
    pub(crate) fn nearest(&self, order: &str) -> String {
        self.text.nearest(self.table, order)
    }
}

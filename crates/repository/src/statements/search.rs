//! Search, composed once at start: the words of a search as a condition on an entity's rows (contract section 3).

use partbook_database::catalogue::Catalogue;
use partbook_database::{BindValue, TextDialect, int};
use partbook_domain::query::{Needle, Search, SearchWord};
use partbook_domain::{Children, Entity, Field, Kind, Value};

/// The column with the folded text of a row's searched fields, which our migrations add.
const FOLDED: &str = "partbook_search";

/// Where the words of a search are looked for.
#[derive(Debug)]
pub(crate) struct SearchPlaces {
    text: TextDialect,
    entity: &'static Entity,
    /// The searched columns of the entity's own table.
    fields: Vec<&'static Field>,
    /// Whether the table has their folded text.
    is_stored: bool,
    /// The searched child rows, with the folded text of one; none where their table has it.
    children: Vec<(&'static Children, Option<String>)>,
}

impl SearchPlaces {
    pub(crate) fn compose(text: TextDialect, entity: &'static Entity, catalogue: &Catalogue) -> Self {
        let searched = || entity.search.iter().filter_map(|name| entity.field(name)).map(|(_, field)| field);
        let children = searched().filter_map(|field| match field.kind {
            Kind::Children(children) => Some(children),
            _ => None,
        });
        let folded = |children: &'static Children| {
            let columns: Vec<String> = children.search.iter().map(|column| format!("child.{column}")).collect();
            let is_stored = catalogue.has_column(children.table, FOLDED);
            (children, (!is_stored).then(|| text.folded(&columns)))
        };
        Self {
            text,
            entity,
            fields: searched().filter(|field| !matches!(field.kind, Kind::Children(_))).collect(),
            is_stored: catalogue.has_column(entity.name, FOLDED),
            children: children.map(folded).collect(),
        }
    }

    /// The columns with folded text that are there, each with its table.
    pub(crate) fn stored_columns(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let own = self.is_stored.then_some(self.entity.name);
        let of_children =
            self.children.iter().filter(|(_, folded)| folded.is_none()).map(|(children, _)| children.table);
        own.into_iter().chain(of_children).map(|table| (table, FOLDED))
    }

    /// The condition that the rows of a search meet. Where `is_of_few`, it is asked of few rows, and of each one by one.
    pub(crate) fn condition(&self, search: &Search, values: &mut Vec<BindValue>, is_of_few: bool) -> String {
        let table = self.entity.name;
        let mut all = |alias: &str, folded: &str| {
            let words = search.words().iter().map(|word| self.word(word, alias, folded, values));
            words.collect::<Vec<_>>().join(" and ")
        };
        match (self.is_stored, self.text.has_index() && !is_of_few) {
            (true, false) => all(table, &format!("{table}.{FOLDED}")),
            // As in `contains_stored`; but a word may be found elsewhere as well.
            (true, true) => {
                let words = all("found", &format!("found.{FOLDED}"));
                format!("{table}.id in (select found.id from {table} found where found.{FOLDED} >= '' and {words})")
            }
            (false, _) => {
                let texts = self.texts(table);
                // The limit keeps the databases from folding a row once for each word.
                let words = all(table, &format!("folded.{FOLDED}"));
                let folded = self.text.folded(&texts);
                let row = format!("exists (select 1 from (select {folded} as {FOLDED} limit 1) folded where {words})");
                let likely = self.longest(search).and_then(|word| {
                    values.push((Kind::Text, Value::Text(TextDialect::pattern(word))));
                    self.text.may_contain(&texts, values.len())
                });
                likely.map_or_else(|| row.clone(), |likely| format!("{likely} and {row}"))
            }
        }
    }

    /// Where a word is found, as a condition.
    fn word(&self, word: &SearchWord, alias: &str, folded: &str, values: &mut Vec<BindValue>) -> String {
        let mut places = Vec::new();
        let needle = word.needle.as_str();
        if self.text.may_hold(needle) {
            values.push((Kind::Text, Value::Text(needle.to_owned())));
            let n = values.len();
            match word.needle {
                Needle::Folded(_) => {
                    places.push(self.text.contains(folded, n));
                    places.extend(self.children.iter().map(|(children, folded)| {
                        let contains = folded.as_ref().map_or_else(
                            || self.text.contains_stored(&format!("child.{FOLDED}"), n),
                            |folded| self.text.contains(folded, n),
                        );
                        has_child(children, alias, &contains)
                    }));
                }
                Needle::Exact(_) => {
                    places.extend(self.texts(alias).iter().map(|text| self.text.contains_exactly(text, n)));
                    places.extend(self.children.iter().map(|(children, _)| {
                        let columns = children.search.iter().map(|column| format!("child.{column}"));
                        let any = columns.map(|column| self.text.contains_exactly(&column, n)).collect::<Vec<_>>();
                        has_child(children, alias, &any.join(" or "))
                    }));
                }
            }
        }
        if let Some(capacity) = self.entity.capacity {
            for number in &word.capacities {
                values.push(int(*number));
                places.push(format!("{alias}.{capacity} = ${}", values.len()));
            }
        }
        if places.is_empty() { "false".to_owned() } else { format!("({})", places.join(" or ")) }
    }

    /// The searched columns as they are read.
    fn texts(&self, alias: &str) -> Vec<String> {
        let dialect = self.text.dialect();
        self.fields.iter().map(|field| dialect.read(field.kind, &format!("{alias}.{}", field.column()))).collect()
    }

    /// The longest word that can be found in the searched columns alone; the longer, the fewer rows may have it.
    fn longest<'s>(&self, search: &'s Search) -> Option<&'s str> {
        let words = search.words().iter().filter_map(|word| match &word.needle {
            Needle::Folded(text) if word.capacities.is_empty() || self.entity.capacity.is_none() => Some(text.as_str()),
            _ => None,
        });
        words.filter(|word| self.children.is_empty() && self.text.may_hold(word)).max_by_key(|word| word.len())
    }
}

/// Not by a subquery for each owner: this one is executed once.
fn has_child(children: &Children, owner: &str, condition: &str) -> String {
    format!("{owner}.id in (select child.{} from {} child where {condition})", children.parent, children.table)
}

#[cfg(test)]
mod tests {
    use partbook_database::Dialect;
    use partbook_database::catalogue::{Column, Encoding, Table};
    use partbook_domain::Vocabulary;
    use partbook_domain::query::parse;

    use super::*;

    fn catalogue(has_folded: bool) -> Catalogue {
        let table = |name: &str| Table {
            name: name.to_owned(),
            columns: has_folded
                .then(|| Column { name: FOLDED.to_owned(), type_name: None, is_nullable: true })
                .into_iter()
                .collect(),
            readable: true,
            hides_rows: false,
            is_ordinary: true,
        };
        let tables = ["ports_profile", "port", "storage_profile"].map(table);
        Catalogue {
            tables: tables.into(),
            unique_keys: Vec::new(),
            foreign_keys: Vec::new(),
            enums: std::collections::BTreeMap::new(),
            trigram_indexes: Vec::new(),
            encoding: Encoding::Unicode,
        }
    }

    /// The conditions, for review: a change of SQL is a change of this snapshot.
    #[test]
    fn conditions() {
        let mut text = String::new();
        for (dialect, has_folded) in
            [(Dialect::Postgres, true), (Dialect::Postgres, false), (Dialect::Sqlite, true), (Dialect::Sqlite, false)]
        {
            for entity in ["ports_profile", "storage_profile"] {
                let entity = partbook_domain::registry().iter().find(|known| known.name == entity).unwrap();
                let parameters = [("search".to_owned(), "USB-C 1TB %".to_owned())];
                let search = parse(entity, &parameters, &Vocabulary::default()).unwrap().search.unwrap();
                let mut values = Vec::new();
                let text_dialect = TextDialect::new(dialect, Encoding::Unicode);
                let places = SearchPlaces::compose(text_dialect, entity, &catalogue(has_folded));
                let condition = places.condition(&search, &mut values, false);
                let values: Vec<&Value> = values.iter().map(|(_, value)| value).collect();
                let stored = if has_folded { "stored" } else { "folded when asked" };
                text += &format!("-- {dialect:?}, {stored}\n{condition}\n-- {values:?}\n\n");
            }
        }
        insta::assert_snapshot!(text);
    }
}

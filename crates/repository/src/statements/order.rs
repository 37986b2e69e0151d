//! `order by`: the same order on both databases, whatever the collation (contract section 3).

use partbook_domain::{Enumeration, Kind, Order, total_order};

use super::Statements;

/// A key of an order, in SQL.
struct OrderKey {
    /// What is compared, one after the other. Of a key that may be null, all are or none.
    terms: Vec<String>,
    descending: bool,
    is_nullable: bool,
}

impl Statements {
    /// The `order by` keys of an order, ending in the id.
    pub(crate) fn order_by(&self, order: &[Order]) -> String {
        let keys = total_order(order).into_iter().flat_map(|order| self.order_key(order).order_by());
        keys.collect::<Vec<_>>().join(", ")
    }

    fn order_key(&self, Order { key, descending }: Order) -> OrderKey {
        let column = format!("{}.{key}", self.entity.name);
        let field = self.entity.scalar(key);
        let is_nullable = field.is_some_and(|field| field.nullable);
        match field.map(|field| field.kind) {
            Some(Kind::Text | Kind::Url) => {
                OrderKey { terms: self.dialect.text_order(&column).into(), descending, is_nullable }
            }
            Some(Kind::Enum(enumeration)) => {
                let places = enumeration.values.iter().enumerate();
                // Without a cast, which no index takes: so only words that the type has can be named.
                let places = places.filter(|(_, word)| self.vocabulary.has(enumeration, word));
                let places: String = places.map(|(place, word)| format!(" when '{word}' then {place}")).collect();
                // A word this version does not know comes last.
                let last = place_of_others(enumeration, descending);
                let place = format!("case {column}{places} else {last} end");
                OrderKey { terms: vec![place], descending, is_nullable: false }
            }
            _ => OrderKey { terms: vec![column], descending, is_nullable },
        }
    }
}

impl OrderKey {
    fn order_by(self) -> impl Iterator<Item = String> {
        let direction = if self.descending { " desc" } else { "" };
        // Where nothing can be null, the words would only keep an index from being used.
        let nulls = if self.is_nullable { " nulls last" } else { "" };
        self.terms.into_iter().map(move |term| format!("{term}{direction}{nulls}"))
    }
}

/// The place of the words that an enumeration lacks: behind all others, whichever way they are read.
fn place_of_others(enumeration: &Enumeration, descending: bool) -> i64 {
    if descending { -1 } else { enumeration.values.len().try_into().unwrap_or(i64::MAX) }
}

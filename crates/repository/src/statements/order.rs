//! `order by`: the same order on both databases, whatever the collation (contract section 3).

use partbook_domain::{Enumeration, Kind, Order, total_order};

use super::Statements;

/// A key of an order, in SQL.
pub(super) struct OrderKey {
    /// What is compared, one after the other. Of a key that may be null, all are or none.
    pub(super) terms: Vec<String>,
    pub(super) descending: bool,
    pub(super) is_nullable: bool,
}

impl Statements {
    /// The `order by` keys of an order, ending in the id.
    pub(crate) fn order_by(&self, order: &[Order]) -> String {
        let keys = total_order(order).into_iter().flat_map(|order| self.order_key(order).order_by());
        keys.collect::<Vec<_>>().join(", ")
    }

    /// What a key of an order holds.
    pub(super) fn key_kind(&self, key: &str) -> Kind {
        self.entity.scalar(key).map_or(if key == "id" { Kind::Int } else { Kind::Time }, |field| field.kind)
    }

    pub(super) fn key_column(&self, key: &str) -> String {
        format!("{}.{key}", self.entity.name)
    }

    pub(super) fn order_key(&self, Order { key, descending }: Order) -> OrderKey {
        let column = self.key_column(key);
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
                let last = place_of(enumeration, "", descending);
                let place = format!("case {column}{places} else {last} end");
                OrderKey { terms: vec![place], descending, is_nullable: false }
            }
            _ => OrderKey { terms: vec![column], descending, is_nullable },
        }
    }
}

impl OrderKey {
    fn order_by(self) -> impl Iterator<Item = String> {
        self.terms.into_iter().map(move |term| order_term(&term, self.descending, self.is_nullable, false))
    }
}

/// A term of an `order by`, or of the same order read from its end.
pub(super) fn order_term(term: &str, descending: bool, is_nullable: bool, is_backward: bool) -> String {
    let direction = if descending == is_backward { "" } else { " desc" };
    // Where nothing can be null, the words would only keep an index from being used.
    let nulls = match (is_nullable, is_backward) {
        (false, _) => "",
        (true, false) => " nulls last",
        (true, true) => " nulls first",
    };
    format!("{term}{direction}{nulls}")
}

/// The place of a word in an order. Those that an enumeration lacks are behind all others, whichever way they are read.
pub(super) fn place_of(enumeration: &Enumeration, word: &str, descending: bool) -> i64 {
    let values = enumeration.values;
    let place = values.iter().position(|known| *known == word);
    place.unwrap_or(values.len()).try_into().ok().filter(|_| place.is_some() || !descending).unwrap_or(-1)
}

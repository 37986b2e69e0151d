//! `order by`: the same order on both databases, whatever the collation (contract section 3).

use partbook_domain::{Kind, Order};

use super::Statements;

impl Statements {
    /// The `order by` keys of an order, ending in the id.
    pub(crate) fn order_by(&self, order: &[Order]) -> String {
        let table = self.entity.name;
        let mut keys: Vec<String> = order.iter().flat_map(|order| self.order_keys(*order)).collect();
        if !order.iter().any(|order| order.key == "id") {
            keys.push(format!("{table}.id"));
        }
        keys.join(", ")
    }

    fn order_keys(&self, Order { key, descending }: Order) -> Vec<String> {
        let column = format!("{}.{key}", self.entity.name);
        let field = self.entity.scalar(key);
        let direction = if descending { " desc" } else { "" };
        // Where nothing can be null, the words would only keep an index from being used.
        let nulls = if field.is_some_and(|field| field.nullable) { " nulls last" } else { "" };
        match field.map(|field| field.kind) {
            Some(Kind::Text | Kind::Url) => {
                let [folded, exact] = self.dialect.text_order(&column);
                vec![format!("{folded}{direction}{nulls}"), format!("{exact}{direction}{nulls}")]
            }
            Some(kind @ Kind::Enum(enumeration)) => {
                let places = enumeration.values.iter().enumerate();
                let places: String = places.map(|(place, word)| format!(" when '{word}' then {place}")).collect();
                let word = self.dialect.read(kind, &column);
                // A word this version does not know comes last.
                vec![format!("case {word}{places} end{direction} nulls last")]
            }
            _ => vec![format!("{column}{direction}{nulls}")],
        }
    }
}

//! Filters: which there are, and what one says.

use super::Invalid;
use super::page::digits;
use crate::edit::read_word;
use crate::entity::Entity;
use crate::model::field::{Field, Kind};
use crate::value::Value;

/// One condition on a column.
#[derive(Debug)]
pub enum Filter {
    /// It equals one of these.
    AnyOf(&'static Field, Vec<Value>),
    /// It is at least this.
    Min(&'static Field, Value),
    /// It is at most this.
    Max(&'static Field, Value),
}

pub(super) fn filter(
    entity: &Entity,
    name: &str,
    text: &str,
    repeated: bool,
    filters: &mut Vec<Filter>,
) -> Result<(), Invalid> {
    let Some(Comparison { field, operator, .. }) = comparisons(entity).find(|known| known.parameter == name) else {
        let allowed = ["search", "limit", "offset", "sort"].map(str::to_owned).into_iter();
        let allowed = allowed.chain(comparisons(entity).map(|known| known.parameter)).collect::<Vec<_>>().join(", ");
        return Err(("unknown", format!("is not a parameter of this list; allowed: {allowed}")));
    };
    let value = scalar(field, text)?;
    match operator {
        Operator::AnyOf => {
            let same = filters.iter_mut().find_map(|filter| match filter {
                Filter::AnyOf(known, values) if known.name == field.name => Some(values),
                _ => None,
            });
            match same {
                Some(values) => values.push(value),
                None => filters.push(Filter::AnyOf(field, vec![value])),
            }
        }
        Operator::Min | Operator::Max if repeated => return Err(("repeated", "is given twice".to_owned())),
        Operator::Min => filters.push(Filter::Min(field, value)),
        Operator::Max => filters.push(Filter::Max(field, value)),
    }
    Ok(())
}

/// How a filter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The field equals one of the values given.
    AnyOf,
    /// It is at least the value.
    Min,
    /// It is at most the value.
    Max,
}

/// A parameter by which a list is filtered.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The parameter's name.
    pub parameter: String,
    /// The field that it compares.
    pub field: &'static Field,
    /// How.
    pub operator: Operator,
}

/// The filters that a list of the entity takes.
pub fn comparisons(entity: &Entity) -> impl Iterator<Item = Comparison> {
    let compare = |parameter: String, field, operator| Comparison { parameter, field, operator };
    let of = |aliases: &'static [(&str, &str)]| {
        aliases.iter().filter_map(|(alias, name)| Some((*alias, entity.scalar(name)?)))
    };
    let own = || entity.scalars().map(|field| (field.name, field));
    let equal = own().chain(of(entity.filter_aliases));
    let ranges = own().filter(|(_, field)| field.kind.is_number()).chain(of(entity.range_aliases));
    let bounds = [("min_", Operator::Min), ("max_", Operator::Max)];
    equal.map(move |(name, field)| compare(name.to_owned(), field, Operator::AnyOf)).chain(ranges.flat_map(
        move |(name, field)| bounds.map(|(prefix, operator)| compare(format!("{prefix}{name}"), field, operator)),
    ))
}

fn scalar(field: &Field, text: &str) -> Result<Value, Invalid> {
    match field.kind {
        Kind::Int => {
            let number = digits(text.strip_prefix('-').unwrap_or(text)).and_then(|_| text.parse().ok());
            number.map(Value::Int).ok_or_else(|| ("type", "must be a whole number".to_owned()))
        }
        Kind::Float => {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            number.map(Value::Float).ok_or_else(|| ("type", "must be a number".to_owned()))
        }
        Kind::Bool => match text {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(("type", "must be true or false".to_owned())),
        },
        Kind::Enum(_) | Kind::Time if text.is_empty() => Err(("type", "must not be empty".to_owned())),
        Kind::Enum(enumeration) if text.trim().is_empty() => Ok(Value::Text(enumeration.default.to_owned())),
        Kind::Enum(_) => read_word(field.kind, text.trim()),
        Kind::Time => read_word(field.kind, text),
        _ => Ok(Value::Text(text.to_owned())),
    }
}

//! Filters: which there are, and what one says.

use std::collections::HashMap;

use super::Invalid;
use super::page::digits;
use crate::edit::{read_time, read_word};
use crate::entity::Entity;
use crate::model::field::{Field, Kind};
use crate::model::vocabulary::Vocabulary;
use crate::value::Value;
use crate::value::name::clean_name;

/// One condition on a column.
#[derive(Clone, Debug)]
pub enum Filter {
    /// It equals one of these.
    AnyOf(&'static Field, Vec<Value>),
    /// It is at least this.
    Min(&'static Field, Value),
    /// It is at most this.
    Max(&'static Field, Value),
}

/// The filters that a list of an entity takes, by their parameters.
pub(super) struct Known<'e> {
    entity: &'e Entity,
    vocabulary: &'e Vocabulary,
    by_parameter: HashMap<String, Comparison>,
    /// All parameters of the list, for the message about one that is not known.
    allowed: String,
}

impl<'e> Known<'e> {
    pub(super) fn new(entity: &'e Entity, vocabulary: &'e Vocabulary) -> Self {
        let own = ["search", "limit", "offset", "cursor", "sort"].map(str::to_owned);
        let allowed = own.into_iter().chain(comparisons(entity).map(|known| known.parameter));
        Self {
            entity,
            vocabulary,
            allowed: allowed.collect::<Vec<_>>().join(", "),
            by_parameter: comparisons(entity).map(|known| (known.parameter.clone(), known)).collect(),
        }
    }

    fn get(&self, parameter: &str) -> Result<&Comparison, Invalid> {
        self.by_parameter.get(parameter).ok_or_else(|| {
            let may_be_repeated = |plain: &&str| *plain == "sort" || self.by_parameter.contains_key(*plain);
            let plain = parameter.strip_suffix("[]").filter(may_be_repeated);
            let hint = match plain {
                Some(plain) => format!("repeat {plain} instead, without brackets"),
                None => format!("allowed: {}", self.allowed),
            };
            ("unknown", format!("is not a parameter of this list; {hint}"))
        })
    }
}

pub(super) fn filter(
    known: &Known<'_>,
    name: &str,
    text: &str,
    repeated: bool,
    filters: &mut Vec<Filter>,
) -> Result<(), Invalid> {
    let Comparison { field, operator, .. } = *known.get(name)?;
    let value = match scalar(field, text, known.vocabulary)? {
        // Names are compared as they are told apart.
        Value::Text(name) if known.entity.cleans(field) => Value::Text(clean_name(&name)),
        value => value,
    };
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

fn scalar(field: &Field, text: &str, vocabulary: &Vocabulary) -> Result<Value, Invalid> {
    match field.kind {
        Kind::Int => {
            let number = digits(text.strip_prefix('-').unwrap_or(text)).and_then(|_| text.parse().ok());
            number.map(Value::Int).ok_or_else(|| ("type", "must be a whole number".to_owned()))
        }
        Kind::Float => {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            number.map(Value::Float).ok_or_else(|| ("type", "must be a number".to_owned()))
        }
        Kind::Bool => flag(text).map(Value::Bool),
        Kind::Enum(_) | Kind::Time if text.is_empty() => Err(("type", "must not be empty".to_owned())),
        Kind::Enum(enumeration) if text.trim().is_empty() => Ok(Value::Text(enumeration.default.to_owned())),
        Kind::Enum(enumeration) => read_word(enumeration, text.trim(), vocabulary),
        Kind::Time => read_time(text),
        _ => Ok(Value::Text(text.to_owned())),
    }
}

/// Reads a truth value.
pub(super) fn flag(text: &str) -> Result<bool, Invalid> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(("type", "must be true or false".to_owned())),
    }
}

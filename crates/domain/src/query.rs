//! The parameters of a list (contract section 3). An unknown or malformed one is a fault: a filter that is silently
//! ignored returns wrong data.

use std::fmt;

use crate::{Entity, Field, Json, Kind, Order, Value};

/// A list to be made.
#[derive(Debug, Default)]
pub struct ListQuery {
    /// The text to look for; none for all rows.
    pub search: Option<String>,
    /// What a row must meet, all of it.
    pub filters: Vec<Filter>,
    /// The order; empty for the entity's own.
    pub order: Vec<Order>,
    /// How many rows; none for all.
    pub limit: Option<u32>,
    /// How many rows to pass over first.
    pub offset: i64,
}

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

/// What is wrong with one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterFault {
    /// The parameter.
    pub parameter: String,
    /// What is wrong, as a phrase that follows its name.
    pub detail: String,
    /// A word for programs; one of [`crate::CODES`].
    pub code: &'static str,
}

impl fmt::Display for ParameterFault {
    /// A sentence fit to show a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.parameter, self.detail)
    }
}

/// Reads a list's parameters, in the order in which they were given.
///
/// # Errors
/// Every fault, each with the parameter's name and what is allowed.
pub fn parse(entity: &Entity, parameters: &[(String, String)]) -> Result<ListQuery, Vec<ParameterFault>> {
    let mut query = ListQuery { limit: entity.default_limit, ..ListQuery::default() };
    each(parameters, |name, text, repeated| match name {
        _ if text.contains('\0') => Err(("nul", "must not contain the character U+0000".to_owned())),
        "search" | "limit" | "offset" | "sort" if repeated => Err(("repeated", "is given twice".to_owned())),
        "search" => {
            query.search = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            Ok(())
        }
        "limit" => limit(text, entity.max_limit).map(|limit| query.limit = Some(limit)),
        "offset" => offset(text).map(|offset| query.offset = offset),
        "sort" => sort(entity, text).map(|order| query.order = order),
        _ => filter(entity, name, text, repeated, &mut query.filters),
    })?;
    Ok(query)
}

/// Reads each parameter in turn, with whether it was given before.
fn each(
    parameters: &[(String, String)],
    mut read: impl FnMut(&str, &str, bool) -> Result<(), Refusal>,
) -> Result<(), Vec<ParameterFault>> {
    let mut faults = Vec::new();
    for (index, (name, text)) in parameters.iter().enumerate() {
        let repeated = parameters[..index].iter().any(|(before, _)| before == name);
        if let Err((code, detail)) = read(name, text, repeated) {
            faults.push(ParameterFault { parameter: name.clone(), detail, code });
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Reads `limit` and `offset` alone, for lists that know no more.
///
/// # Errors
/// Every fault, each with the parameter's name and what is allowed.
pub fn parse_page(
    parameters: &[(String, String)],
    default_limit: u32,
    max_limit: u32,
) -> Result<(u32, i64), Vec<ParameterFault>> {
    let mut page = (default_limit, 0);
    each(parameters, |name, text, repeated| match name {
        "limit" | "offset" if repeated => Err(("repeated", "is given twice".to_owned())),
        "limit" => limit(text, max_limit).map(|limit| page.0 = limit),
        "offset" => offset(text).map(|offset| page.1 = offset),
        _ => Err(("unknown", "is not a parameter here; allowed: limit, offset".to_owned())),
    })?;
    Ok(page)
}

type Refusal = (&'static str, String);

/// The text, when it is digits alone.
fn digits(text: &str) -> Option<&str> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then_some(text)
}

fn limit(text: &str, max: u32) -> Result<u32, Refusal> {
    let found = digits(text).and_then(|text| text.parse().ok()).filter(|limit| (1..=max).contains(limit));
    found.ok_or_else(|| ("range", format!("must be a whole number between 1 and {max}")))
}

fn offset(text: &str) -> Result<i64, Refusal> {
    let found = digits(text).and_then(|text| text.parse().ok()).filter(|offset| *offset >= 0);
    found.ok_or_else(|| ("range", format!("must be a whole number between 0 and {}", i64::MAX)))
}

fn sort(entity: &Entity, text: &str) -> Result<Vec<Order>, Refusal> {
    let keys = || ["id", "created_at", "updated_at"].into_iter().chain(entity.scalars().map(|field| field.name));
    let order = |part: &str| {
        let (name, descending) = part.strip_prefix('-').map_or((part, false), |name| (name, true));
        keys().find(|key| *key == name).map(|key| Order { key, descending })
    };
    let given = text.split(',').map(order).collect::<Option<Vec<_>>>().map(|given| {
        // A key that came before cannot change the order any more.
        let mut keys: Vec<Order> = Vec::new();
        for order in given {
            if !keys.iter().any(|known| known.key == order.key) {
                keys.push(order);
            }
        }
        keys
    });
    given.ok_or_else(|| {
        let allowed = keys().collect::<Vec<_>>().join(", ");
        ("enum", format!("must be a list of these fields, separated by commas, each with - before it for the greatest first: {allowed}"))
    })
}

fn filter(entity: &Entity, name: &str, text: &str, repeated: bool, filters: &mut Vec<Filter>) -> Result<(), Refusal> {
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

fn scalar(field: &Field, text: &str) -> Result<Value, Refusal> {
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
        Kind::Enum(_) | Kind::Time if !text.is_empty() => {
            field.kind.parse(field, &Json::String(text.to_owned()), true, None).map_err(|faults| {
                faults.first().map_or(("type", String::new()), |fault| (fault.code, fault.detail.clone()))
            })
        }
        Kind::Enum(_) | Kind::Time => Err(("type", "must not be empty".to_owned())),
        _ => Ok(Value::Text(text.to_owned())),
    }
}

//! The rows on one side of a place in an order, by the values of its keys (keyset paging).
//!
//! They are told as ranges, the nearest first: those equal in all keys but the last, those equal in all but the last two, and so on.
//! Each is one piece of an index on the order, with nulls and mixed directions too, which no comparison of whole keys could say.

use partbook_database::{BindValue, int};
use partbook_domain::query::{KeyValue, Position};
use partbook_domain::{Kind, Order, Value, total_order};

use super::Statements;
use super::order::{OrderKey, order_term, place_of};

/// Rows on one side of a place.
#[derive(Debug)]
pub(crate) struct Keyset {
    /// Whether they are those before it.
    pub(super) is_backward: bool,
    /// The nearest first.
    pub(super) ranges: Vec<Range>,
}

/// Rows that follow each other.
#[derive(Debug)]
pub(super) struct Range {
    pub(super) condition: String,
    /// From the nearest to the farthest.
    pub(super) order_by: String,
}

/// One comparison of an order, and what is compared with.
struct Term {
    text: String,
    /// None for null.
    operand: Option<String>,
    is_descending: bool,
    is_nullable: bool,
    /// Whether the term before says already whether this one is null.
    follows: bool,
}

impl Statements {
    /// The rows on one side of a position, and the one at the position where that is asked for. None where the position is not
    /// one in this order.
    pub(crate) fn keyset(
        &self,
        order: &[Order],
        position: &Position,
        is_backward: bool,
        with_position: bool,
        values: &mut Vec<BindValue>,
    ) -> Option<Keyset> {
        let id = KeyValue::Shown(Value::Int(position.id));
        let mut terms = Vec::new();
        for (order, value) in total_order(order).into_iter().zip(position.keys.iter().chain([&id])) {
            self.compare(order, value, values, &mut terms)?;
        }
        let run = self.run_of(&terms);
        let mut ranges = Vec::new();
        for (index, term) in terms.iter().enumerate().take(run + 1).rev() {
            let is_null = term.operand.is_none();
            if is_null && term.follows {
                continue;
            }
            let equal = terms[..index].iter().filter(|term| !(term.follows && term.operand.is_none()));
            let equal: Vec<String> = equal.map(Term::equal).collect();
            let mut push = |condition: String| {
                let conditions = equal.iter().cloned().chain([condition]).collect::<Vec<_>>().join(" and ");
                ranges.push(Range { condition: conditions, order_by: order_by(&terms, index, is_backward) });
            };
            let Term { text, operand, .. } = term;
            if let Some(operand) = operand {
                let sign = if term.is_descending == is_backward { ">" } else { "<" };
                let or_equal = if with_position && index == run { "=" } else { "" };
                let compared = |of: &dyn Fn(&Term) -> String| {
                    let all: Vec<String> = terms[index..].iter().map(of).collect();
                    format!("({})", all.join(", "))
                };
                push(if index == run && run + 1 < terms.len() {
                    let texts = compared(&|term| term.text.clone());
                    let operands = compared(&|term| term.operand.clone().unwrap_or_default());
                    format!("{texts} {sign}{or_equal} {operands}")
                } else {
                    format!("{text} {sign}{or_equal} {operand}")
                });
            }
            // Nulls come last, whichever way the key is read.
            if is_null && is_backward {
                push(format!("{text} is not null"));
            } else if !is_null && term.is_nullable && !term.follows && !is_backward {
                push(format!("{text} is null"));
            }
        }
        if !self.entity.has_index(order) {
            // Each range would read the whole table again.
            ranges = vec![Range { condition: any_of(&ranges), order_by: order_by(&terms, 0, is_backward) }];
        }
        Some(Keyset { is_backward, ranges })
    }

    /// Where the terms begin that are compared at once, to the last one: those of one direction, of which the first alone may be
    /// null. PostgreSQL then has no other index to take than that of the order; one on the id alone would have it go through
    /// rows that are not of the range. SQLite would compare the first of them by the index, and the others row by row.
    fn run_of(&self, terms: &[Term]) -> usize {
        let mut begin = terms.len() - 1;
        while self.dialect.compares_rows_by_index() && begin > 0 {
            let (before, first) = (&terms[begin - 1], &terms[begin]);
            let may_be_null = first.is_nullable && !first.follows;
            if may_be_null || before.operand.is_none() || before.is_descending != first.is_descending {
                break;
            }
            begin -= 1;
        }
        begin
    }

    /// Adds the comparisons of one key.
    fn compare(&self, order: Order, value: &KeyValue, values: &mut Vec<BindValue>, to: &mut Vec<Term>) -> Option<()> {
        let OrderKey { terms, descending, is_nullable } = self.order_key(order);
        let kind = self.key_kind(order.key);
        let mut bind = |kind: Kind, value: &Value| {
            values.push((kind, value.clone()));
            values.len()
        };
        let operands: Vec<Option<String>> = match (value, kind) {
            (KeyValue::Stored(text), kind) => match self.dialect.stored_literal(kind, text) {
                Some(literal) => vec![Some(literal.to_owned())],
                None if self.dialect.compares_stored_text(kind) => {
                    vec![Some(format!("${}", bind(Kind::Text, &Value::Text(text.clone()))))]
                }
                None => return None,
            },
            (KeyValue::Shown(Value::Null), Kind::Enum(_)) => return None,
            (KeyValue::Shown(Value::Null), _) => vec![None; terms.len()],
            (KeyValue::Shown(value), Kind::Enum(enumeration)) => {
                let (kind, place) = int(place_of(enumeration, value.as_text().unwrap_or_default(), descending));
                vec![Some(format!("${}", bind(kind, &place)))]
            }
            (KeyValue::Shown(value), Kind::Text | Kind::Url) => {
                self.dialect.text_operands(bind(Kind::Text, value)).map(Some).into()
            }
            (KeyValue::Shown(value), kind) => vec![Some(format!("${}", bind(kind, value)))],
        };
        to.extend(terms.into_iter().zip(operands).enumerate().map(|(place, (text, operand))| Term {
            text,
            operand,
            is_descending: descending,
            is_nullable,
            follows: place > 0,
        }));
        Some(())
    }
}

impl Keyset {
    /// All of the rows, as a condition.
    pub(crate) fn condition(&self) -> String {
        any_of(&self.ranges)
    }
}

fn any_of(ranges: &[Range]) -> String {
    format!("({})", ranges.iter().map(|range| format!("({})", range.condition)).collect::<Vec<_>>().join(" or "))
}

impl Term {
    fn equal(&self) -> String {
        let Self { text, operand, .. } = self;
        operand.as_ref().map_or_else(|| format!("{text} is null"), |operand| format!("{text} = {operand}"))
    }
}

/// The order of the rows that are equal in the terms before `begin`. SQLite takes an index on an expression for what comes after it
/// only where the expression itself is not among the keys, and is compared; PostgreSQL only where one that is null is.
fn order_by(terms: &[Term], begin: usize, is_backward: bool) -> String {
    let fixed = |index: usize, term: &Term| index < begin && term.operand.is_some();
    let keys = terms.iter().enumerate().filter(|(index, term)| !fixed(*index, term));
    let keys = keys.map(|(_, term)| order_term(&term.text, term.is_descending, term.is_nullable, is_backward));
    keys.collect::<Vec<_>>().join(", ")
}

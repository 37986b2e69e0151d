//! Whether a schema that another program made has what a migration makes: names of constraints and sequences do not matter,
//! nor how a default is written.

use partbook_database::catalogue::{Definition, DefinitionKind as Kind};

/// What a schema lacks of another one.
pub(super) struct Comparison {
    pub(super) differences: Vec<String>,
}

/// Whether a schema has what a migration makes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing of it.
    Absent,
    /// All of it.
    Present,
    /// Something of it, and not as the migration makes it.
    Differs(Vec<String>),
}

impl Comparison {
    /// Compares what must be there with what is.
    pub(super) fn of(wanted: &[Definition], live: &[Definition]) -> Self {
        let mut differences: Vec<String> = wanted.iter().filter_map(|piece| difference(piece, wanted, live)).collect();
        // A column that refuses null where ours does not would refuse rows that we write.
        let stricter = live.iter().filter(|piece| piece.kind == Kind::NotNull).filter(|piece| {
            let has =
                |kind| wanted.iter().any(|it| it.kind == kind && it.table == piece.table && it.name == piece.name);
            has(Kind::Column) && !has(Kind::NotNull)
        });
        differences
            .extend(stricter.map(|piece| format!("column {}.{} refuses null, and must not", piece.table, piece.name)));
        // A column of theirs that has to be given would refuse our rows, too.
        let demanded = live.iter().filter(|piece| piece.kind == Kind::NotNull).filter(|piece| {
            let has = |among: &[Definition], kind| {
                among.iter().any(|it| it.kind == kind && it.table == piece.table && it.name == piece.name)
            };
            let is_filled = |it: &Definition| {
                it.kind == Kind::Column
                    && it.table == piece.table
                    && it.name == piece.name
                    && it.text.contains("generated")
            };
            wanted.iter().any(|it| it.kind == Kind::Table && it.table == piece.table)
                && !has(wanted, Kind::Column)
                && !has(live, Kind::Default)
                && !live.iter().any(is_filled)
        });
        differences.extend(demanded.map(|piece| {
            format!("column {}.{} refuses null and has no default: rows could not be made", piece.table, piece.name)
        }));
        Self { differences }
    }
}

/// Whether a schema has what a migration makes.
pub(super) fn presence(made: &[Definition], live: &[Definition]) -> Verdict {
    let is_there = |piece: &&Definition| live.iter().any(|other| other.is_about(piece));
    // An enum type that a migration adds words to is there before and after.
    let added: Vec<&Definition> =
        made.iter().filter(|piece| piece.kind != Kind::Enum && piece.kind != Kind::Sequence).collect();
    if added.is_empty() || !added.iter().any(is_there) {
        return Verdict::Absent;
    }
    let differences = Comparison::of(made, live).differences;
    if differences.is_empty() { Verdict::Present } else { Verdict::Differs(differences) }
}

/// What a schema has beside some pieces, and beside what belongs to tables that it has besides.
pub(super) fn besides(known: &[Definition], live: &[Definition]) -> Vec<String> {
    let tables = || known.iter().filter(|piece| piece.kind == Kind::Table);
    let is_known_table = |name: &str| tables().any(|table| table.table == name);
    let is_besides = |piece: &&Definition| match piece.kind {
        Kind::Table => !is_known_table(&piece.table),
        Kind::Sequence | Kind::NotNull => false,
        Kind::Enum | Kind::Function | Kind::View => !known.iter().any(|other| other.is_about(piece)),
        Kind::Column => is_known_table(&piece.table) && !known.iter().any(|other| other.is_about(piece)),
        Kind::Default => {
            known.iter().any(|it| it.kind == Kind::Column && it.table == piece.table && it.name == piece.name)
                && !known.iter().any(|other| other.is_about(piece))
        }
        _ => is_known_table(&piece.table) && !known.iter().any(|other| is_same(other, piece)),
    };
    live.iter().filter(is_besides).map(Definition::subject).collect()
}

/// In what a piece that must be there is not as it must be.
fn difference(wanted: &Definition, all: &[Definition], live: &[Definition]) -> Option<String> {
    let is_missing_table = |piece: &Definition| {
        !piece.table.is_empty() && !live.iter().any(|other| other.kind == Kind::Table && other.table == piece.table)
    };
    if wanted.kind != Kind::Table
        && is_missing_table(wanted)
        && all.iter().any(|it| it.kind == Kind::Table && it.table == wanted.table)
    {
        // Told once, of the table.
        return None;
    }
    let counterpart = live.iter().find(|other| other.is_about(wanted));
    let lacks = || Some(format!("{} is missing", wanted.subject()));
    match wanted.kind {
        // The column says what it is numbered by.
        Kind::Sequence => None,
        Kind::Enum => {
            let Some(found) = counterpart else { return lacks() };
            let words: Vec<&str> = found.text.split(", ").collect();
            let missing: Vec<&str> = wanted.text.split(", ").filter(|word| !words.contains(word)).collect();
            (!missing.is_empty()).then(|| format!("{} lacks {}", wanted.subject(), missing.join(", ")))
        }
        Kind::Default => {
            let Some(found) = counterpart else { return lacks() };
            (value_of(&wanted.text) != value_of(&found.text))
                .then(|| format!("{} is `{}` and must be `{}`", wanted.subject(), found.text, wanted.text))
        }
        Kind::Constraint | Kind::ForeignKey | Kind::Index => {
            (!live.iter().any(|other| is_same(wanted, other))).then(|| match wanted.text.as_str() {
                text if wanted.kind == Kind::Index => format!("{} is missing: {text}", wanted.subject()),
                text => format!("table {} lacks {text}", wanted.table),
            })
        }
        _ => {
            let Some(found) = counterpart else { return lacks() };
            (wanted.text != found.text)
                .then(|| format!("{} is `{}` and must be `{}`", wanted.subject(), found.text, wanted.text))
        }
    }
}

/// Whether two constraints or indexes say the same, whatever they are called. A unique index is as good as a constraint.
fn is_same(one: &Definition, other: &Definition) -> bool {
    if one.table != other.table {
        return false;
    }
    match (one.kind, other.kind) {
        (Kind::Index, Kind::Index) => without_name(&one.text, &one.name) == without_name(&other.text, &other.name),
        (Kind::Constraint, Kind::Index) => {
            unique_columns(&one.text).is_some_and(|columns| is_unique_index(other, columns))
        }
        (Kind::Index, Kind::Constraint) => {
            unique_columns(&other.text).is_some_and(|columns| is_unique_index(one, columns))
        }
        (kind, other_kind) => kind == other_kind && one.text == other.text,
    }
}

/// The columns of `UNIQUE (a, b)`.
fn unique_columns(text: &str) -> Option<&str> {
    text.strip_prefix("UNIQUE (")?.strip_suffix(')')
}

fn is_unique_index(index: &Definition, columns: &str) -> bool {
    index.text.starts_with("CREATE UNIQUE INDEX") && index.text.ends_with(&format!(" USING btree ({columns})"))
}

fn without_name(text: &str, name: &str) -> String {
    text.replacen(&format!(" {name} "), " ", 1).replacen(&format!(" \"{name}\" "), " ", 1)
}

/// A default without how it is written: casts, the quotes about numbers and truth values, the names of sequences and of now.
fn value_of(text: &str) -> String {
    let text = text.trim();
    if text.starts_with("nextval(") {
        return "nextval".to_owned();
    }
    let text = match text.rsplit_once("::") {
        Some((value, cast)) if !cast.contains('\'') && !cast.ends_with(')') => value_of(value),
        _ => text.to_owned(),
    };
    match text.to_ascii_lowercase().as_str() {
        "now()" | "current_timestamp" | "transaction_timestamp()" | "('now'::text)" => return "now".to_owned(),
        "'t'" | "'true'" => return "true".to_owned(),
        "'f'" | "'false'" => return "false".to_owned(),
        _ => {}
    }
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(&text);
    let bare = inner.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(inner);
    match bare.parse::<f64>() {
        Ok(number) => number.to_string(),
        Err(_) => inner.to_owned(),
    }
}

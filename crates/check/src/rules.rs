//! What a row must be, by itself and beside the rows that it points at; and what heals the rows that are not.

use partbook_database::Dialect;
use partbook_database::catalogue::Catalogue;
use partbook_domain::{Entity, Field, Kind};

use crate::finding::FindingKind;
use crate::referrers::Referrer;
use crate::snapshot::entities;
use crate::sql::{bare, literal};

/// A condition on the rows `r` of a table, of which it holds for too many.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) kind: FindingKind,
    pub(crate) columns: Vec<String>,
    /// What is true of a row that breaks it.
    pub(crate) condition: String,
    /// How many rows may.
    pub(crate) tolerated: u64,
    /// What is said of such rows, after their number.
    pub(crate) says: String,
    pub(crate) healing: Option<String>,
    pub(crate) by_hand: Option<String>,
}

/// What a column that points must point at.
pub(crate) fn of_referrer(referrer: &Referrer, catalogue: &Catalogue) -> Rule {
    let Referrer { name, table, columns, target, target_table, target_columns, .. } = referrer;
    let set = columns.iter().map(|column| format!("r.{column} is not null")).collect::<Vec<_>>().join(" and ");
    let same = columns.iter().zip(target_columns).map(|(own, other)| format!("t.{other} = r.{own}"));
    let same = same.collect::<Vec<_>>().join(" and ");
    let (condition, first) = match catalogue.table(target) {
        Some(_) => (format!("{set} and not exists (select 1 from {target_table} t where {same})"), ""),
        // SQLite lets a foreign key point at a table that is not there, and then refuses every change while it looks.
        None => (set, "pragma foreign_keys = off;\n"),
    };
    let found = catalogue.table(name);
    let is_nullable =
        |column: &&String| found.and_then(|table| table.column(&bare(column))).is_some_and(|column| column.is_nullable);
    let nullable = columns.iter().find(is_nullable);
    let healing = nullable.map(|column| format!("{first}update {table} as r set {column} = null where {condition};"));
    let delete = format!(
        "put the rows of {target} back that are missing, or give these up: delete from {table} as r where {condition};"
    );
    let by_hand = nullable.is_none().then_some(delete);
    Rule {
        kind: FindingKind::Orphan,
        columns: columns.iter().map(|column| bare(column)).collect(),
        condition,
        tolerated: 0,
        says: format!("row(s) point at no row of {target}"),
        healing,
        by_hand,
    }
}

/// What the entities say of the rows of a table, of the columns that are there.
pub(crate) fn of_table(table: &str, catalogue: &Catalogue, dialect: Dialect) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut add = |fields: &mut dyn Iterator<Item = &'static Field>| {
        let there = fields.filter(|field| catalogue.has_column(table, field.column()));
        rules.extend(there.filter_map(|field| of_field(table, field, dialect)));
    };
    for entity in entities() {
        let fields = || entity.fields.iter().chain(entity.read_only).chain(entity.hidden);
        if entity.name == table {
            add(&mut fields());
        }
        for field in fields() {
            match field.kind {
                Kind::Children(children) if children.table == table => add(&mut children.fields.iter()),
                _ => {}
            }
        }
    }
    let flagged = entities().filter(|entity| entity.name == table);
    rules.extend(flagged.filter_map(of_flag).filter(|rule| catalogue.has_column(table, &rule.columns[0])));
    rules
}

fn of_field(table: &str, field: &Field, dialect: Dialect) -> Option<Rule> {
    let column = field.column();
    let (kind, condition, says, by_hand) = match field.kind {
        Kind::Enum(enumeration) => {
            let words = enumeration.values.iter().map(|word| literal(word)).collect::<Vec<_>>().join(", ");
            let by_hand = format!(
                "a later version of Partbook may know the word, and shows it; where it is a slip, one of {words} goes in its place"
            );
            let says = format!("row(s) have a word in {column} that this version does not know");
            (FindingKind::UnknownWord, format!("cast(r.{column} as text) not in ({words})"), says, by_hand)
        }
        // PostgreSQL's type lets nothing else in.
        kind if kind.is_json() && dialect == Dialect::Sqlite => {
            let condition = format!("r.{column} is not null and not json_valid(r.{column})");
            let by_hand =
                format!("read it (`select {column} from {table} where id = …`), and write what it was meant to be");
            (
                FindingKind::BrokenDocument,
                condition,
                format!("row(s) have a text in {column} that is not JSON"),
                by_hand,
            )
        }
        _ => return None,
    };
    let columns = vec![column.to_owned()];
    Some(Rule { kind, columns, condition, tolerated: 0, says, healing: None, by_hand: Some(by_hand) })
}

/// Of several rows with the flag, the one that was changed last goes on carrying it.
fn of_flag(entity: &'static Entity) -> Option<Rule> {
    let column = entity.field(entity.exclusive_flag?)?.1.column();
    let table = entity.name;
    Some(Rule {
        kind: FindingKind::SecondFlag,
        columns: vec![column.to_owned()],
        condition: format!("r.{column}"),
        tolerated: 1,
        says: format!("row(s) carry {column}, and one may"),
        healing: Some(format!(
            "update {table} set {column} = false where {column} and id <> \
             (select id from {table} where {column} order by updated_at desc, id limit 1);"
        )),
        by_hand: None,
    })
}

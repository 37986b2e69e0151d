//! What a script will do to those who work with the database while it runs, in words: told by what is recorded of its effect.

use std::collections::BTreeMap;

use partbook_database::Dialect;
use partbook_database::catalogue::{Definition, DefinitionKind as Kind};

use crate::script::{Direction, Script};

/// The strongest lock of PostgreSQL's, and that which a foreign key takes on both its tables.
const ALL: (&str, Waits) = ("ACCESS EXCLUSIVE", Waits::Everybody);
const REFERENCE: (&str, Waits) = ("SHARE ROW EXCLUSIVE", Waits::Writers);

/// What a lock keeps waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waits {
    /// Nobody.
    Nobody,
    /// Those who write.
    Writers,
    /// Everybody.
    Everybody,
}

/// A table that a script locks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableLock {
    /// The table; on SQLite the whole file.
    pub table: String,
    /// PostgreSQL's name of the lock, or what SQLite does.
    pub lock: &'static str,
    /// Who waits for as long as it is held.
    pub waits: Waits,
}

impl TableLock {
    /// What every script does on SQLite.
    pub(crate) fn of_the_file() -> Self {
        Self { table: "the file".to_owned(), lock: "one writer", waits: Waits::Writers }
    }
}

/// What a script will do to those who work with the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The tables that it locks.
    pub locks: Vec<TableLock>,
    /// Why it cannot be taken back, where it cannot.
    pub irreversible: Option<String>,
    /// Whether the version before may go on serving.
    pub is_compatible: bool,
    /// Who waits while it runs.
    pub waits: Waits,
}

impl Script {
    /// What it will do to those who work with the database.
    #[must_use]
    pub fn outlook(&self, dialect: Dialect) -> Outlook {
        let locks = match dialect {
            Dialect::Postgres => self.locks_on_postgres(),
            Dialect::Sqlite => vec![TableLock::of_the_file()],
        };
        Outlook {
            waits: locks.iter().map(|lock| lock.waits).max().unwrap_or(Waits::Nobody),
            locks,
            irreversible: self.irreversible.clone(),
            is_compatible: self.directives.compatible.is_some(),
        }
    }

    /// By <https://www.postgresql.org/docs/current/explicit-locking.html>.
    fn locks_on_postgres(&self) -> Vec<TableLock> {
        let (new, gone) = self.changes();
        let is_made = |table: &str| new.iter().any(|piece| piece.kind == Kind::Table && piece.table == table);
        let mut locks: BTreeMap<String, (&'static str, Waits)> = BTreeMap::new();
        let mut lock = |table: &str, lock: &'static str, waits: Waits| {
            let held = locks.entry(table.to_owned()).or_insert((lock, waits));
            if waits > held.1 {
                *held = (lock, waits);
            }
        };
        for piece in &new {
            // What a new table points at is locked, too; the table itself nobody knows yet.
            if let Some(target) = target(piece) {
                lock(target, REFERENCE.0, REFERENCE.1);
            }
            if piece.table.is_empty() || is_made(&piece.table) {
                continue;
            }
            match piece.kind {
                Kind::Index if self.is_outside_transaction() => {
                    lock(&piece.table, "SHARE UPDATE EXCLUSIVE", Waits::Nobody);
                }
                Kind::Index => lock(&piece.table, "SHARE", Waits::Writers),
                Kind::ForeignKey | Kind::Trigger => lock(&piece.table, REFERENCE.0, REFERENCE.1),
                _ => lock(&piece.table, ALL.0, ALL.1),
            }
        }
        for piece in gone.iter().filter(|piece| !piece.table.is_empty()) {
            if self.is_outside_transaction() && piece.kind == Kind::Index {
                lock(&piece.table, "SHARE UPDATE EXCLUSIVE", Waits::Nobody);
            } else {
                lock(&piece.table, ALL.0, ALL.1);
            }
        }
        locks.into_iter().map(|(table, (lock, waits))| TableLock { table, lock, waits }).collect()
    }

    /// What comes and what goes. Lines that define nothing are the linter's business.
    fn changes(&self) -> (Vec<Definition>, Vec<Definition>) {
        let of = |sign: &str| self.effect.lines().filter_map(|line| line.strip_prefix(sign)?.parse().ok()).collect();
        match self.direction {
            Direction::Up => (of("+ "), of("- ")),
            Direction::Down => (of("- "), of("+ ")),
        }
    }
}

/// The table that a foreign key points at.
fn target(piece: &Definition) -> Option<&str> {
    if piece.kind != Kind::ForeignKey {
        return None;
    }
    let (_, target) = piece.text.split_once(" REFERENCES ")?;
    target.split(['(', ' ']).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Directives;

    fn script(direction: Direction, is_outside_transaction: bool, effect: &str) -> Script {
        Script {
            version: 7,
            name: "t".to_owned(),
            direction,
            sql: String::new(),
            source: String::new(),
            check: None,
            checksum: String::new(),
            effect: effect.to_owned(),
            directives: Directives {
                outside_transaction: is_outside_transaction.then(String::new),
                ..Directives::default()
            },
            irreversible: None,
        }
    }

    #[test]
    fn the_locks_are_told_by_the_effect() {
        let told = |direction, outside, effect: &str| {
            let outlook = script(direction, outside, effect).outlook(Dialect::Postgres);
            outlook.locks.into_iter().map(|it| (it.table, it.lock, it.waits)).collect::<Vec<_>>()
        };
        let lock = |table: &str, lock, waits| (table.to_owned(), lock, waits);
        let index = "+ index cpu.ix CREATE INDEX ix ON cpu USING btree (cores)\n";
        assert_eq!(told(Direction::Up, false, index), [lock("cpu", "SHARE", Waits::Writers)]);
        assert_eq!(told(Direction::Up, true, index), [lock("cpu", "SHARE UPDATE EXCLUSIVE", Waits::Nobody)]);
        assert_eq!(told(Direction::Down, false, index), [lock("cpu", "ACCESS EXCLUSIVE", Waits::Everybody)]);
        let column = "+ column cpu.colour text\n+ index cpu.ix CREATE INDEX ix ON cpu USING btree (colour)\n";
        assert_eq!(told(Direction::Up, false, column), [lock("cpu", "ACCESS EXCLUSIVE", Waits::Everybody)]);
        let table = "+ table note\n+ column note.cpu_id integer\n\
                     + foreign-key note.fk FOREIGN KEY (cpu_id) REFERENCES cpu(id) ON DELETE CASCADE\n";
        assert_eq!(told(Direction::Up, false, table), [lock("cpu", "SHARE ROW EXCLUSIVE", Waits::Writers)]);
        assert_eq!(told(Direction::Up, false, "- enum words 'a'\n+ enum words 'a', 'b'\n"), []);
    }
}

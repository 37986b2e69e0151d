//! Every column through which a row can be used: those of listings, of their score snapshots, and of a table that is not
//! the catalog's.

use serde_json::{Value, json};

use super::Program;
use partbook_test_support::Request;
use partbook_test_support::contract::{Entity, LISTING, PROFILE, catalog, listing_that_uses};
use partbook_test_support::{Method, Server};

/// A table of another program's, whose references are nulled when what they point at is deleted: a later revision of the
/// legacy schema has such a one.
pub(super) fn builds() -> String {
    let columns = catalog().into_iter().map(|entity| {
        let Entity { name, table, .. } = entity;
        format!(", {name}_id integer references {table} (id) on delete set null")
    });
    format!("create table saved_builds (title text{})", columns.collect::<String>())
}

/// A listing that is there all the time: score snapshots belong to one.
pub(super) const BYSTANDER: &str = "
    insert into listing (id, title, price_usd, other_urls) values (1000000, 'Bystander', 1, '[]')";

/// One way to use a row.
pub(super) struct Use {
    pub(super) entity: &'static Entity,
    pub(super) table: &'static str,
    pub(super) column: String,
}

/// The columns of listings.
pub(super) fn by_listings() -> Vec<Use> {
    let columns =
        catalog().into_iter().flat_map(|entity| entity.used_through.iter().map(move |column| (entity, *column)));
    columns.map(|(entity, column)| Use { entity, table: "listing", column: column.to_owned() }).collect()
}

/// Every column there is.
pub(super) fn all() -> Vec<Use> {
    let mut uses = by_listings();
    uses.push(Use { entity: &PROFILE, table: "listing_score_snapshot", column: "profile_id".to_owned() });
    let columns = catalog().into_iter().map(|entity| (entity, format!("{}_id", entity.name)));
    uses.extend(columns.map(|(entity, column)| Use { entity, table: "saved_builds", column }));
    uses
}

impl Use {
    /// What a race calls it.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }

    /// The statement with which another program begins to use a row.
    pub(super) fn insert(&self, id: &Value) -> String {
        let Self { table, column, .. } = self;
        match *table {
            "listing" => format!(
                "insert into listing (title, price_usd, {column}, other_urls) values ('Contender', 1, {id}, '[]')"
            ),
            "listing_score_snapshot" => {
                format!("insert into listing_score_snapshot (listing_id, {column}) values (1000000, {id})")
            }
            _ => format!("insert into {table} (title, {column}) values ('Contender', {id})"),
        }
    }

    /// A new listing that uses a row.
    pub(super) fn post(&self, service: &Server, id: &Value) -> Request {
        service.request(Method::POST, LISTING.path).json(&listing_that_uses(1, &self.column, id))
    }

    /// The bystander begins to use a row.
    pub(super) fn patch(&self, service: &Server, id: &Value) -> Request {
        service.request(Method::PATCH, &LISTING.at(&json!(1_000_000))).json(&json!({self.column.clone(): id}))
    }

    /// The text of a refused delete.
    pub(super) fn in_use(&self) -> String {
        match self.table {
            "saved_builds" => format!("Cannot delete {}: used by 1 row(s) of saved_builds", self.entity.delete_label),
            _ => self.entity.in_use(1),
        }
    }

    /// Looks at the database itself: the row and its use are there, or neither is; no other use has come, none has lost
    /// its reference, and none points nowhere.
    #[track_caller]
    pub(super) fn is_settled(&self, state: [i64; 4], used: bool) {
        let used = i64::from(used);
        assert_eq!(state, [used, used, used, 0], "rows, uses, contenders or references, dangling: of {}", self.name());
    }

    /// How many rows there are of the entity with this id, uses of it, uses that were begun, and references that point
    /// nowhere.
    pub(super) async fn state(&self, program: &mut Program, id: &Value) -> [i64; 4] {
        let Self { entity, table, column } = self;
        let rows = program.count(entity.table, &format!("id = {id}")).await;
        let uses = program.count(table, &format!("{column} = {id}")).await;
        // The bystander is there before; it contends when it has a reference.
        let begun = match *table {
            "listing" => format!("title <> 'Bystander' or {column} is not null"),
            _ => "true".to_owned(),
        };
        let begun = program.count(table, &begun).await;
        let nowhere =
            format!("{column} is not null and not exists (select 1 from {} where id = {table}.{column})", entity.table);
        [rows, uses, begun, program.count(table, &nowhere).await]
    }

    /// Removes every use there is, and the rows of the entity.
    pub(super) async fn clear(&self, program: &mut Program) {
        let columns = by_listings().into_iter().map(|used| format!("{} = null", used.column));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let clear = format!(
            "delete from saved_builds;
             delete from listing_score_snapshot;
             delete from listing where title <> 'Bystander';
             update listing set {columns};
             delete from {}",
            self.entity.table
        );
        program.run(&clear).await;
    }
}

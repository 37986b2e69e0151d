//! The database of the legacy service, taken over as it is (contract sections 9 and 10).

mod columns;
mod differences;
mod duplicates;
mod edits;
mod foreign;
mod listings;
mod rows;
mod schema;
mod start;
mod words;

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use partbook_test_support::contract::Entity;
use partbook_test_support::{Answer, Service};

/// A row whose members are still text: old documents hold what parsers refuse or mend.
type Raw = BTreeMap<String, Box<RawValue>>;

#[track_caller]
fn raw(answer: &Answer) -> Raw {
    serde_json::from_str(answer.text()).unwrap_or_else(|fault| panic!("{fault}: {}", answer.text()))
}

/// The ids of a table.
async fn ids(service: &Service, entity: &Entity) -> Vec<String> {
    let rows = service.rows(&format!("select id from {} order by id", entity.table)).await;
    rows.into_iter().map(|row| row[0].clone().expect("an id")).collect()
}

/// One column of one row, as the database's text.
async fn column(service: &Service, entity: &Entity, id: &str, column: &str) -> Option<String> {
    let rows = service.rows(&format!("select {column} from {} where id = {id}", entity.table)).await;
    rows[0][0].clone()
}

//! One page of a list, in one statement.

use partbook_database::{BindValue, Statement, int};
use partbook_domain::Order;

use super::Statements;

impl Statements {
    /// The rows of a page, each with the number of rows from its first one on, counted to one more than the limit: with the
    /// first row it is known whether more follow the last. The page is found by ids alone, so that neither the rows before it
    /// nor the tables of its joins are read for more than it holds.
    pub(crate) fn page(
        &self,
        where_clause: &str,
        order: &[Order],
        values: &mut Vec<BindValue>,
        limit: u32,
        offset: i64,
    ) -> Statement {
        let Self { columns, from, entity, .. } = self;
        let (table, order) = (entity.name, self.order_by(order));
        values.push(int(i64::from(limit) + 1));
        values.push(int(offset));
        let (limit, offset) = (values.len() - 1, values.len());
        // A cross join, which SQLite takes in this order: by the page, and never by the table.
        let sql = format!(
            "with page as materialized (\
             select {table}.id from {table}{where_clause} order by {order} limit ${limit} offset ${offset}) \
             select (select count(*) from page), {columns} from page cross join {from} where {table}.id = page.id \
             order by {order} limit ${limit} - 1"
        );
        Statement::select(table, sql)
    }
}

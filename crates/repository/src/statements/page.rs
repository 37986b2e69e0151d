//! The statements of lists: a page in one, and a longer list in several.

use partbook_database::{BindValue, Statement, int};
use partbook_domain::Order;

use super::Statements;

impl Statements {
    /// The first `most` rows of a page, each with the number of rows from its first one on, counted to one more than the
    /// limit: with the first row it is known whether more follow the last.
    pub(crate) fn page(
        &self,
        where_clause: &str,
        order: &[Order],
        values: &mut Vec<BindValue>,
        limit: u32,
        offset: i64,
        most: u32,
    ) -> Statement {
        let counted = format!("(select count(*) from page), {}", self.columns);
        self.cut(&counted, where_clause, order, values, i64::from(limit) + 1, offset, most)
    }

    /// The first rows of a whole list.
    pub(crate) fn head(
        &self,
        where_clause: &str,
        order: &[Order],
        values: &mut Vec<BindValue>,
        most: u32,
        offset: i64,
    ) -> Statement {
        self.cut(self.columns, where_clause, order, values, most.into(), offset, most)
    }

    /// The first rows of those that a limit and an offset leave. They are found by ids alone, so that neither the rows before
    /// them nor the tables of joins and subselects are read for more than is shown.
    fn cut(
        &self,
        columns: &str,
        where_clause: &str,
        order: &[Order],
        values: &mut Vec<BindValue>,
        limit: i64,
        offset: i64,
        most: u32,
    ) -> Statement {
        let Self { from, entity, .. } = self;
        let table = entity.name;
        let page = self.ids(where_clause, order, values, limit, offset);
        values.push(int(most.into()));
        let (page, order, most) = (page.as_str(), self.order_by(order), values.len());
        // A cross join, which SQLite takes in this order: by the page, and never by the table.
        let sql = format!(
            "with page as materialized ({page}) \
             select {columns} from page cross join {from} where {table}.id = page.id \
             order by {order} limit ${most}"
        );
        Statement::select(table, sql)
    }

    /// The ids of the rows of a list.
    pub(crate) fn ids(
        &self,
        where_clause: &str,
        order: &[Order],
        values: &mut Vec<BindValue>,
        limit: i64,
        offset: i64,
    ) -> Statement {
        let table = self.entity.name;
        // SQLite takes no offset without a limit.
        values.extend([int(limit), int(offset)]);
        let (order, limit, offset) = (self.order_by(order), values.len() - 1, values.len());
        let sql =
            format!("select {table}.id from {table}{where_clause} order by {order} limit ${limit} offset ${offset}");
        Statement::select(table, sql)
    }

    /// The rows with these ids, and the values that the statement binds.
    pub(crate) fn among(&self, order: &[Order], ids: &[i64]) -> (Statement, Vec<BindValue>) {
        let table = self.entity.name;
        let (among, order) = (self.dialect.is_among(&format!("{table}.id"), 1), self.order_by(order));
        let sql = format!("{} where {among} order by {order}", self.select);
        (Statement::select(table, sql), vec![partbook_database::ids(ids)])
    }
}

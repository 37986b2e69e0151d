//! The statements of lists: a page in one, and a longer list in several.

use partbook_database::{BindValue, Statement, int};
use partbook_domain::{Kind, Order};

use super::Statements;
use super::keyset::Keyset;
use super::position::keys_before_id;

/// How much of a text is read to tell where the last row of a page is, characters. A longer one is told by its row.
const KEY_TEXT_LENGTH: usize = 400;

/// Which rows a list has.
#[derive(Clone, Debug)]
pub(crate) struct Extract<'a> {
    /// What stands for the table in `from`; none where that is the table itself.
    pub(crate) source: Option<&'a str>,
    /// Empty, or ` where …`.
    pub(crate) where_clause: &'a str,
    pub(crate) order: &'a [Order],
    /// Where they begin; none for the beginning.
    pub(crate) keyset: Option<&'a Keyset>,
    pub(crate) limit: i64,
    pub(crate) offset: i64,
}

impl Statements {
    /// The first `most` rows of a page. Each begins with the number of the page's rows, counted to one more than the limit: with
    /// the first row it is known whether more follow the last. Then comes what [`Self::stored_keys`] names. The page is found by
    /// ids alone, so that neither the rows before it nor the tables of its joins are read for more than it holds.
    pub(crate) fn page(&self, extract: &Extract<'_>, values: &mut Vec<BindValue>, most: u32) -> Statement {
        let Self { columns, from, entity, .. } = self;
        let table = entity.name;
        let (pages, skipped) = self.pages(&Extract { limit: extract.limit.saturating_add(1), ..*extract }, values);
        values.push(int(most.into()));
        let (order, most) = (self.order_by(extract.order), values.len());
        let keys = self.stored_keys(extract.order).map(|key| format!("{key}, ")).collect::<String>();
        // A cross join, which SQLite takes in this order: by the page, and never by the table.
        let sql = format!(
            "{pages} select (select count(*) from page), {keys}{columns} from page cross join {from} \
             where {table}.id = page.id order by {order} limit ${most}{skipped}"
        );
        Statement::select(table, sql)
    }

    /// The ids of the rows of a list, each with what tells where it is.
    pub(crate) fn ids_of_page(&self, extract: &Extract<'_>, values: &mut Vec<BindValue>) -> Statement {
        let table = self.entity.name;
        let (pages, skipped) = self.pages(&Extract { limit: extract.limit.saturating_add(1), ..*extract }, values);
        values.push(int(extract.limit));
        let (order, most) = (self.order_by(extract.order), values.len());
        let keys = self.shown_keys(extract.order).chain(self.stored_keys(extract.order));
        let keys = keys.map(|key| format!(", {key}")).collect::<String>();
        let sql = format!(
            "{pages} select {table}.id{keys} from page cross join {table} where {table}.id = page.id \
             order by {order} limit ${most}{skipped}"
        );
        Statement::select(table, sql)
    }

    /// The ids of all rows of a list.
    pub(crate) fn ids(&self, extract: &Extract<'_>, values: &mut Vec<BindValue>) -> Statement {
        let Extract { source, where_clause, order, limit, offset, .. } = *extract;
        // SQLite takes no offset without a limit.
        values.extend([int(limit), int(offset)]);
        let (table, order, limit, offset) = (self.entity.name, self.order_by(order), values.len() - 1, values.len());
        let source = source.unwrap_or(table);
        let sql =
            format!("select {table}.id from {source}{where_clause} order by {order} limit ${limit} offset ${offset}");
        Statement::select(table, sql)
    }

    /// The rows with these ids, and the values that the statement binds.
    pub(crate) fn among(&self, order: &[Order], ids: &[i64]) -> (Statement, Vec<BindValue>) {
        let table = self.entity.name;
        let (among, order) = (self.dialect.is_among(&format!("{table}.id"), 1), self.order_by(order));
        let sql = format!("{} where {among} order by {order}", self.select);
        (Statement::select(table, sql), vec![partbook_database::ids(ids)])
    }

    /// The row of an id, after what [`Self::stored_keys`] names.
    pub(crate) fn located(&self, order: &[Order]) -> Statement {
        let Self { columns, from, entity, .. } = self;
        let keys = self.stored_keys(order).map(|key| format!("{key}, ")).collect::<String>();
        let sql = format!("select {keys}{columns} from {from} where {}.id = $1", entity.name);
        Statement::select(entity.name, sql)
    }

    /// The ids of as many rows as the limit says, as the table `page` of a statement; and how it is passed over that a page
    /// read backward begins with the row that is one too many.
    fn pages(&self, extract: &Extract<'_>, values: &mut Vec<BindValue>) -> (String, String) {
        let table = self.entity.name;
        let Some(Keyset { is_backward, ranges }) = extract.keyset else {
            let page = self.ids(extract, values);
            return (format!("with page as materialized ({})", page.as_str()), String::new());
        };
        values.push(int(extract.limit));
        let limit = values.len();
        let (source, where_clause) = (extract.source.unwrap_or(table), extract.where_clause);
        let join = if where_clause.is_empty() { " where" } else { " and" };
        let (mut pages, mut taken) = ("with ".to_owned(), String::new());
        for (index, range) in ranges.iter().enumerate() {
            let rows = format!(
                "select {table}.id from {source}{where_clause}{join} {} order by {} limit ${limit}",
                range.condition, range.order_by
            );
            // What the ranges before leave room for: of one that has none, nothing is read.
            let rows = if index == 0 {
                rows
            } else {
                format!("select rest.id from ({rows}) rest limit (select ${limit}{taken})")
            };
            pages += &format!("part{index} as materialized ({rows}), ");
            taken += &format!(" - (select count(*) from part{index})");
        }
        let parts: Vec<String> = (0..ranges.len()).map(|index| format!("select id from part{index}")).collect();
        pages += &format!("page as materialized ({})", parts.join(" union all "));
        let skipped = format!(" offset (select case when count(*) >= ${limit} then 1 else 0 end from page)");
        (pages, if *is_backward { skipped } else { String::new() })
    }

    /// The keys before the id, as rows show them.
    fn shown_keys(&self, order: &[Order]) -> impl Iterator<Item = String> {
        let columns = keys_before_id(order).map(|key| (self.key_kind(key), self.key_column(key)));
        columns.map(|(kind, column)| match kind {
            Kind::Text | Kind::Url => format!("substr({column}, 1, {KEY_TEXT_LENGTH})"),
            kind => self.dialect.read(kind, &column),
        })
    }

    /// The keys before the id as they are compared, of those whose values do not tell it.
    fn stored_keys(&self, order: &[Order]) -> impl Iterator<Item = String> {
        let columns = keys_before_id(order).map(|key| (self.key_kind(key), self.key_column(key)));
        columns.filter_map(|(kind, column)| self.dialect.stored_key(kind, &column))
    }
}

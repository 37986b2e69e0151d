//! Names that are not clean, in SQL: what `clean_name` of `domain` changes has to be cleaned before it is compared.

use partbook_domain::unclean_characters;

use crate::dialect::Dialect;
use crate::text::TextDialect;

impl TextDialect {
    /// Whether a name may not be clean: it holds invisible characters, joiners, white space other than single spaces inside.
    /// An index of ours has the same condition.
    #[must_use]
    pub fn may_be_unclean(self, column: &str) -> String {
        let characters: Vec<char> = unclean_characters().collect();
        match self.dialect {
            Dialect::Postgres => format!("{column} ~ '{}'", self.unclean_pattern()),
            Dialect::Sqlite => {
                let codes: Vec<String> = characters.iter().map(|character| u32::from(*character).to_string()).collect();
                // `*[…]*`
                let glob = format!("char(42, 91, {}, 93, 42)", codes.join(", "));
                format!("({column} glob {glob} or {column} glob ' *' or {column} glob '* ' or {column} glob '*  *')")
            }
        }
    }

    /// Whether a row has the name that is the `n`th parameter, or one that may not be clean.
    #[must_use]
    pub fn is_named_or_unclean(self, table: &str, n: usize) -> String {
        let unclean = self.may_be_unclean("name");
        match self.dialect {
            Dialect::Postgres => format!("name = ${n} or {unclean}"),
            // SQLite does not use the index of a condition for one side of an `or`.
            Dialect::Sqlite => format!(
                "id in (select id from {table} where name = ${n} union all select id from {table} where {unclean})"
            ),
        }
    }

    fn unclean_pattern(self) -> String {
        format!("^ | $|  |{}", self.any_of(&unclean_characters().collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Encoding;

    const POSTGRES: &str = include_str!("../../../migrations/postgres/0007_unclean_names.sql");
    const SQLITE: &str = include_str!("../../../migrations/sqlite/0007_unclean_names.sql");

    #[test]
    fn the_index_has_the_condition_of_the_statements() {
        for encoding in [Encoding::Unicode, Encoding::Bytes] {
            let pattern = TextDialect::new(Dialect::Postgres, encoding).unclean_pattern();
            assert!(POSTGRES.contains(&format!("'{pattern}'")), "{encoding:?}: {pattern}");
        }
        let condition = TextDialect::new(Dialect::Sqlite, Encoding::Unicode).may_be_unclean("name");
        assert_eq!(SQLITE.matches(&condition).count(), 4, "{condition}");
    }
}

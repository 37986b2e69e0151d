//! What the first lines of a migration say of it.

/// How a line begins that says something of a migration: `-- partbook: irreversible: the texts are not kept`.
const DIRECTIVE: &str = "-- partbook:";

/// The words of directives, for who has written another one.
const KNOWN: &str = "irreversible, optional, optional-when-adopted, compatible, unavailable, outside-transaction, effect-varies, each with its reason: \
                     `-- partbook: WORD: REASON`; and `-- partbook: extension: NAME`";

/// What the first lines of a migration say of it, each with its reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Directives {
    /// Why it cannot be taken back.
    pub(crate) irreversible: Option<String>,
    /// That a database need not have it, and why.
    pub(crate) optional: Option<(Optional, String)>,
    /// Why the version before may go on serving a database that has it.
    pub(crate) compatible: Option<String>,
    /// Why its statements run on their own, each in no transaction, on PostgreSQL.
    pub(crate) outside_transaction: Option<String>,
    /// Why its effect is in other words on some databases: what was found after it is what is recorded.
    pub(crate) effect_varies: Option<String>,
    /// Why this kind of database cannot have it.
    pub(crate) unavailable: Option<String>,
    /// The extension of PostgreSQL that it needs.
    pub(crate) extension: Option<String>,
}

/// Which databases need not have a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Optional {
    /// None needs it.
    Always,
    /// Those that were adopted, and may have a legacy program beside us, need not.
    WhenAdopted,
}

impl Directives {
    /// Reads the comments before the first statement.
    ///
    /// # Errors
    /// A directive that is not known.
    pub(crate) fn read(sql: &str) -> Result<Self, String> {
        let mut directives = Self::default();
        for line in sql.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with("--")) {
            let Some(directive) = line.strip_prefix(DIRECTIVE) else { continue };
            let directive = directive.trim().split_once(':').map(|(word, reason)| (word.trim(), reason.trim()));
            let (word, reason) = directive.filter(|(_, reason)| !reason.is_empty()).unwrap_or_default();
            let reason = reason.to_owned();
            match word {
                "irreversible" => directives.irreversible = Some(reason),
                "optional" => directives.optional = Some((Optional::Always, reason)),
                "optional-when-adopted" => directives.optional = Some((Optional::WhenAdopted, reason)),
                "compatible" => directives.compatible = Some(reason),
                "unavailable" => directives.unavailable = Some(reason),
                "outside-transaction" => directives.outside_transaction = Some(reason),
                "effect-varies" => directives.effect_varies = Some(reason),
                "extension" => directives.extension = Some(reason),
                _ => return Err(format!("`{line}` is not a directive; known are {KNOWN}")),
            }
        }
        Ok(directives)
    }

    /// Whether a database need not have it.
    pub(crate) fn is_optional(&self, is_adopted: bool) -> bool {
        match self.optional {
            Some((Optional::Always, _)) => true,
            Some((Optional::WhenAdopted, _)) => is_adopted,
            None => self.unavailable.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_stand_before_the_first_statement() {
        let read = |sql| Directives::read(sql).map(|it| it.irreversible);
        assert_eq!(
            read("-- A comment.\n\n-- partbook: irreversible: gone\ncreate table t ();"),
            Ok(Some("gone".into()))
        );
        assert_eq!(read("create table t ();\n-- partbook: irreversible: gone"), Ok(None));
        for unknown in ["-- partbook: irreversible:", "-- partbook: irreversible", "-- partbook: reversible: no"] {
            assert!(read(unknown).is_err(), "{unknown}");
        }
    }

    #[test]
    fn who_need_not_have_it_is_said() {
        let read = |sql| Directives::read(sql).unwrap();
        let is_optional = |it: &Directives| (it.is_optional(false), it.is_optional(true));
        assert_eq!(is_optional(&read("select 1")), (false, false));
        assert_eq!(is_optional(&read("-- partbook: optional: speed alone")), (true, true));
        let adopted = read("-- partbook: optional-when-adopted: words\n-- partbook: compatible: none is taken away");
        assert_eq!(is_optional(&adopted), (false, true));
        assert_eq!(adopted.compatible.as_deref(), Some("none is taken away"));
    }
}

//! What a PostgreSQL database is, beside what a dump of it holds: so that one that is gone can be made again.

use partbook_database::Connection;
use serde::{Deserialize, Serialize};

use crate::error::BackupError;

/// What a PostgreSQL database is, beside what a dump of it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The number of the server's data directory, by which servers are told apart; none where the role may not know it.
    #[serde(default)]
    pub cluster: Option<String>,
    /// The encoding, such as `UTF8`.
    pub encoding: String,
    /// The order of texts.
    pub collate: String,
    /// What a letter is.
    pub ctype: String,
    /// Whose locales these are: `c` of the operating system, `i` of ICU, `b` of PostgreSQL; none on a server that has no choice.
    pub provider: Option<String>,
    /// The locale of ICU or PostgreSQL.
    pub locale: Option<String>,
    /// Rules beside that of ICU.
    pub rules: Option<String>,
    /// Who owns the database.
    pub owner: String,
    /// How many may be connected; -1 is any number.
    pub connection_limit: i64,
    /// Whether others may copy it.
    pub is_template: bool,
    /// What is said of it.
    pub comment: Option<String>,
    /// Who may do what; none where that was never changed.
    pub grants: Option<Vec<Grant>>,
    /// What it is set to.
    pub settings: Vec<Setting>,
    /// The roles that own something in it, or have rights in it.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// A right to a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who has it; none for everybody.
    pub role: Option<String>,
    /// The right.
    pub privilege: String,
    /// Whether it may be handed on.
    pub grantable: bool,
}

/// A setting of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// For whom; none for everybody.
    pub role: Option<String>,
    /// Its name.
    pub name: String,
    /// Its value, as it is stored.
    pub value: String,
}

/// Settings that are lists: stored as they are written, quotes and all; others are texts.
const LISTS: [&str; 6] = [
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
    "shared_preload_libraries",
    "unix_socket_directories",
];

/// Columns of one version and not of another are taken from the row as a whole.
const QUERY: &str = "
    select jsonb_build_object(
        'encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype,
        'provider', j->>'datlocprovider', 'locale', coalesce(j->>'datlocale', j->>'daticulocale'),
        'rules', j->>'daticurules', 'owner', pg_get_userbyid(datdba), 'connection_limit', datconnlimit,
        'is_template', datistemplate, 'comment', shobj_description(d.oid, 'pg_database'),
        'grants', case when datacl is not null then (
            select coalesce(jsonb_agg(jsonb_build_object(
                'role', case acl.grantee when 0 then null else pg_get_userbyid(acl.grantee) end,
                'privilege', acl.privilege_type, 'grantable', acl.is_grantable)), '[]')
            from aclexplode(datacl) acl) end,
        'settings', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'role', case s.setrole when 0 then null else pg_get_userbyid(s.setrole) end,
                'name', split_part(item, '=', 1), 'value', substr(item, strpos(item, '=') + 1))), '[]')
            from pg_db_role_setting s, unnest(s.setconfig) item where s.setdatabase = d.oid))::text
    from pg_database d, lateral (select to_jsonb(d) as j) row where d.datname = ";

/// The roles that the dump of the database that the session is in names. What belongs to who set the server up is in no list of
/// dependencies.
const ROLES: &str = "
    select rolname from pg_roles
    where rolname !~ '^pg_' and oid in (
        select refobjid from pg_shdepend where refclassid = 'pg_authid'::regclass
            and dbid = (select oid from pg_database where datname = current_database())
        union select relowner from pg_class c join pg_namespace n on n.oid = relnamespace
            where nspname !~ '^pg_' and nspname <> 'information_schema'
        union select proowner from pg_proc p join pg_namespace n on n.oid = pronamespace
            where nspname !~ '^pg_' and nspname <> 'information_schema'
        union select nspowner from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')
    order by 1";

impl Definition {
    /// That of the database that the session is in, with the roles in it.
    pub(crate) async fn here(session: &mut Connection) -> Result<Option<Self>, BackupError> {
        let Some(mut definition) = Self::read(session, "current_database()").await? else { return Ok(None) };
        definition.cluster = cluster(session).await;
        definition.roles = session.text_column(ROLES).await?;
        Ok(Some(definition))
    }

    /// That of a database of the server.
    pub(crate) async fn of(session: &mut Connection, name: &str) -> Result<Option<Self>, BackupError> {
        Self::read(session, &literal(name)).await
    }

    async fn read(session: &mut Connection, name: &str) -> Result<Option<Self>, BackupError> {
        let Some(text) = session.text_value(&format!("{QUERY}{name}")).await? else { return Ok(None) };
        let read = serde_json::from_str(&text);
        read.map(Some).map_err(|error| BackupError::Database(format!("what the database is cannot be read: {error}")))
    }

    /// The statement that makes an empty database like it.
    pub(crate) fn create(&self, name: &str) -> String {
        let mut statement = format!(
            "create database {} template template0 encoding {} lc_collate {} lc_ctype {}",
            identifier(name),
            literal(&self.encoding),
            literal(&self.collate),
            literal(&self.ctype)
        );
        let locale = literal(self.locale.as_deref().unwrap_or_default());
        match self.provider.as_deref() {
            Some("i") => {
                statement += &format!(" locale_provider icu icu_locale {locale}");
                if let Some(rules) = &self.rules {
                    statement += &format!(" icu_rules {}", literal(rules));
                }
            }
            Some("b") => statement += &format!(" locale_provider builtin builtin_locale {locale}"),
            // The template may have another one.
            Some(_) => statement += " locale_provider libc",
            None => {}
        }
        statement
    }

    /// The statements that give a database what this one has.
    pub(crate) fn statements(&self, name: &str) -> Vec<String> {
        let name = identifier(name);
        let mut statements = vec![
            format!("alter database {name} owner to {}", identifier(&self.owner)),
            format!("alter database {name} connection limit {}", self.connection_limit),
        ];
        if let Some(grants) = &self.grants {
            statements.push(format!("revoke all on database {name} from public"));
            // A manifest is a file that people can write to: what stands here is a right and nothing else.
            let is_right = |grant: &&Grant| grant.privilege.chars().all(|letter| letter.is_ascii_uppercase());
            for Grant { role, privilege, grantable } in grants.iter().filter(is_right) {
                let role = role.as_ref().map_or_else(|| "public".to_owned(), |role| identifier(role));
                let option = if *grantable { " with grant option" } else { "" };
                statements.push(format!("grant {privilege} on database {name} to {role}{option}"));
            }
        }
        for Setting { role, name: setting, value } in &self.settings {
            let of = role.as_ref().map_or_else(
                || format!("database {name}"),
                |role| format!("role {} in database {name}", identifier(role)),
            );
            let value = if LISTS.contains(&setting.as_str()) { list(value) } else { literal(value) };
            statements.push(format!("alter {of} set {} to {value}", setting_name(setting)));
        }
        if let Some(comment) = &self.comment {
            statements.push(format!("comment on database {name} is {}", literal(comment)));
        }
        if self.is_template {
            statements.push(format!("alter database {name} is_template true"));
        }
        statements
    }

    /// The roles that a server must have for a restore: those that are named in the dump, and with `is_gone` those that the
    /// database itself names.
    pub(crate) fn needed_roles(&self, is_gone: bool) -> Vec<String> {
        let mut roles = self.roles.clone();
        if is_gone {
            roles.push(self.owner.clone());
            roles.extend(self.grants.iter().flatten().filter_map(|grant| grant.role.clone()));
            roles.extend(self.settings.iter().filter_map(|setting| setting.role.clone()));
        }
        roles.sort();
        roles.dedup();
        roles
    }
}

/// The number by which a server is told from others; none where the role may not know it.
pub(crate) async fn cluster(session: &mut Connection) -> Option<String> {
    session.text_value("select system_identifier::text from pg_control_system()").await.ok().flatten()
}

/// The names of a list as the server keeps it, each quoted. What is no list of names ends where it is none.
fn list(value: &str) -> String {
    let mut names = Vec::new();
    let mut rest = value.trim_start();
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_name(quoted),
            None => rest.split_at(rest.find(',').unwrap_or(rest.len())),
        };
        // None is called like nothing; as a list that is the empty one.
        names.push(if name.trim().is_empty() { literal("") } else { identifier(&name.trim().replace("\"\"", "\"")) });
        rest = after.trim_start().strip_prefix(',').unwrap_or_default().trim_start();
    }
    names.join(", ")
}

/// A name up to the quote that ends it, which is not one of two, and what follows.
fn quoted_name(text: &str) -> (&str, &str) {
    let mut from = 0;
    while let Some(found) = text[from..].find('"') {
        let end = from + found;
        if !text[end + 1..].starts_with('"') {
            return (&text[..end], &text[end + 1..]);
        }
        from = end + 2;
    }
    (text, "")
}

/// A setting of an extension has a name of two parts.
fn setting_name(name: &str) -> String {
    name.split('.').map(identifier).collect::<Vec<_>>().join(".")
}

pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text, whatever the session takes a backslash for.
pub(crate) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!(" E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_names_and_nothing_else() {
        for (value, quoted) in [
            ("a, \"B\"", "\"a\", \"B\""),
            ("\"$user\", public", "\"$user\", \"public\""),
            ("\"a\"\"b, c\",d", "\"a\"\"b, c\", \"d\""),
            ("\"\"", "''"),
            ("public; create role somebody superuser", "\"public; create role somebody superuser\""),
            ("\"a\" x, b", "\"a\""),
        ] {
            assert_eq!(list(value), quoted);
        }
    }

    fn definition() -> Definition {
        serde_json::from_str(
            r#"{"encoding": "UTF8", "collate": "C", "ctype": "C", "provider": "c", "locale": null, "rules": null,
                "owner": "o'wner", "connection_limit": 9, "is_template": false, "comment": "it's \\ this",
                "grants": [{"role": null, "privilege": "CONNECT", "grantable": false}],
                "settings": [{"role": null, "name": "search_path", "value": "a, \"B\""},
                             {"role": "r", "name": "my.setting", "value": "x"}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(
            definition().statements("a\"b").join(";\n"),
            r#"alter database "a""b" owner to "o'wner";
alter database "a""b" connection limit 9;
revoke all on database "a""b" from public;
grant CONNECT on database "a""b" to public;
alter database "a""b" set "search_path" to "a", "B";
alter role "r" in database "a""b" set "my"."setting" to 'x';
comment on database "a""b" is  E'it''s \\ this'"#
        );
    }

    #[test]
    fn each_provider_has_its_own_words() {
        let of = |provider: Option<&str>, locale: Option<&str>, rules: Option<&str>| {
            let [provider, locale, rules] = [provider, locale, rules].map(|text| text.map(str::to_owned));
            Definition { provider, locale, rules, ..definition() }.create("x")
        };
        let start = r#"create database "x" template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'"#;
        assert_eq!(of(None, None, None), start);
        assert_eq!(of(Some("c"), None, None), format!("{start} locale_provider libc"));
        assert_eq!(of(Some("i"), Some("de"), None), format!("{start} locale_provider icu icu_locale 'de'"));
        assert_eq!(
            of(Some("i"), Some("de"), Some("&a < b")),
            format!("{start} locale_provider icu icu_locale 'de' icu_rules '&a < b'")
        );
        assert_eq!(
            of(Some("b"), Some("C.UTF-8"), None),
            format!("{start} locale_provider builtin builtin_locale 'C.UTF-8'")
        );
    }

    #[test]
    fn the_roles_of_the_database_itself_are_needed_where_it_is_gone() {
        let definition = Definition { roles: vec!["t".to_owned()], ..definition() };
        assert_eq!(definition.needed_roles(false), ["t"]);
        assert_eq!(definition.needed_roles(true), ["o'wner", "r", "t"]);
    }
}

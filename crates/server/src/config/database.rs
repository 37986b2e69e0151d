//! Which database, and how it is talked to.

use std::cmp::Ordering;
use std::fs;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgAction, Args};
use partbook_database::{DatabaseUrl, PoolSettings};

use super::setting::{BadSetting, Given, Setting, Unread};
use super::values;

/// Which database, and how it is talked to.
#[derive(Args)]
pub(crate) struct DatabaseArguments {
    /// The database: `sqlite://file.db`, `sqlite:///absolute/file.db` or `postgres://user@host/database`. A password goes into the variable,
    /// or into a file: command lines are public
    #[arg(long, env = "DATABASE_URL", default_value = "sqlite://partbook.db")]
    #[arg(value_name = "URL", value_parser = Unread)]
    database_url: Given,

    /// A file that holds the database URL
    #[arg(long, env = "DATABASE_URL_FILE", default_value = "", hide_default_value = true)]
    #[arg(value_name = "FILE", value_parser = Unread)]
    database_url_file: Given,

    /// The greatest number of connections to the database, 1 to 1000
    #[arg(long, env = "PARTBOOK_POOL_SIZE", default_value = "10")]
    #[arg(value_name = "NUMBER", value_parser = Setting(values::pool_size))]
    pool_size: u32,

    /// Keep statements prepared; `off` behind a pooler that Partbook does not notice by itself
    #[arg(long, env = "PARTBOOK_STATEMENT_CACHE", default_value = "on")]
    #[arg(value_name = "on|off", value_parser = Setting(values::switch), action = ArgAction::Set)]
    statement_cache: bool,
}

impl DatabaseArguments {
    /// Reads the URL from where it is given; a flag goes before a variable.
    ///
    /// # Errors
    /// The URL or its file cannot be used; both are given in the same way; a flag holds a password, which everybody on
    /// the machine could read.
    pub(crate) fn url(&self) -> Result<DatabaseUrl, BadSetting> {
        url_of(&self.database_url, &self.database_url_file)
    }

    pub(crate) fn pool(&self) -> PoolSettings {
        PoolSettings { size: self.pool_size, statement_cache: self.statement_cache, ..PoolSettings::default() }
    }
}

/// A URL that is given as it is or in a file.
pub(super) fn url_of(url: &Given, file: &Given) -> Result<DatabaseUrl, BadSetting> {
    match url.source.cmp(&file.source) {
        Ordering::Less => parse(&file.name, &read(file)?),
        Ordering::Equal if url.source != ValueSource::DefaultValue => {
            Err(BadSetting(format!("{} and {} are both set; set only one of them", url.name, file.name)))
        }
        Ordering::Equal | Ordering::Greater => {
            let parsed = parse(&url.name, url.text()?)?;
            if url.source == ValueSource::CommandLine && parsed.has_password() {
                return Err(BadSetting(format!(
                    "{0}: a command line is public, so the URL must not hold a password; set {1} or {1}_FILE instead",
                    url.name,
                    url.name.trim_start_matches('-').replace('-', "_").to_ascii_uppercase()
                )));
            }
            Ok(parsed)
        }
    }
}

/// The text is never shown: it may hold a password.
fn parse(name: &str, text: &str) -> Result<DatabaseUrl, BadSetting> {
    DatabaseUrl::parse(text).map_err(|fault| BadSetting(format!("{name}: the database URL {fault}")))
}

fn read(file: &Given) -> Result<String, BadSetting> {
    let path = Path::new(&file.text);
    fs::read_to_string(path).map_err(|error| BadSetting(format!("{}: `{}`: {error}", file.name, path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The URL that is given so: each text with the source that it comes from.
    fn url(url: (&str, ValueSource), file: (&str, ValueSource)) -> Result<DatabaseUrl, String> {
        let given = |(text, source): (&str, ValueSource), flag: &str, variable: &str| {
            let name = if source == ValueSource::EnvVariable { variable } else { flag }.to_owned();
            Given { name, source, text: text.into() }
        };
        let arguments = DatabaseArguments {
            database_url: given(url, "--database-url", "DATABASE_URL"),
            database_url_file: given(file, "--database-url-file", "DATABASE_URL_FILE"),
            pool_size: 10,
            statement_cache: true,
        };
        arguments.url().map_err(|BadSetting(message)| message)
    }

    const DEFAULT: ValueSource = ValueSource::DefaultValue;
    const VARIABLE: ValueSource = ValueSource::EnvVariable;
    const FLAG: ValueSource = ValueSource::CommandLine;

    #[test]
    fn a_flag_goes_before_a_variable_whichever_it_is() {
        let default = ("sqlite://partbook.db", DEFAULT);
        assert_eq!(url(default, ("", DEFAULT)).unwrap().to_string(), "sqlite://partbook.db");
        assert_eq!(url(("sqlite://a.db", FLAG), ("/nowhere/url", VARIABLE)).unwrap().to_string(), "sqlite://a.db");
        for (given, name) in [(FLAG, "--database-url-file"), (VARIABLE, "DATABASE_URL_FILE")] {
            let message = url(default, ("/nowhere/url", given)).unwrap_err();
            assert!(message.starts_with(&format!("{name}: `/nowhere/url`: ")), "{message}");
        }
        let message = url(("nonsense", VARIABLE), ("/nowhere/url", FLAG)).unwrap_err();
        assert!(message.starts_with("--database-url-file: "), "{message}");
        assert_eq!(
            url(("sqlite://a.db", FLAG), ("/nowhere/url", FLAG)).unwrap_err(),
            "--database-url and --database-url-file are both set; set only one of them"
        );
        assert_eq!(
            url(("sqlite://a.db", VARIABLE), ("/nowhere/url", VARIABLE)).unwrap_err(),
            "DATABASE_URL and DATABASE_URL_FILE are both set; set only one of them"
        );
    }

    #[test]
    fn a_password_is_never_shown_and_refused_in_a_flag() {
        assert!(url(("postgres://u:secret@h/d", VARIABLE), ("", DEFAULT)).unwrap().has_password());
        for (text, source, name) in [
            ("postgres://u:secret@h/d", FLAG, "--database-url: "),
            ("postgres://h/d?password=secret", FLAG, "--database-url: "),
            ("u:secret@h", FLAG, "--database-url: "),
            ("postgress://u:secret@h/d", VARIABLE, "DATABASE_URL: "),
        ] {
            let message = url((text, source), ("", DEFAULT)).unwrap_err();
            assert!(message.starts_with(name) && !message.contains("secret") && !message.contains('\n'), "{message}");
        }
    }
}

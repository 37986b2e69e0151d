//! The command line: one file per subcommand.

mod healthcheck;
mod migrate;
mod openapi;
mod serve;

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use partbook_database::{DatabaseUrl, StartError};
use partbook_telemetry::LogSettings;

use crate::config::{self, BadSetting, setting};

/// Why the program ends without having done what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was asked wrongly.
    Usage(String),
    /// It could not.
    Run(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Usage(text) | Self::Run(text)) = self;
        f.write_str(text)
    }
}

impl From<BadSetting> for Failure {
    fn from(BadSetting(text): BadSetting) -> Self {
        Self::Usage(text)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::Run(error.to_string())
    }
}

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("PARTBOOK_COMMIT"), ")");

const EXAMPLES: &str = "\
Examples:
  partbook serve --demo
      A sample catalog in the file partbook.db, at http://127.0.0.1:8000/v1/catalog/cpus
  DATABASE_URL_FILE=/run/secrets/database-url partbook --listen 0.0.0.0:8000
      A PostgreSQL database whose URL, password and all, stays out of the command line
  partbook migrate status
      What the database has been brought up to

Every setting but --demo is a flag or an environment variable; flags go first, and an empty variable counts as not set.";

/// A catalog of PC parts, served over HTTP from PostgreSQL or a SQLite file.
///
/// Without a command, partbook serves.
#[derive(Debug, Parser)]
#[command(name = "partbook", version = VERSION, after_long_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the catalog (what partbook does without a command)
    Serve(serve::Arguments),
    /// Bring a database up to date, or say what it has been brought up to
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// Print the OpenAPI document of the service
    Openapi,
    /// Ask a running service whether it lives; exit status 0 when it does
    Healthcheck(healthcheck::Arguments),
}

/// Which database, and how it is talked to.
#[derive(Args, Debug)]
struct Target {
    /// The database: `sqlite://path/to/file.db` or `postgres://user@host/database`. A password goes into the variable,
    /// or into a file: command lines are public [env: `DATABASE_URL`] [default: `sqlite://partbook.db`]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,

    /// A file that holds the database URL [env: `DATABASE_URL_FILE`]
    #[arg(long, value_name = "FILE")]
    database_url_file: Option<PathBuf>,

    /// Keep statements prepared; `off` behind `PgBouncer` in transaction mode [env: `PARTBOOK_STATEMENT_CACHE`]
    /// [default: on]
    #[arg(long, value_name = "on|off")]
    statement_cache: Option<String>,
}

impl Target {
    fn url(&self) -> Result<DatabaseUrl, BadSetting> {
        config::database_url(self.database_url.as_deref(), self.database_url_file.clone())
    }
}

/// How the log is written.
#[derive(Args, Debug)]
struct Log {
    /// What is logged: off, error, warn, info, debug, trace, or levels per target, as in info,sqlx=debug
    /// [env: `PARTBOOK_LOG_LEVEL`] [default: info]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,

    /// How it is written, on standard error [env: `PARTBOOK_LOG_FORMAT`] [default: text]
    #[arg(long, value_name = "text|json")]
    log_format: Option<String>,
}

impl Log {
    fn settings(&self) -> Result<LogSettings, BadSetting> {
        let level = setting("--log-level", "PARTBOOK_LOG_LEVEL");
        let format = setting("--log-format", "PARTBOOK_LOG_FORMAT");
        Ok(LogSettings {
            filter: level.read(self.log_level.as_deref(), "info", config::log_level)?,
            format: format.read(self.log_format.as_deref(), "text", config::log_format)?,
        })
    }
}

/// Does what the command line asks.
///
/// # Errors
/// See [`Failure`].
pub(crate) async fn run() -> Result<(), Failure> {
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // A reader that has seen enough, such as `head`, is no failure.
            let _ = error.print();
            return Ok(());
        }
        Err(error) => return Err(Failure::Usage(one_line(&error))),
    };
    match cli.command {
        None => serve::run(cli.serve).await,
        Some(Command::Serve(arguments)) => serve::run(arguments).await,
        Some(Command::Migrate(command)) => migrate::run(command).await,
        Some(Command::Openapi) => openapi::run(),
        Some(Command::Healthcheck(arguments)) => healthcheck::run(arguments).await,
    }
}

fn parse(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Cli, clap::Error> {
    // The quotes that comments need are not for the reader of the help.
    let command = plain(Cli::command());
    Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

fn plain(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|argument| {
        let help = argument.get_help().map(|help| help.to_string().replace('`', ""));
        match help {
            Some(help) => argument.help(help),
            None => argument,
        }
    });
    command.mut_subcommands(plain)
}

/// clap's message without the usage that follows it. An argument that looks like a URL may hold a password.
fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a command is missing; see partbook --help".to_owned();
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message: Vec<&str> =
        lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more")).collect();
    let message = message.join("; ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    if message.contains("://") {
        return "an argument is not understood; a database URL follows --database-url; see partbook --help".to_owned();
    }
    format!("{message}; see partbook --help")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(arguments: &[&str]) -> String {
        let arguments = ["partbook"].iter().chain(arguments).map(Into::into);
        one_line(&parse(arguments).unwrap_err())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serving_flags_work_with_and_without_the_command() {
        for arguments in
            [&["partbook", "--listen", "x:1", "--demo"][..], &["partbook", "serve", "--listen", "x:1", "--demo"]]
        {
            let cli = parse(arguments.iter().map(Into::into)).unwrap();
            let Some(Command::Serve(serve)) = cli.command.or(Some(Command::Serve(cli.serve))) else { panic!() };
            assert!(serve.demo && serve.listen.as_deref() == Some("x:1"));
        }
    }

    #[test]
    fn a_wrong_argument_is_one_line_without_a_secret() {
        assert_eq!(
            fault(&["--lisen", "x:1"]),
            "unexpected argument '--lisen' found; tip: a similar argument exists: '--listen'; see partbook --help"
        );
        for arguments in [
            &["postgres://u:secret@h/d"][..],
            &["--databaseurl=postgres://u:secret@h/d"],
            &["migrate"],
            &["migrate", "sideways"],
            &["--listen"],
            &["--listen", "x:1", "serve"],
            &["serve", "serve"],
        ] {
            let message = fault(arguments);
            assert!(!message.contains("secret") && !message.contains('\n') && message.len() > 20, "{message}");
        }
    }
}

//! The command line: one file per subcommand.

mod backup;
mod backup_watch;
mod check;
mod confirm;
mod healthcheck;
mod migrate;
mod openapi;
mod output;
mod replicas_watch;
mod replication_watch;
mod schema_watch;
mod serve;
mod settings;
mod token;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use listenfd::ListenFd;

use crate::config::ServeArguments;
pub(crate) use output::Failure;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("PARTBOOK_COMMIT"), ")");

const EXAMPLES: &str = "\
Examples:
  partbook serve --demo
      A sample catalog in the file partbook.db, at http://127.0.0.1:8000/v1/catalog/cpus
  DATABASE_URL_FILE=/run/secrets/database-url partbook --listen 0.0.0.0:8000
      A PostgreSQL database whose URL, password and all, stays out of the command line
  partbook migrate status
      The migrations of the database, and when each was applied

Every setting but --demo is a flag or an environment variable; the flag wins, and an empty variable counts as not set.";

/// A catalog of PC parts, served over HTTP from PostgreSQL or a SQLite file.
///
/// Without a command, partbook serves.
#[derive(Parser)]
#[command(name = "partbook", version = VERSION, after_long_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArguments,
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one of them, for the life of the process")]
enum Command {
    /// Serve the catalog (what partbook does without a command)
    Serve(ServeArguments),
    /// Apply migrations, take them back, list them, or compare the schema with them
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// Make backups, try them, restore them, or delete old ones
    #[command(subcommand)]
    Backup(backup::Command),
    /// Look whether what is in the database is sound; exit status 0 without a finding, 1 with one, 2 in trouble
    Check(check::Arguments),
    /// Make API tokens
    #[command(subcommand)]
    Token(token::Command),
    /// Print the OpenAPI document of the service
    Openapi,
    /// Print the settings of `partbook serve` as a table
    #[command(hide = true)]
    Settings,
    /// Check that a running service is alive; exit status 0 when it is
    Healthcheck(healthcheck::Arguments),
}

/// Runs the command that the command line names. `inherited` are the sockets that a service manager hands over.
///
/// # Errors
/// See [`Failure`].
pub(crate) async fn run(inherited: ListenFd) -> Result<(), Failure> {
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // A reader that stops reading, such as `head`, is not a failure.
            let _ = error.print();
            return Ok(());
        }
        Err(error) => return Err(Failure::Usage(one_line(&error))),
    };
    match cli.command {
        None => Box::pin(serve::run(cli.serve, inherited)).await,
        Some(Command::Serve(arguments)) => Box::pin(serve::run(arguments, inherited)).await,
        Some(Command::Migrate(command)) => migrate::run(command).await,
        Some(Command::Backup(command)) => backup::run(command).await,
        Some(Command::Check(arguments)) => check::run(arguments).await,
        Some(Command::Token(command)) => token::run(command),
        Some(Command::Openapi) => openapi::run(),
        Some(Command::Settings) => settings::run(&ServeArguments::augment_args(clap::Command::new("serve"))),
        Some(Command::Healthcheck(arguments)) => healthcheck::run(arguments).await,
    }
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut command = presented(Cli::command());
    // A subcommand reads its own variables. Those of serving must not stop it when one makes no sense.
    if arguments.get(1).is_some_and(|first| command.find_subcommand(first).is_some()) {
        command = command.mut_args(|argument| argument.env(None::<&str>));
    }
    Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

/// Takes out of the help the quotes that doc comments need, and the values of variables.
fn presented(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|argument| {
        let help = argument.get_help().map(|help| help.to_string().replace('`', "")).unwrap_or_default();
        argument.help(help).hide_env_values(true)
    });
    command.mut_subcommands(presented)
}

/// Takes clap's message without the usage that follows it. An argument that looks like a URL may hold a password.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return format!("a command is missing; see {}", help_for(&text));
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message: Vec<&str> =
        lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more")).collect();
    let message = message.join("; ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    // The message of a setting is complete, and shows no secret.
    if error.kind() == ErrorKind::ValueValidation {
        return message.to_owned();
    }
    if message.contains("://") {
        let hint = "a database URL follows --database-url";
        return format!("an argument is not understood; {hint}; see {}", help_for(&text));
    }
    format!("{message}; see {}", help_for(&text))
}

/// The call that explains the command at which clap stopped, which its line about the usage names.
fn help_for(text: &str) -> String {
    let usage = text.lines().find_map(|line| line.trim().strip_prefix("Usage: ")).unwrap_or("partbook");
    let is_name = |word: &&str| word.chars().all(|character| character.is_ascii_lowercase());
    let command = usage.split(' ').take_while(is_name).collect::<Vec<_>>().join(" ");
    format!("{command} --help")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(arguments: &[&str]) -> String {
        let arguments = ["partbook"].iter().chain(arguments).map(Into::into);
        one_line(&parse(arguments).err().expect("a fault"))
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
            assert!(serve.demo && serve.listen.to_string() == "x:1");
        }
    }

    #[test]
    fn a_wrong_argument_is_one_line_without_a_secret() {
        assert_eq!(
            fault(&["--lisen", "x:1"]),
            "unexpected argument '--lisen' found; tip: a similar argument exists: '--listen'; see partbook --help"
        );
        assert_eq!(fault(&["migrate"]), "a command is missing; see partbook migrate --help");
        assert!(fault(&["migrate", "sideways"]).ends_with("see partbook migrate --help"));
        assert!(fault(&["migrate", "up", "--loud"]).ends_with("see partbook migrate up --help"));
        assert!(fault(&["serve", "--lisen", "x:1"]).ends_with("see partbook serve --help"));
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

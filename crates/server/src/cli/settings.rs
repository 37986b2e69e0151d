//! `partbook settings`: what `partbook serve` can be set to, as the table of `docs/settings.md`.

use clap::Arg;

use super::output::{Failure, print};

/// Prints the table, of the command that serves.
///
/// # Errors
/// Standard output cannot be written.
pub(super) fn run(serve: &clap::Command) -> Result<(), Failure> {
    print(&table(serve))
}

fn table(serve: &clap::Command) -> String {
    let mut table = "| flag | environment | default | |\n|---|---|---|---|\n".to_owned();
    for row in serve.get_arguments().filter_map(row) {
        table += &row;
        table.push('\n');
    }
    table
}

fn row(argument: &Arg) -> Option<String> {
    let flag = argument.get_long()?;
    let code = |text: &str| if text.is_empty() { String::new() } else { format!("`{text}`") };
    let variable = argument.get_env().map(|name| name.to_string_lossy()).unwrap_or_default();
    let default = argument.get_default_values().first().map(|value| value.to_string_lossy()).unwrap_or_default();
    let help = argument.get_help().map(|help| help.to_string().replace('|', "\\|")).unwrap_or_default();
    Some(format!("| `--{flag}` | {} | {} | {help} |", code(&variable), code(&default)))
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;
    use crate::config::ServeArguments;

    #[test]
    fn every_setting_has_a_row() {
        let serve = ServeArguments::augment_args(clap::Command::new("serve"));
        let table = table(&serve);
        assert_eq!(table.lines().count(), 2 + serve.get_arguments().count());
        let of_pool = "| `--pool-size` | `PARTBOOK_POOL_SIZE` | `10` | The greatest number of connections";
        assert!(table.lines().any(|line| line.starts_with(of_pool)), "{table}");
        assert!(table.lines().any(|line| line.starts_with("| `--demo` |  |  | Fill an empty database")), "{table}");
        let empty = "| `--admin-listen` | `PARTBOOK_ADMIN_LISTEN` |  | An address";
        assert!(table.lines().any(|line| line.starts_with(empty)), "{table}");
    }
}

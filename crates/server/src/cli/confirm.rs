//! Questions to the person at the terminal.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

use super::output::Failure;

/// Asks whether to go on, unless `yes` says so already. Where nobody can be asked, nothing is done.
///
/// # Errors
/// The answer is no, or there is no terminal.
pub(super) fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let answer = ask(&format!("{question} [y/N] ")).ok_or_else(|| {
        Failure::Trouble(format!("{question} There is no terminal to ask on: --yes says so. Nothing was changed"))
    })?;
    if answer.to_ascii_lowercase().starts_with('y') { Ok(()) } else { Err(unchanged()) }
}

/// Asks for the name of what is about to be lost, unless it was given already.
///
/// # Errors
/// Another name, or there is no terminal.
pub(super) fn confirm_name(warning: &str, name: &str, flag: &str, given: Option<&str>) -> Result<(), Failure> {
    let answer = match given {
        Some(given) => given.to_owned(),
        None => ask(&format!("{warning} Type its name, {name}, to go on: ")).ok_or_else(|| {
            Failure::Trouble(format!(
                "{warning} There is no terminal to ask on: {flag} {name} says so. Nothing was changed"
            ))
        })?,
    };
    if answer == name {
        return Ok(());
    }
    Err(Failure::Run(format!(
        "`{}` is not {name}, the name of the database: nothing was changed",
        answer.escape_debug()
    )))
}

fn unchanged() -> Failure {
    Failure::Run("nothing was changed".to_owned())
}

/// The line that is typed after a question; none without a terminal.
fn ask(question: &str) -> Option<String> {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return None;
    }
    eprint!("{question}");
    let _ = stderr().flush();
    let mut line = String::new();
    stdin().read_line(&mut line).ok()?;
    Some(line.trim().to_owned())
}

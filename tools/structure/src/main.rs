//! Checks the structure of the workspace: `cargo run -p partbook-structure`.
//!
//! It reads what `cargo metadata` says of the crates, and their source files. It fails when
//!
//! - a manifest names a dependency that no source of its package does;
//! - a crate depends on one that the plan in `plan.rs` does not put below it, or names sqlx although it is none of those
//!   that may;
//! - files of a library or a program name each other's items in a circle, without what only tests compile. A name that a file re-exports counts for the file that
//!   defines it, and a file may name what lies in the modules beneath it: that is what a `mod.rs` is for.
//!
//! It sees names. A method that is called on a value names no file, so an `impl` in a file of its own stays unseen.

mod circles;
mod names;
mod plan;
mod resolve;
mod source;
mod unused;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    match workspace::faults() {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            print!("{}", faults.concat());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("partbook-structure: {error}");
            ExitCode::from(2)
        }
    }
}

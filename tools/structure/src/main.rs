//! Checks the structure of the workspace: `cargo run -p partbook-structure`.
//!
//! It reads what `cargo metadata` says of the crates, and the source files of every library and program, without what
//! only tests compile. It fails when
//!
//! - a crate depends on one that the plan in `plan.rs` does not put below it, or names sqlx although it is none of those
//!   that may;
//! - files of one crate name each other's items in a circle. A name that a file re-exports counts for the file that
//!   defines it, and a file may name what lies in the modules beneath it: that is what a `mod.rs` is for.
//!
//! It sees names. A method that is called on a value names no file, so an `impl` in a file of its own stays unseen.

mod circles;
mod names;
mod plan;
mod resolve;
mod source;
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

//! What the process reports about itself while it runs, and how it writes that: the log and traces.
//!
//! What every crate needs to report in the same way belongs here: the target of spans for traces, the text of an error
//! with its causes, the unit of durations. So does what starts the log and the export of traces, once per process. This
//! crate depends on no other crate of the workspace.

mod duration;
mod error_chain;
mod log;
mod panics;
mod start;
mod traces;

pub use duration::milliseconds;
pub use error_chain::error_chain;
pub use log::{LogFormat, LogSettings};
pub use start::{Telemetry, start};
pub use traces::{Protocol, Sampling, TraceSettings};

/// The target of spans that are made for traces alone. The log leaves them out.
pub const TRACE_TARGET: &str = "partbook::trace";

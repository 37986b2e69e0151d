//! What a service in the test's process logs: the test prints it.

use std::env;
use std::sync::Once;

use tracing_subscriber::filter::LevelFilter;

/// Prints what the services in this process log, for tests that fail: warnings, or what `PARTBOOK_LOG_LEVEL` says.
pub(crate) fn log_to_the_test() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let level = env::var("PARTBOOK_LOG_LEVEL").ok().and_then(|level| level.parse().ok());
        tracing_subscriber::fmt().with_max_level(level.unwrap_or(LevelFilter::WARN)).with_test_writer().init();
    });
}

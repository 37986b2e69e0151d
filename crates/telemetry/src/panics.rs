//! A panic as one line of the log, with its request, instead of lines on standard error that no store can read.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};

/// Writes panics to the log from now on.
pub(crate) fn log_panics() {
    panic::set_hook(Box::new(log_panic));
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let error = panic.payload_as_str().unwrap_or("it does not say why");
    let place = panic.location().map(ToString::to_string);
    // Only where `RUST_BACKTRACE` asks for one.
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(place, error, backtrace, "panicked");
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was written.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().map_err(|_| io::Error::other("poisoned"))?.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_one_line_under_its_request() {
        let (written, hook) = (Written::default(), panic::take_hook());
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
        log_panics();
        tracing::subscriber::with_default(subscriber, || {
            let request = tracing::info_span!("request", request_id = "seen");
            let caught = request.in_scope(|| panic::catch_unwind(|| panic!("two\nlines of {}", "it")));
            assert!(caught.is_err());
        });
        panic::set_hook(hook);
        let log = String::from_utf8(written.0.lock().expect("the log").clone()).expect("UTF-8");
        assert_eq!(log.lines().count(), 1, "{log}");
        for part in ["\"panicked\"", r"two\nlines of it", "panics.rs:", "\"request_id\":\"seen\"", "\"ERROR\""] {
            assert!(log.contains(part), "{part} in {log}");
        }
    }
}

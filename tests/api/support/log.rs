//! The service's log, as its JSON lines.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Service;

/// How long a line may take: an answer may be faster than what is said of it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The lines so far, each of which must be one JSON object.
#[track_caller]
pub(crate) fn lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|fault| panic!("{fault}: {line}"))).collect()
}

/// The id of the request that a line belongs to.
pub(crate) fn request_id(line: &Value) -> Option<&str> {
    line["span"]["request_id"].as_str()
}

/// Whether a line is the one that sums a request up.
pub(crate) fn is_summary(line: &Value) -> bool {
    let message = line["message"].as_str().unwrap_or_default();
    ["answered", "given up by the client before an answer"].contains(&message)
}

impl Service {
    pub(crate) fn log_lines(&self) -> Vec<Value> {
        lines(&self.log())
    }

    /// The lines of one request, once it is summed up.
    pub(crate) async fn lines_of(&self, id: &str) -> Vec<Value> {
        let is_of = |line: &Value| request_id(line) == Some(id);
        let lines = self.lines_when(|lines| lines.iter().any(|line| is_of(line) && is_summary(line))).await;
        lines.into_iter().filter(is_of).collect()
    }

    /// All lines, as soon as something is true of them.
    pub(crate) async fn lines_when(&self, true_of: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let begin = Instant::now();
        loop {
            let lines = self.log_lines();
            if true_of(&lines) {
                return lines;
            }
            assert!(begin.elapsed() < PATIENCE, "the log does not say what it must");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

//! A server's log, in JSON lines.

use serde_json::Value;

use crate::Server;

/// The lines so far, each of which must be one JSON object.
///
/// # Panics
/// One is not.
#[track_caller]
pub fn lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|fault| panic!("{fault}: {line}"))).collect()
}

/// The id of the request that a line belongs to.
pub fn request_id(line: &Value) -> Option<&str> {
    line["span"]["request_id"].as_str()
}

/// Whether a line is the one that sums a request up.
pub fn is_summary(line: &Value) -> bool {
    let message = line["message"].as_str().unwrap_or_default();
    ["answered", "given up by the client before an answer"].contains(&message)
}

impl Server {
    /// The lines so far.
    pub fn log_lines(&self) -> Vec<Value> {
        lines(&self.log())
    }

    /// The lines of one request, once it is summed up.
    pub async fn lines_of(&self, id: &str) -> Vec<Value> {
        let is_of = |line: &Value| request_id(line) == Some(id);
        let lines = self.lines_when(|lines| lines.iter().any(|line| is_of(line) && is_summary(line))).await;
        lines.into_iter().filter(is_of).collect()
    }

    /// All lines, as soon as something is true of them: an answer may be faster than what is said of it.
    ///
    /// # Panics
    /// It does not become true.
    pub async fn lines_when(&self, true_of: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let found = self.found(|log| Some(lines(log)).filter(|lines| true_of(lines))).await;
        found.unwrap_or_else(|| panic!("the log does not say what it must"))
    }
}

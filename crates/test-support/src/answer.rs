//! An answer of the service, and what can be demanded of it.

use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as it was sent.
    pub body: Vec<u8>,
    /// Method and URL, for messages.
    request: String,
}

/// An error answer, found to have the one shape of contract section 6.
#[derive(Debug)]
pub struct Problem {
    /// What a person is shown.
    pub detail: String,
    /// The single faults of a 422, in the order of the answer; empty for any other status.
    pub faults: Vec<Fault>,
    /// All members.
    pub json: Value,
}

/// One fault of a 422.
#[derive(Debug)]
pub struct Fault {
    /// A pointer into the body such as `#/cores`, or the name of a parameter.
    pub at: String,
    /// What is wrong, for a person.
    pub detail: String,
    /// What is wrong, for a program.
    pub code: String,
}

impl Answer {
    pub(crate) fn new(request: String, status: StatusCode, headers: HeaderMap, body: &[u8]) -> Self {
        Self { status: status.as_u16(), headers, body: body.to_vec(), request }
    }

    /// The body as text.
    ///
    /// # Panics
    /// It is no UTF-8.
    #[track_caller]
    pub fn text(&self) -> &str {
        match std::str::from_utf8(&self.body) {
            Ok(text) => text,
            Err(fault) => self.fail(&fault.to_string()),
        }
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// It is not JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(json) => json,
            Err(fault) => self.fail(&fault.to_string()),
        }
    }

    /// The elements of a JSON array.
    #[track_caller]
    pub fn array(&self) -> Vec<Value> {
        match self.json() {
            Value::Array(elements) => elements,
            _ => self.fail("not an array"),
        }
    }

    /// The value of a header that appears once, or not at all.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        if values.next().is_some() {
            self.fail(&format!("more than one {name}"));
        }
        Some(value.to_str().expect("a header in ASCII"))
    }

    /// Demands a status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        if self.status != status {
            self.fail(&format!("expected {status}"));
        }
        self
    }

    /// Demands an error with this status, in the one shape of contract section 6.
    #[track_caller]
    pub fn problem(&self, status: u16) -> Problem {
        if self.status != status {
            self.fail(&format!("expected {status}"));
        }
        if self.header("content-type") != Some("application/problem+json") {
            self.fail("the content type of an error is application/problem+json");
        }
        let json = self.json();
        for member in ["type", "title", "detail", "instance", "request_id"] {
            if json[member].as_str().is_none_or(str::is_empty) {
                self.fail(&format!("`{member}` is no text"));
            }
        }
        if json["status"].as_u64() != Some(u64::from(status)) {
            self.fail("`status` is not the answer's");
        }
        if json["request_id"].as_str() != self.header("x-request-id") {
            self.fail("`request_id` is not the X-Request-ID");
        }
        let faults = match (&json["errors"], status) {
            (Value::Array(errors), 422) => errors.iter().map(|error| self.fault(error)).collect(),
            (Value::Null, _) if status != 422 => Vec::new(),
            _ => self.fail("`errors` belongs to a 422, as an array"),
        };
        Problem { detail: json["detail"].as_str().unwrap_or_default().to_owned(), faults, json }
    }

    fn fault(&self, error: &Value) -> Fault {
        let text = |name: &str| error[name].as_str().map(str::to_owned);
        let at = match (text("pointer"), text("parameter")) {
            (Some(pointer), None) if pointer.starts_with('#') => pointer,
            (None, Some(parameter)) => parameter,
            _ => self.fail(&format!("{error} needs either a pointer or a parameter")),
        };
        match (text("detail"), text("code")) {
            (Some(detail), Some(code)) if !detail.is_empty() && !code.is_empty() => Fault { at, detail, code },
            _ => self.fail(&format!("{error} needs a detail and a code")),
        }
    }

    #[track_caller]
    fn fail(&self, complaint: &str) -> ! {
        panic!(
            "{complaint}\n{} -> {}\n{:#?}\n{}",
            self.request,
            self.status,
            self.headers,
            String::from_utf8_lossy(&self.body)
        );
    }
}

impl Problem {
    /// The fault at a pointer or parameter.
    #[track_caller]
    pub fn at(&self, at: &str) -> &Fault {
        self.faults.iter().find(|fault| fault.at == at).unwrap_or_else(|| panic!("no fault at {at}: {:#}", self.json))
    }

    /// Where the faults are.
    pub fn places(&self) -> Vec<&str> {
        self.faults.iter().map(|fault| fault.at.as_str()).collect()
    }
}

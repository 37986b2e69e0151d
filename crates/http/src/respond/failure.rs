//! Failures inside the service: for the log, never for the client.

use partbook_domain::Entity;

/// Why the service could not do what was asked. It travels as an extension of the response and is logged once, by the
/// outermost layer, so that code which turns errors into answers does not log them.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// The log message: a constant, so that it can be searched for.
    pub(crate) message: &'static str,
    /// The entity that the operation was on.
    pub(crate) entity: Option<&'static str>,
    /// The error with its causes.
    pub(crate) error: String,
}

/// The log level of a failure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Severity {
    /// The database is away or busy; it may recover by itself.
    Warning,
    /// The service or its database needs attention.
    Error,
}

impl Failure {
    /// A failure that may pass.
    pub(crate) fn warning(message: &'static str, error: String) -> Self {
        Self { severity: Severity::Warning, message, entity: None, error }
    }

    /// A failure that waiting does not cure.
    pub(crate) fn error(message: &'static str, error: String) -> Self {
        Self { severity: Severity::Error, message, entity: None, error }
    }

    /// The same failure, of an operation on an entity.
    pub(crate) fn of(self, entity: &Entity) -> Self {
        Self { entity: Some(entity.name), ..self }
    }
}

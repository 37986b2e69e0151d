//! The health checks: is the process alive, and can it serve requests (contract section 8).

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json};
use partbook_domain::access::{Scope, Subject};
use partbook_repository::{Availability, Error, ReplicaState, WritesRefused};
use partbook_telemetry::error_chain;
use serde_json::json;
use tokio::time::timeout;
use utoipa_axum::router::OpenApiRouter;

use crate::extract::principal::Principal;
use crate::openapi;
use crate::respond::failure::Failure;
use crate::state::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(openapi::routed("/health".to_owned(), openapi::service::health(), get(health)))
        .routes(openapi::routed(
            "/livez".to_owned(),
            openapi::service::livez(),
            get(|| async { Json(json!({ "status": "ok" })) }),
        ))
        .routes(openapi::routed("/readyz".to_owned(), openapi::service::readyz(), get(readyz)))
}

/// Answers whether the database answers, also while the service drains.
async fn health(State(app): State<App>, principal: Option<Extension<Principal>>) -> Response {
    let availability = app.repository().availability().await;
    let (code, status, database) = if matches!(availability, Availability::Available) {
        (StatusCode::OK, "ok", "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "unavailable")
    };
    // The listener for operators asks nobody who they are.
    if principal.is_some_and(|Extension(principal)| !principal.may(Scope::Read, Subject::None)) {
        let body = Json(json!({ "status": status }));
        return (code, no_answer(&availability).map(Extension), body).into_response();
    }
    let settings = app.settings();
    let mut body = json!({
        "status": status,
        "environment": settings.environment,
        "version": settings.version,
        "commit": settings.commit,
        "database": database,
    });
    if let Some(replicas) = app.repository().replicas() {
        let each = replicas.states();
        let in_use = each.iter().filter(|replica| **replica == ReplicaState::InUse).count();
        body["replicas"] = json!({ "in_use": in_use, "left_out": each.len() - in_use });
    }
    (code, no_answer(&availability).map(Extension), Json(body)).into_response()
}

/// How long the check of the schema may take. Tables that are locked for now are no reason to send requests elsewhere.
const SCHEMA_CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// Answers whether new requests should be sent here.
async fn readyz(State(app): State<App>) -> Response {
    let Some(unready) = unready(&app).await else {
        return (StatusCode::OK, Json(json!({ "status": "ready" }))).into_response();
    };
    let body = json!({ "status": "unready", "reason": unready.reason });
    (StatusCode::SERVICE_UNAVAILABLE, unready.failure.map(Extension), Json(body)).into_response()
}

/// Why new requests should not be sent here.
struct Unready {
    reason: &'static str,
    failure: Option<Failure>,
}

/// Finds out whether new requests should go elsewhere. That every connection is busy for now is no reason.
async fn unready(app: &App) -> Option<Unready> {
    if app.is_draining() {
        return Some(Unready { reason: "draining", failure: None });
    }
    let availability = app.repository().availability().await;
    match availability {
        Availability::Busy => return None,
        Availability::Away(ref error) => {
            let is_replaced = error.as_ref().is_some_and(Error::is_file_replaced);
            let reason = if is_replaced { "database file moved, replaced or deleted" } else { "database unavailable" };
            return Some(Unready { reason, failure: no_answer(&availability) });
        }
        Availability::Available => {}
    }
    let check = async {
        app.repository().check_schema().await?;
        app.repository().writes_refused().await
    };
    match timeout(SCHEMA_CHECK_TIMEOUT, check).await.unwrap_or(Ok(None)) {
        Ok(None) => None,
        Ok(Some(refused)) => {
            let reason = match refused {
                WritesRefused::Standby => "database is a standby",
                WritesRefused::Setting => "database read-only",
            };
            let failure = Failure::warning("the database takes no writes", reason.to_owned());
            Some(Unready { reason, failure: Some(failure) })
        }
        Err(error) if error.is_saturation() => None,
        // To wait does not help, though a request is told to try again.
        Err(error) if error.is_denied() => {
            let failure = Failure::error("the role lacks a right that it had at the start", error_chain(&error));
            Some(Unready { reason: "right missing", failure: Some(failure) })
        }
        Err(error) if error.is_unavailable() => Some(Unready { reason: "database unavailable", failure: None }),
        Err(error) => {
            let failure = Failure::error("the schema is not what it was at the start", error_chain(&error));
            Some(Unready { reason: "schema changed", failure: Some(failure) })
        }
    }
}

/// The failure of a database that does not answer; none if it does, or if every connection is busy.
fn no_answer(availability: &Availability) -> Option<Failure> {
    let Availability::Away(error) = availability else { return None };
    let error = error.as_ref().map_or_else(|| "no answer in time".to_owned(), |error| error_chain(error));
    Some(Failure::warning("the database does not answer a health check", error))
}

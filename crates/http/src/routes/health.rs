//! Whether the process lives, and whether it can do its work (contract section 8).

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use partbook_repository::Availability;
use partbook_telemetry::error_chain;
use serde_json::json;
use tokio::time::timeout;
use utoipa_axum::router::OpenApiRouter;

use crate::openapi;
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

/// Whether the database answers; goes on being well while the service drains.
async fn health(State(app): State<App>) -> Response {
    let available = matches!(availability(&app).await, Availability::Available);
    let (code, status, database) = if available {
        (StatusCode::OK, "ok", "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "unavailable")
    };
    let settings = app.settings();
    let body = json!({
        "status": status,
        "environment": settings.environment,
        "version": settings.version,
        "database": database,
    });
    (code, Json(body)).into_response()
}

/// How long the look at the schema may take; tables that are locked for now are no reason to send requests elsewhere.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether new requests should be sent here. A pool that is busy for now is no reason to send them elsewhere.
async fn readyz(State(app): State<App>) -> Response {
    let reason = if app.is_draining() {
        Some("draining")
    } else {
        match availability(&app).await {
            Availability::Away(_) => Some("database unavailable"),
            Availability::Busy => None,
            Availability::Available => match timeout(PATIENCE, app.repository().check_schema()).await.unwrap_or(Ok(()))
            {
                Ok(()) => None,
                Err(error) if error.is_saturation() => None,
                Err(error) if error.is_unavailable() => Some("database unavailable"),
                Err(error) => {
                    tracing::error!(error = error_chain(&error), "the schema is not what it was at the start");
                    Some("schema changed")
                }
            },
        }
    };
    match reason {
        None => (StatusCode::OK, Json(json!({ "status": "ready" }))).into_response(),
        Some(reason) => {
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "unready", "reason": reason }))).into_response()
        }
    }
}

async fn availability(app: &App) -> Availability {
    let availability = app.repository().availability().await;
    if let Availability::Away(error) = &availability {
        let error = error.as_ref().map_or_else(|| "no answer in time".to_owned(), |error| error_chain(error));
        tracing::warn!(error, "the database does not answer a health check");
    }
    availability
}

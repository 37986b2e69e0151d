//! `GET /metrics`: the metrics in Prometheus' text format (contract section 8).

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use crate::openapi;
use crate::state::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(openapi::routed("/metrics".to_owned(), openapi::service::metrics(), get(metrics)))
}

async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let (answers, bodies) = (app.pending_answers().occupancy(), app.body_memory().occupancy());
    let text = app.metrics().render(app.repository(), answers, bodies).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

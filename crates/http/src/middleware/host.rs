//! Answers only requests for a host that is the service's (contract section 2). A page from elsewhere whose name leads to this machine
//! (DNS rebinding) would else be of the same origin as the service, for its visitor's browser.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::problem_body;
use super::request::{RequestName, is_probe};
use crate::excerpt::excerpt;
use crate::extract::host::{Fault, Host, Reach, host_of};
use crate::respond::problem::Problem;
use crate::state::App;

/// Refuses a request that is for no host, for several, or for one that is not the service's.
pub(crate) async fn check(State((app, reach)): State<(App, Reach)>, request: Request, next: Next) -> Response {
    match refusal(&app, reach, &request) {
        None => next.run(request).await,
        Some(problem) => {
            let name = request.extensions().get::<RequestName>().cloned().unwrap_or_default();
            problem_body::with_body(problem.into_response(), &name, request.method() == Method::HEAD)
        }
    }
}

fn refusal(app: &App, reach: Reach, request: &Request) -> Option<Problem> {
    let path = request.uri().path();
    if is_probe(path) || (request.method() == Method::OPTIONS && path == "/") {
        return None;
    }
    let text = match host_of(request) {
        Ok(text) => text?,
        Err(fault) => return Some(Problem::new(StatusCode::BAD_REQUEST, detail(fault))),
    };
    let hosts = &app.settings().hosts;
    let is_ours = !hosts.are_checked(reach) || Host::parse(text).is_some_and(|host| hosts.contain(&host));
    (!is_ours).then(|| {
        let detail = format!(
            "This service is not `{}`: it goes by the names and addresses of its machine, and by those of PARTBOOK_HOSTS",
            excerpt(text)
        );
        Problem::new(StatusCode::MISDIRECTED_REQUEST, detail)
    })
}

fn detail(fault: Fault) -> &'static str {
    match fault {
        Fault::Missing => "The header Host is missing, without which HTTP/1.1 has no request",
        Fault::Several => "The request names more than one host; the header Host is sent once",
        Fault::Malformed => "The header Host is malformed; it is a name or an address, and may have a port",
    }
}

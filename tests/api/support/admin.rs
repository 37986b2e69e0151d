//! The listener that only operators reach.

use reqwest::{Client, Method};

use super::{Answer, Request, Service};

/// Where a service with an admin listener is asked for its figures and its health.
pub(crate) struct Admin {
    address: String,
    client: Client,
}

impl Service {
    /// The admin listener, from the line of the log that says where it is.
    pub(crate) fn admin(&self) -> Admin {
        let lines = self.log_lines();
        let line = lines.iter().find(|line| line["message"] == "metrics and health");
        let address = line.and_then(|line| line["address"].as_str()).expect("a line with the address").to_owned();
        Admin { address, client: Client::builder().no_proxy().build().expect("a client without TLS") }
    }
}

impl Admin {
    async fn ask(&self, method: Method, path: &str) -> Answer {
        Request::new(self.client.request(method, format!("{}{path}", self.address))).send().await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path).await
    }
}

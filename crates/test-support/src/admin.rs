//! The listener that only operators reach.

use reqwest::Method;

use crate::request::{Request, Target};
use crate::{Answer, Server};

/// Where a service with an admin listener is asked for its figures and its health.
#[derive(Debug)]
pub struct Admin(Target);

impl Server {
    /// The admin listener, from the line of the log that says where it is.
    pub fn admin(&self) -> Admin {
        let lines = self.log_lines();
        let line = lines.iter().find(|line| line["message"] == "metrics and health");
        let address = line.and_then(|line| line["address"].as_str()).expect("a line with the address");
        Admin(Target::at(address))
    }
}

impl Admin {
    /// A request to be completed with headers.
    pub fn request(&self, method: Method, path: &str) -> Request {
        Request::new(&self.0, method, path)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }
}

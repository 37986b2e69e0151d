//! Who the spans say they are from.

use serde_json::json;

use super::collector::{Attributes, Collector, TRANSPORTS, Transport};
use super::{all_of, traced};
use partbook_test_support::Backend;

/// The resource of a service with these settings of the environment.
async fn resource(transport: Transport, settings: &[(&str, &str)]) -> Attributes {
    let collector = Collector::start().await;
    let options =
        settings.iter().fold(traced(&collector, transport), |options, (name, value)| options.env(name, value));
    let service = options.start(Backend::Sqlite).await;
    service.get("/v1/catalog/cpus").await.expect(200);
    assert_ne!(all_of(service, &collector).await, []);
    let mut resources: Vec<Attributes> = collector.exports().into_iter().flat_map(|export| export.resources).collect();
    resources.dedup();
    assert_eq!(resources.len(), 1, "{resources:?}");
    resources.remove(0)
}

#[tokio::test]
async fn without_settings_it_is_partbook() {
    for transport in TRANSPORTS {
        let resource = resource(transport, &[]).await;
        assert_eq!(resource["service.name"], "partbook");
        assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(resource["deployment.environment.name"], "development");
    }
}

#[tokio::test]
async fn an_operator_says_more_of_it() {
    for transport in TRANSPORTS {
        let settings = [
            ("OTEL_RESOURCE_ATTRIBUTES", "service.namespace=shop, k8s.pod.name=partbook-7 ,service.name=other"),
            ("OTEL_SERVICE_NAME", "catalog"),
            ("PARTBOOK_ENVIRONMENT", "production"),
        ];
        let resource = resource(transport, &settings).await;
        let expected = json!({
            "service.name": "catalog",
            "service.namespace": "shop",
            "service.version": env!("CARGO_PKG_VERSION"),
            "deployment.environment.name": "production",
            "k8s.pod.name": "partbook-7",
        });
        let named = expected.as_object().expect("an object");
        for (name, value) in named {
            assert_eq!(resource.get(name), Some(value), "{name} of {resource:?}");
        }
    }
}

#[tokio::test]
async fn the_name_may_stand_among_the_attributes() {
    let resource = resource(Transport::Http, &[("OTEL_RESOURCE_ATTRIBUTES", "service.name=parts")]).await;
    assert_eq!(resource["service.name"], "parts");
}

#[tokio::test]
async fn attributes_are_decoded() {
    // As the specification of the variable wants it: a comma, a space and a percent sign in a value are encoded.
    let settings = [("OTEL_RESOURCE_ATTRIBUTES", "team=parts%2C%20and%20more,share=100%25")];
    let resource = resource(Transport::Http, &settings).await;
    assert_eq!((&resource["team"], &resource["share"]), (&json!("parts, and more"), &json!("100%")));
}

//! The clients of the object stores. Who asks, and where they are, the environment says.

use std::sync::{Arc, Once};
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::multipart::MultipartStore;
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, RetryConfig};
// What object_store asks with, which speaks TLS by the features that are named here.
use reqwest as _;

use super::location::{BucketLocation, Service};
use crate::error::BackupError;

/// How long one request may take, with a part of a file.
const REQUEST_TIMEOUT: &str = "120 seconds";

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: &str = "5 seconds";

/// How often a request is sent again that failed for no fault of its own, and for how long.
const RETRIES: usize = 4;
const RETRY_TIMEOUT: Duration = Duration::from_mins(1);
const BACKOFF: BackoffConfig =
    BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: Duration::from_secs(10), base: 2.0 };

/// A client: for objects, and for the parts of large ones.
pub(super) type Client = (Arc<dyn ObjectStore>, Arc<dyn MultipartStore>);

/// Makes a client. Connects to nothing.
///
/// # Errors
/// The variables make no sense. Their values are not told.
pub(super) fn connect(location: &BucketLocation) -> Result<Client, BackupError> {
    static CRYPTOGRAPHY: Once = Once::new();
    CRYPTOGRAPHY.call_once(|| {
        // It fails where the process has one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let retries = RetryConfig { backoff: BACKOFF, max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT };
    let bucket = &location.bucket;
    let client = match location.service {
        Service::S3 => AmazonS3Builder::from_env()
            .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), REQUEST_TIMEOUT)
            .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::ConnectTimeout), CONNECT_TIMEOUT)
            .with_bucket_name(bucket)
            .with_retry(retries)
            .build()
            .map(both),
        Service::Gcs => GoogleCloudStorageBuilder::from_env()
            .with_config(GoogleConfigKey::Client(ClientConfigKey::Timeout), REQUEST_TIMEOUT)
            .with_config(GoogleConfigKey::Client(ClientConfigKey::ConnectTimeout), CONNECT_TIMEOUT)
            .with_bucket_name(bucket)
            .with_retry(retries)
            .build()
            .map(both),
        Service::Azure => MicrosoftAzureBuilder::from_env()
            .with_config(AzureConfigKey::Client(ClientConfigKey::Timeout), REQUEST_TIMEOUT)
            .with_config(AzureConfigKey::Client(ClientConfigKey::ConnectTimeout), CONNECT_TIMEOUT)
            .with_container_name(bucket)
            .with_retry(retries)
            .build()
            .map(both),
    };
    client.map_err(|_| {
        BackupError::Store(format!(
            "{location}: what the environment says of the store cannot be used: see to {}, and to {}",
            location.service.credentials(),
            location.service.endpoint()
        ))
    })
}

fn both<T: ObjectStore + MultipartStore>(client: T) -> Client {
    let client = Arc::new(client);
    (Arc::clone(&client) as Arc<dyn ObjectStore>, client)
}

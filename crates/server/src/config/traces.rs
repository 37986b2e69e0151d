//! Which traces go where: OpenTelemetry's own variables, so that an operator sets what every other service reads, too.
//!
//! The SDK reads headers, compression and the limits of the queue by itself. This file reads what the SDK does not read
//! (`OTEL_SDK_DISABLED`, `OTEL_TRACES_EXPORTER`), what it would decode, send or default otherwise (resource attributes, an
//! endpoint with credentials, the protocol), and what it would silently replace when it makes no sense (the sampler, the
//! timeout, the limits of the queue).

use std::ffi::OsString;
use std::str::FromStr;
use std::time::Duration;

use partbook_telemetry::{Protocol, Sampling, TraceSettings};
use percent_encoding::percent_decode_str;
use url::Url;

use super::setting::BadSetting;

/// Names the collector for all signals.
const GENERAL_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// gRPC's registered port for OTLP.
const GRPC_PORT: u16 = 4317;

/// How long one request to the collector may take, unless it is set: the specification's default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the SDK reads by itself, and takes as it comes: a queue of this length is made at once.
const QUEUE: [&str; 3] = ["OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BSP_SCHEDULE_DELAY"];

/// The greatest of these numbers.
const MAX_QUEUE_VALUE: u32 = 10_000_000;

/// Where variables come from.
struct Variables<F>(F);

/// The value of a variable, and the variable that it was found in.
struct Found {
    name: &'static str,
    value: String,
}

/// Reads the variables; none when no collector is named, or traces are turned off. `environment` is the name of this
/// installation.
///
/// # Errors
/// A variable has a value that makes no sense.
pub(crate) fn traces(environment: &str) -> Result<Option<TraceSettings>, BadSetting> {
    Variables(|name: &str| std::env::var_os(name)).traces(environment)
}

impl<F: Fn(&str) -> Option<OsString>> Variables<F> {
    fn traces(&self, environment: &str) -> Result<Option<TraceSettings>, BadSetting> {
        if self.are_off()? {
            return Ok(None);
        }
        let Some(found) = self.first("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", GENERAL_ENDPOINT)? else {
            return Ok(None);
        };
        let mut endpoint = endpoint(&found)?;
        let protocol = self.protocol(&endpoint)?;
        // The variable for all signals names the place below which each has its own.
        if protocol == Protocol::Http && found.name == GENERAL_ENDPOINT {
            let path = format!("{}/v1/traces", endpoint.path().trim_end_matches('/'));
            endpoint.set_path(&path);
        }
        self.check_queue()?;
        let (timeout, sampling) = (self.timeout()?, self.sampling()?);
        Ok(Some(TraceSettings { endpoint, protocol, timeout, sampling, resource: self.resource(environment)? }))
    }

    fn are_off(&self) -> Result<bool, BadSetting> {
        if self.get("OTEL_SDK_DISABLED")?.is_some_and(|found| found.value.eq_ignore_ascii_case("true")) {
            return Ok(true);
        }
        let Some(found) = self.get("OTEL_TRACES_EXPORTER")? else { return Ok(false) };
        match found.value.as_str() {
            "otlp" => Ok(false),
            "none" => Ok(true),
            _ => Err(found.bad("is not an exporter; use otlp or none")),
        }
    }

    fn protocol(&self, endpoint: &Url) -> Result<Protocol, BadSetting> {
        match self.first("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")? {
            None if endpoint.port() == Some(GRPC_PORT) => Ok(Protocol::Grpc),
            None => Ok(Protocol::Http),
            Some(found) => match found.value.as_str() {
                "grpc" => Ok(Protocol::Grpc),
                "http/protobuf" => Ok(Protocol::Http),
                _ => Err(found.bad("is not a protocol that Partbook speaks; use grpc or http/protobuf")),
            },
        }
    }

    fn timeout(&self) -> Result<Duration, BadSetting> {
        let found = self.first("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")?;
        let Some(found) = found else { return Ok(DEFAULT_TIMEOUT) };
        let milliseconds =
            found.number(|number: &u64| *number > 0, "is not a number of milliseconds; use 1 or more")?;
        Ok(Duration::from_millis(milliseconds))
    }

    fn check_queue(&self) -> Result<(), BadSetting> {
        for name in QUEUE {
            if let Some(found) = self.get(name)? {
                let fault = format!("is not a number that can be used; use 1 to {MAX_QUEUE_VALUE}");
                found.number(|number: &u32| (1..=MAX_QUEUE_VALUE).contains(number), &fault)?;
            }
        }
        Ok(())
    }

    fn sampling(&self) -> Result<Sampling, BadSetting> {
        let Some(sampler) = self.get("OTEL_TRACES_SAMPLER")? else {
            return Ok(Sampling { ratio: 1.0, parent_based: true });
        };
        let (parent_based, root) = match sampler.value.strip_prefix("parentbased_") {
            Some(root) => (true, root),
            None => (false, sampler.value.as_str()),
        };
        let ratio = match root {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => match self.get("OTEL_TRACES_SAMPLER_ARG")? {
                None => 1.0,
                Some(found) => found.number(|ratio| (0.0..=1.0).contains(ratio), "is not a ratio; use 0 to 1")?,
            },
            _ => {
                let known = "always_on, always_off or traceidratio, each also with parentbased_ before it";
                return Err(sampler.bad(&format!("is not a sampler; use {known}")));
            }
        };
        Ok(Sampling { ratio, parent_based })
    }

    /// What the process is: of two attributes with the same key the later one counts.
    fn resource(&self, environment: &str) -> Result<Vec<(String, String)>, BadSetting> {
        let own = [
            ("service.name", "partbook"),
            ("service.version", env!("CARGO_PKG_VERSION")),
            ("deployment.environment.name", environment),
        ];
        let mut resource: Vec<_> = own.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        if let Some(found) = self.get("OTEL_RESOURCE_ATTRIBUTES")? {
            resource.extend(attributes(&found)?);
        }
        if let Some(found) = self.get("OTEL_SERVICE_NAME")? {
            resource.push(("service.name".to_owned(), found.value));
        }
        Ok(resource)
    }

    /// The variable, when it is set and not empty.
    fn get(&self, name: &'static str) -> Result<Option<Found>, BadSetting> {
        let Some(value) = (self.0)(name) else { return Ok(None) };
        let value = value.into_string().map_err(|_| BadSetting(format!("{name}: is not UTF-8")))?;
        Ok(Some(value.trim().to_owned()).filter(|value| !value.is_empty()).map(|value| Found { name, value }))
    }

    /// The variable for traces alone, else the one for all signals.
    fn first(&self, own: &'static str, general: &'static str) -> Result<Option<Found>, BadSetting> {
        match self.get(own)? {
            Some(found) => Ok(Some(found)),
            None => self.get(general),
        }
    }
}

impl Found {
    fn number<T: FromStr>(&self, is_allowed: impl Fn(&T) -> bool, fault: &str) -> Result<T, BadSetting> {
        self.value.parse().ok().filter(is_allowed).ok_or_else(|| self.bad(fault))
    }

    fn bad(&self, fault: &str) -> BadSetting {
        BadSetting(format!("{}: `{}` {fault}", self.name, self.value.escape_debug()))
    }
}

/// Reads a URL and drops its credentials.
fn endpoint(found: &Found) -> Result<Url, BadSetting> {
    let url = Url::parse(&found.value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    // Not shown: it may hold credentials.
    let fault = "is not the URL of a collector; use one such as http://localhost:4317";
    let mut url = url.ok_or_else(|| BadSetting(format!("{}: {fault}", found.name)))?;
    // Both fail only for URLs without a host.
    let _ = (url.set_username(""), url.set_password(None));
    Ok(url)
}

/// Reads `key=value` pairs, percent-encoded, separated by commas.
fn attributes(found: &Found) -> Result<Vec<(String, String)>, BadSetting> {
    let decode = |text: &str| percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
    let pairs = found.value.split(',').filter(|pair| !pair.trim().is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').map(|(key, value)| (decode(key), decode(value))));
    let pairs: Option<_> = pairs.collect();
    pairs.ok_or_else(|| found.bad("is not a list of attributes; use key=value pairs, separated by commas"))
}

#[cfg(test)]
mod tests;

//! Where traces go: OpenTelemetry's own variables, so that an operator sets what every other service has set.

use std::env;
use std::time::Duration;

use partbook_telemetry::{Protocol, Sampling, TraceSettings};
use percent_encoding::percent_decode_str;
use url::Url;

use super::{BadSetting, Name, Variables};

/// Names the collector for all signals.
const GENERAL_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// What the SDK reads by itself, and takes as it comes: a queue of this length is made at once.
const QUEUE: [&str; 3] = ["OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BSP_SCHEDULE_DELAY"];

/// The greatest of these numbers.
const MOST: u32 = 10_000_000;

/// gRPC's registered port for OTLP.
const GRPC_PORT: u16 = 4317;

/// Reads the variables; none when no collector is named, or traces are turned off.
///
/// # Errors
/// A variable has a value that makes no sense.
pub(crate) fn traces(environment: &str) -> Result<Option<TraceSettings>, BadSetting> {
    traces_of(|name| env::var_os(name), environment)
}

fn traces_of(variables: Variables, environment: &str) -> Result<Option<TraceSettings>, BadSetting> {
    let get = |variable| Name { flag: "", variable, variables }.variable();
    // The variable for traces alone goes before the one for all signals.
    let first = |own: &'static str, general: &'static str| match get(own)? {
        Some(value) => Ok(Some((own, value))),
        None => Ok(get(general)?.map(|value| (general, value))),
    };
    if get("OTEL_SDK_DISABLED")?.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    match get("OTEL_TRACES_EXPORTER")?.as_deref() {
        None | Some("otlp") => {}
        Some("none") => return Ok(None),
        Some(other) => return Err(bad("OTEL_TRACES_EXPORTER", other, "is no exporter; use otlp or none")),
    }
    let Some((name, text)) = first("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", GENERAL_ENDPOINT)? else {
        return Ok(None);
    };
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    // Not shown: it may hold credentials.
    let mut endpoint = url.ok_or_else(|| {
        BadSetting(format!("{name}: is no URL of a collector; use one such as http://localhost:4317"))
    })?;
    // Both fail only for URLs without a host.
    let _ = (endpoint.set_username(""), endpoint.set_password(None));
    let protocol = match first("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")? {
        None if endpoint.port() == Some(GRPC_PORT) => Protocol::Grpc,
        None => Protocol::Http,
        Some((name, value)) => match value.as_str() {
            "grpc" => Protocol::Grpc,
            "http/protobuf" => Protocol::Http,
            other => return Err(bad(name, other, "is no protocol that is spoken here; use grpc or http/protobuf")),
        },
    };
    // The variable for all signals names the place below which each has its own.
    if protocol == Protocol::Http && name == GENERAL_ENDPOINT {
        let path = format!("{}/v1/traces", endpoint.path().trim_end_matches('/'));
        endpoint.set_path(&path);
    }
    let timeout = match first("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")? {
        None => Duration::from_secs(10),
        Some((name, text)) => {
            let milliseconds = text.parse().ok().filter(|milliseconds| *milliseconds > 0);
            milliseconds
                .map(Duration::from_millis)
                .ok_or_else(|| bad(name, &text, "is no number of milliseconds; use 1 or more"))?
        }
    };
    for name in QUEUE {
        if let Some(text) = get(name)?
            && !text.parse().is_ok_and(|number: u32| (1..=MOST).contains(&number))
        {
            return Err(bad(name, &text, &format!("is no number that can be used; use 1 to {MOST}")));
        }
    }
    let (sampler, argument) = (get("OTEL_TRACES_SAMPLER")?, get("OTEL_TRACES_SAMPLER_ARG")?);
    let sampling = sampling(sampler.as_deref(), argument.as_deref())?;
    let own = [
        ("service.name", "partbook"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("deployment.environment.name", environment),
    ];
    let mut resource: Vec<_> = own.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    if let Some(text) = get("OTEL_RESOURCE_ATTRIBUTES")? {
        resource.append(&mut attributes(&text)?);
    }
    // It has the last word on the name.
    if let Some(name) = get("OTEL_SERVICE_NAME")? {
        resource.push(("service.name".to_owned(), name));
    }
    Ok(Some(TraceSettings { endpoint, protocol, timeout, sampling, resource }))
}

/// `key=value` pairs, percent-encoded, separated by commas.
fn attributes(text: &str) -> Result<Vec<(String, String)>, BadSetting> {
    let decode = |text: &str| percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').map(|(key, value)| (decode(key), decode(value))));
    let pairs: Option<_> = pairs.collect();
    pairs.ok_or_else(|| {
        bad("OTEL_RESOURCE_ATTRIBUTES", text, "is no list of attributes; use key=value pairs, separated by commas")
    })
}

fn sampling(sampler: Option<&str>, argument: Option<&str>) -> Result<Sampling, BadSetting> {
    let sampler = sampler.unwrap_or("parentbased_always_on");
    let (parent_based, root) = match sampler.strip_prefix("parentbased_") {
        Some(root) => (true, root),
        None => (false, sampler),
    };
    let ratio = match root {
        "always_on" => 1.0,
        "always_off" => 0.0,
        "traceidratio" => {
            let text = argument.unwrap_or("1");
            let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
            ratio.ok_or_else(|| bad("OTEL_TRACES_SAMPLER_ARG", text, "is no ratio; use a number from 0 to 1"))?
        }
        _ => {
            let known = "always_on, always_off or traceidratio, each also with parentbased_ before it";
            return Err(bad("OTEL_TRACES_SAMPLER", sampler, &format!("is no sampler; use {known}")));
        }
    };
    Ok(Sampling { ratio, parent_based })
}

fn bad(name: &str, value: &str, fault: &str) -> BadSetting {
    BadSetting(format!("{name}: `{}` {fault}", value.escape_debug()))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    /// Reads variables from a text such as `A=1 B=2`.
    macro_rules! read {
        ($text:literal) => {
            traces_of(
                |name| {
                    let pairs = $text.split(' ').filter_map(|pair| pair.split_once('='));
                    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
                },
                "test",
            )
        };
    }

    fn message(outcome: Result<Option<TraceSettings>, BadSetting>) -> String {
        outcome.unwrap_err().0
    }

    #[test]
    fn without_a_collector_there_are_no_traces() {
        assert_eq!(read!(""), Ok(None));
        assert_eq!(read!("OTEL_EXPORTER_OTLP_ENDPOINT="), Ok(None));
        assert_eq!(read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_SDK_DISABLED=true"), Ok(None));
        assert_eq!(read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_TRACES_EXPORTER=none"), Ok(None));
    }

    #[test]
    fn the_port_says_the_protocol_where_nothing_else_does() {
        let protocol = |read: Result<Option<TraceSettings>, _>| read.unwrap().unwrap().protocol;
        assert_eq!(protocol(read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317")), Protocol::Grpc);
        assert_eq!(protocol(read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318")), Protocol::Http);
        assert_eq!(protocol(read!("OTEL_EXPORTER_OTLP_ENDPOINT=https://c/otlp")), Protocol::Http);
        let given = read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf");
        assert_eq!(protocol(given), Protocol::Http);
        let own = read!(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://t:1 OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 \
             OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
        );
        let own = own.unwrap().unwrap();
        assert_eq!((own.endpoint.as_str(), own.protocol), ("http://t:1/", Protocol::Grpc));
    }

    #[test]
    fn http_has_a_path_below_the_general_endpoint() {
        let endpoint = |read: Result<Option<TraceSettings>, _>| read.unwrap().unwrap().endpoint.to_string();
        assert_eq!(endpoint(read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318")), "http://c:4318/v1/traces");
        assert_eq!(endpoint(read!("OTEL_EXPORTER_OTLP_ENDPOINT=https://c/otlp/")), "https://c/otlp/v1/traces");
        assert_eq!(endpoint(read!("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4318/mine")), "http://c:4318/mine");
    }

    #[test]
    fn the_sampler_is_read_or_refused() {
        let sampling = |read: Result<Option<TraceSettings>, _>| {
            let Sampling { ratio, parent_based } = read.unwrap().unwrap().sampling;
            (ratio.to_string(), parent_based)
        };
        assert_eq!(sampling(read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c")), ("1".to_owned(), true));
        let ratio =
            read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=0.25");
        assert_eq!(sampling(ratio), ("0.25".to_owned(), false));
        let off = read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_TRACES_SAMPLER=parentbased_always_off");
        assert_eq!(sampling(off), ("0".to_owned(), true));
        for faulty in [
            read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_TRACES_SAMPLER=xray"),
            read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=2"),
        ] {
            assert!(message(faulty).starts_with("OTEL_TRACES_SAMPLER"));
        }
    }

    #[test]
    fn what_makes_no_sense_is_one_line_without_a_secret() {
        for faulty in [
            read!("OTEL_EXPORTER_OTLP_ENDPOINT=secret@c:4317"),
            read!("OTEL_EXPORTER_OTLP_ENDPOINT=ftp://u:secret@c"),
            read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_EXPORTER_OTLP_PROTOCOL=http/json"),
            read!("OTEL_TRACES_EXPORTER=zipkin"),
            read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_EXPORTER_OTLP_TIMEOUT=soon"),
            read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_RESOURCE_ATTRIBUTES=team"),
            read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_BSP_MAX_QUEUE_SIZE=99999999999"),
            read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_BSP_MAX_QUEUE_SIZE=0"),
        ] {
            let message = message(faulty);
            assert!(message.starts_with("OTEL_") && message.contains("use "), "{message}");
            assert!(!message.contains("secret") && !message.contains('\n'), "{message}");
        }
        let settings = read!("OTEL_EXPORTER_OTLP_ENDPOINT=http://u:secret@c:4317/x").unwrap().unwrap();
        assert!(!format!("{settings:?}").contains("secret") && settings.collector() == "http://c:4317", "{settings:?}");
    }
}

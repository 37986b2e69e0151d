//! Where backups are kept: a directory, or a bucket of an object store.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use object_store::path::Path as ObjectPath;

/// Where backups are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A bucket of an object store.
    Bucket(BucketLocation),
}

/// A bucket of an object store, and what the names of the objects begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketLocation {
    pub(crate) service: Service,
    pub(crate) bucket: String,
    pub(crate) prefix: ObjectPath,
}

/// Whose object store it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    S3,
    Gcs,
    Azure,
}

impl Service {
    const ALL: [Self; 3] = [Self::S3, Self::Gcs, Self::Azure];

    fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gcs => "gs",
            Self::Azure => "az",
        }
    }

    /// What a bucket is called there.
    pub(crate) fn bucket(self) -> &'static str {
        match self {
            Self::S3 | Self::Gcs => "bucket",
            Self::Azure => "container",
        }
    }

    /// The variables that say who asks.
    pub(crate) fn credentials(self) -> &'static str {
        match self {
            Self::S3 => "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            Self::Gcs => "GOOGLE_SERVICE_ACCOUNT",
            Self::Azure => "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
        }
    }

    /// The variables that say where it is.
    pub(crate) fn endpoint(self) -> &'static str {
        match self {
            Self::S3 => "AWS_REGION, and AWS_ENDPOINT_URL for another provider than Amazon",
            Self::Gcs => "GOOGLE_BASE_URL",
            Self::Azure => "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ENDPOINT",
        }
    }
}

impl Location {
    /// Reads a path, or a URL such as `s3://bucket/prefix`.
    ///
    /// # Errors
    /// What is wrong with it, without the text: it may hold a secret.
    pub fn parse(text: &OsStr) -> Result<Self, String> {
        let Some((scheme, rest)) = text.to_str().and_then(|text| text.split_once("://")) else {
            return if text.is_empty() {
                Err("names no directory".to_owned())
            } else {
                Ok(Self::Directory(text.into()))
            };
        };
        let service = Service::ALL.into_iter().find(|service| service.scheme() == scheme).ok_or(
            "is neither a directory nor a URL that is known: use s3://bucket/prefix, gs://bucket/prefix or az://container/prefix",
        )?;
        if rest.contains(['@', '?', '#']) {
            return Err(format!(
                "holds more than a {} and a prefix: credentials are taken from the environment alone, {}",
                service.bucket(),
                service.credentials()
            ));
        }
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain = |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
        if bucket.is_empty() || !bucket.chars().all(is_plain) {
            return Err(format!(
                "names no {}: its name has ASCII letters, digits, - . and _ only, and where the store is, the environment says: {}",
                service.bucket(),
                service.endpoint()
            ));
        }
        let prefix = ObjectPath::parse(prefix.trim_end_matches('/'))
            .map_err(|_| "has a prefix with an empty part, or . or .. in it".to_owned())?;
        Ok(Self::Bucket(BucketLocation { service, bucket: bucket.to_owned(), prefix }))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => directory.display().fmt(f),
            Self::Bucket(bucket) => bucket.fmt(f),
        }
    }
}

impl fmt::Display for BucketLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.service.scheme(), self.bucket)?;
        if self.prefix.as_ref().is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, String> {
        Location::parse(OsStr::new(text))
            .map(|location| format!("{location} {}", matches!(location, Location::Bucket(_))))
    }

    #[test]
    fn a_directory_or_a_bucket() {
        for (text, read) in [
            ("backups", "backups false"),
            ("/var/backups/s3:/x", "/var/backups/s3:/x false"),
            ("s3://b", "s3://b true"),
            ("s3://b/", "s3://b true"),
            ("gs://my_bucket.example/a/b/", "gs://my_bucket.example/a/b true"),
            ("az://container/a", "az://container/a true"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(read));
        }
    }

    #[test]
    fn secrets_are_refused_and_not_shown() {
        for text in [
            "s3://key:secret@bucket/prefix",
            "s3://secret@bucket",
            "az://container/prefix?sig=secret",
            "s3://bucket/x#secret",
            "s3://bucket:secret/x",
            "https://key:secret@s3.example/bucket",
            "s3://bucket/a//secret",
            "s3:///secret",
            "S3://secret",
            "",
        ] {
            let fault = parse(text).expect_err(text);
            assert!(!fault.contains("secret"), "{fault}");
        }
    }
}

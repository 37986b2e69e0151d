//! How much requests may take up, and for how long.

use std::time::Duration;

use clap::Args;
use partbook_http::HttpLimits;
use partbook_repository::RepositoryLimits;

use super::setting::Setting;
use super::values;

/// How much requests may take up, and for how long.
#[derive(Args)]
pub(crate) struct LimitArguments {
    /// Seconds that a client may take nothing of an answer that waits for it, before it is given up; 1 to 3600
    #[arg(long, env = "PARTBOOK_ANSWER_TIMEOUT", default_value = "30")]
    #[arg(value_name = "SECONDS", value_parser = Setting(values::timeout))]
    pub(crate) answer_timeout: Duration,

    /// MiB of memory that answers may take up while clients read them, 1 to 1048576; the slowest are given up first
    #[arg(long, env = "PARTBOOK_ANSWER_MEMORY", default_value = "128")]
    #[arg(value_name = "MIB", value_parser = Setting(values::mebibytes))]
    answer_memory: u64,

    /// MiB of bodies that are read and worked on at once, 1 to 1048576; the rest waits before it is read
    #[arg(long, env = "PARTBOOK_BODY_MEMORY", default_value = "4")]
    #[arg(value_name = "MIB", value_parser = Setting(values::mebibytes))]
    body_memory: u64,

    /// MiB of the database that the answers to requests with an `Idempotency-Key` may take up, 1 to 1048576; the oldest go
    /// first
    #[arg(long, env = "PARTBOOK_IDEMPOTENCY_SIZE", default_value = "256")]
    #[arg(value_name = "MIB", value_parser = Setting(values::mebibytes))]
    idempotency_size: u64,
}

impl LimitArguments {
    pub(crate) fn http(&self) -> HttpLimits {
        HttpLimits { answer_bytes: self.answer_memory, body_bytes: self.body_memory }
    }

    pub(crate) fn repository(&self, is_read_only: bool) -> RepositoryLimits {
        RepositoryLimits { idempotency_bytes: self.idempotency_size, is_read_only }
    }
}

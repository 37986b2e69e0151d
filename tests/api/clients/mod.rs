//! The deployed clients, replayed request by request as they send them.

mod frontend;
mod smoke;

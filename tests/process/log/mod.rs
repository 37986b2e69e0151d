//! The log: one line for each request, and what no line ever says.

mod clients;
mod faults;
mod passwords;
mod requests;
mod secrets;
mod slow;

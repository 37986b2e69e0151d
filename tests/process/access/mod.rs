//! Who may ask from where: what is said of clients, and what a listener takes.

mod forwarded;
mod hosts;
mod limits;
mod sockets;
mod users;

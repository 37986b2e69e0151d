//! The seven operations of `/v1/catalog`, the same for each of the six entities.

mod lifecycle;

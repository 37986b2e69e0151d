//! The database of the legacy service, taken over as it is (the contract, sections 9 and 10).

mod start;

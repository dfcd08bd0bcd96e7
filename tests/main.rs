//! All integration tests, one binary.

mod architecture;
mod dashboards;
mod e2e;

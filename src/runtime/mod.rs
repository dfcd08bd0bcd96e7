//! Clock, tasks, shutdown and wiring: the only place that knows every other module.

pub mod clock;

//! A slot is sold once, and a booking is never lost: properties, against a slow and obvious auditor.

mod auditor;
mod generate;
mod properties;

//! Booking and referral by the national standard, over real sockets: every rule that we know of has a test that
//! names it.

mod booking;
mod calls;
mod format;
pub mod messages;
mod referral;
mod shape;
mod slots;

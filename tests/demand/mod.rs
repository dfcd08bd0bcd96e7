//! What the demand map tells the public, held against someone who keeps every answer and adds and subtracts.

mod attacker;
mod generate;
mod privacy;

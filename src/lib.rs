//! Greentick guards the green tick.
#![forbid(unsafe_code)]

pub mod app;
pub mod case_system;
pub mod cli;
pub mod clock;
pub mod daemon;
pub mod ledger;
pub mod mapping;
pub mod practice;
pub mod sampling;
pub mod settings;
pub mod simulator;
pub mod telemetry;
pub mod web;

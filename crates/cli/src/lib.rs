//! The commands of `corten`: they read flags, speak the Engine API and print. They never see the engine itself.

mod attached;
mod command;
mod commands;
mod compat;
mod connect;
mod contexts;
mod copy;
mod create;
mod daemon;
mod docker_config;
mod endpoint;
mod failure;
mod flags;
mod host;
mod installation;
mod output;
mod plugins;
mod program;
mod session;
mod surroundings;
mod template;

pub use host::{Build, DaemonOptions, EngineOptions, Environment, Host, OpenEngine, RunDaemon};
pub use program::main;

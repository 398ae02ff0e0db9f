//! The Engine API over any byte stream: routes to services of the engine.
//!
//! It translates; it decides nothing that the engine could decide. Listening on sockets is the caller's.

mod auth;
mod body;
mod build;
mod connection;
mod containers;
mod corten;
mod disk_usage;
mod distribution;
mod events;
mod exec;
mod failure;
mod fields;
mod framing;
mod hijack;
mod image_config;
mod images;
mod layer_lines;
mod line;
mod networks;
mod openapi;
mod pull;
mod push;
mod query;
mod registry_auth;
mod request;
mod request_body;
mod respond;
mod route;
mod router;
mod search;
mod server;
mod swarm;
mod system;
mod upload;
mod version;
mod volumes;
mod websocket;

pub use connection::{serve, serve_until};
pub use server::{Answered, Observer, Received, Server};

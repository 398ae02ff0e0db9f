//! The program as its user meets it, one module a subject. Every test has an engine of its own and leaves nothing behind.
//!
//! One test program for all: linking is what costs time.

mod archives;
mod check;
mod copying;
mod crash;
mod crowd;
mod daemon;
mod damage;
mod events;
mod exec;
mod exit_codes;
mod file_systems;
mod foreign_runtimes;
mod full_disk;
mod full_disk_images;
mod hello;
mod hostile_process;
mod isolation;
mod layers;
mod least_privilege;
mod lifecycle;
mod limits;
mod login;
mod logs;
mod mistakes;
mod monitors;
mod named_devices;
mod neighbours;
mod network;
mod options;
mod published_attacks;
mod pull;
mod push;
mod setup;
mod sharing;
mod stats;
mod stopped_monitor;
mod storage;
mod storage_limit;
mod streams;
mod survival;
mod terminal;
mod update;
mod user_namespaces;
mod volumes;

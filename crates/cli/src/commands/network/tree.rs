//! Where each command on networks stands, and what it takes.

use super::{inspect, ls, prune, rm};
use crate::command::{Arity, Command};
use crate::compat;

pub(in crate::commands) const COMMANDS: &[Command] = &[
    Command {
        paths: &[&["network", "inspect"]],
        usage: "[OPTIONS] NETWORK [NETWORK...]",
        about: "Tell everything about networks",
        flags: compat::NETWORK_INSPECT,
        arity: Arity::AtLeast(1),
        interspersed: true,
        run: run!(inspect::run),
    },
    Command {
        paths: &[&["network", "ls"], &["network", "list"]],
        usage: "[OPTIONS]",
        about: "List networks",
        flags: compat::NETWORK_LS,
        arity: Arity::None,
        interspersed: true,
        run: run!(ls::run),
    },
    Command {
        paths: &[&["network", "prune"]],
        usage: "[OPTIONS]",
        about: "Remove networks that no container is on",
        flags: compat::NETWORK_PRUNE,
        arity: Arity::None,
        interspersed: true,
        run: run!(prune::run),
    },
    Command {
        paths: &[&["network", "rm"], &["network", "remove"]],
        usage: "NETWORK [NETWORK...]",
        about: "Remove networks",
        flags: compat::NETWORK_RM,
        arity: Arity::AtLeast(1),
        interspersed: true,
        run: run!(rm::run),
    },
];

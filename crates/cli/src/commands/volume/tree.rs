//! Where each command on volumes stands, and what it takes.

use super::{create, inspect, ls, prune, rm};
use crate::command::{Arity, Command};
use crate::compat;

pub(in crate::commands) const COMMANDS: &[Command] = &[
    Command {
        paths: &[&["volume", "create"]],
        usage: "[OPTIONS] [VOLUME]",
        about: "Create a volume",
        flags: compat::VOLUME_CREATE,
        arity: Arity::AtMost(1),
        interspersed: true,
        run: run!(create::run),
    },
    Command {
        paths: &[&["volume", "inspect"]],
        usage: "[OPTIONS] VOLUME [VOLUME...]",
        about: "Tell everything about volumes",
        flags: compat::VOLUME_INSPECT,
        arity: Arity::AtLeast(1),
        interspersed: true,
        run: run!(inspect::run),
    },
    Command {
        paths: &[&["volume", "ls"], &["volume", "list"]],
        usage: "[OPTIONS]",
        about: "List volumes",
        flags: compat::VOLUME_LS,
        arity: Arity::None,
        interspersed: true,
        run: run!(ls::run),
    },
    Command {
        paths: &[&["volume", "prune"]],
        usage: "[OPTIONS]",
        about: "Remove volumes that no container has",
        flags: compat::VOLUME_PRUNE,
        arity: Arity::None,
        interspersed: true,
        run: run!(prune::run),
    },
    Command {
        paths: &[&["volume", "rm"], &["volume", "remove"]],
        usage: "[OPTIONS] VOLUME [VOLUME...]",
        about: "Remove volumes",
        flags: compat::VOLUME_RM,
        arity: Arity::AtLeast(1),
        interspersed: true,
        run: run!(rm::run),
    },
];

//! Where each command on contexts stands, and what it takes.

use super::{create, export, import, inspect, ls, rm, show, update, use_context};
use crate::command::{Arity, Command, Run};
use crate::compat;

pub(in crate::commands) const COMMANDS: &[Command] = &[
    Command {
        paths: &[&["context", "create"]],
        usage: "[OPTIONS] CONTEXT",
        about: "Name an engine, and say how to reach it",
        flags: compat::CONTEXT_CREATE,
        arity: Arity::Exactly(1),
        interspersed: true,
        run: Run::Local(create::run),
    },
    Command {
        paths: &[&["context", "export"]],
        usage: "[OPTIONS] CONTEXT [FILE|-]",
        about: "Write a context into an archive",
        flags: &[],
        arity: Arity::Between(1, 2),
        interspersed: true,
        run: Run::Local(export::run),
    },
    Command {
        paths: &[&["context", "import"]],
        usage: "CONTEXT FILE|-",
        about: "Take a context from an archive",
        flags: &[],
        arity: Arity::Exactly(2),
        interspersed: true,
        run: Run::Local(import::run),
    },
    Command {
        paths: &[&["context", "inspect"]],
        usage: "[OPTIONS] [CONTEXT] [CONTEXT...]",
        about: "Tell everything about contexts",
        flags: compat::CONTEXT_INSPECT,
        arity: Arity::AtLeast(0),
        interspersed: true,
        run: Run::Local(inspect::run),
    },
    Command {
        paths: &[&["context", "ls"], &["context", "list"]],
        usage: "[OPTIONS]",
        about: "List contexts",
        flags: compat::CONTEXT_LS,
        arity: Arity::None,
        interspersed: true,
        run: Run::Local(ls::run),
    },
    Command {
        paths: &[&["context", "rm"], &["context", "remove"]],
        usage: "CONTEXT [CONTEXT...]",
        about: "Forget contexts",
        flags: compat::CONTEXT_RM,
        arity: Arity::AtLeast(1),
        interspersed: true,
        run: Run::Local(rm::run),
    },
    Command {
        paths: &[&["context", "show"]],
        usage: "",
        about: "Print the name of the context that counts",
        flags: &[],
        arity: Arity::None,
        interspersed: true,
        run: Run::Local(show::run),
    },
    Command {
        paths: &[&["context", "update"]],
        usage: "[OPTIONS] CONTEXT",
        about: "Change a context",
        flags: compat::CONTEXT_UPDATE,
        arity: Arity::Exactly(1),
        interspersed: true,
        run: Run::Local(update::run),
    },
    Command {
        paths: &[&["context", "use"]],
        usage: "CONTEXT",
        about: "Choose the context that counts from now on",
        flags: &[],
        arity: Arity::Exactly(1),
        interspersed: true,
        run: Run::Local(use_context::run),
    },
];

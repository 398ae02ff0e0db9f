//! Where each command on registries stands, and what it takes.

use super::{login, logout, search};
use crate::command::{Arity, Command};
use crate::compat;

pub(in crate::commands) const COMMANDS: &[Command] = &[
    Command {
        paths: &[&["login"]],
        usage: "[OPTIONS] [SERVER]",
        about: "Show credentials to a registry, and keep them",
        flags: compat::LOGIN,
        arity: Arity::AtMost(1),
        interspersed: true,
        run: run!(login::run),
    },
    Command {
        paths: &[&["logout"]],
        usage: "[SERVER]",
        about: "Forget the credentials for a registry",
        flags: &[],
        arity: Arity::AtMost(1),
        interspersed: true,
        run: run!(logout::run),
    },
    Command {
        paths: &[&["search"]],
        usage: "[OPTIONS] TERM",
        about: "Look for images in a registry",
        flags: compat::SEARCH,
        arity: Arity::Exactly(1),
        interspersed: true,
        run: run!(search::run),
    },
];

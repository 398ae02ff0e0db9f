//! Flags of the commands on contexts.

use crate::flags::{Flag, Kind};

const DESCRIPTION: Flag = Flag::new("description", Kind::Text, "What the context is for");
const DOCKER: Flag =
    Flag::new("docker", Kind::Pairs, "How to reach the engine (host=…,ca=…,cert=…,key=…,skip-tls-verify=…)");

pub(crate) const CONTEXT_CREATE: &[Flag] =
    &[DESCRIPTION, DOCKER, Flag::new("from", Kind::Text, "Context to copy")];

pub(crate) const CONTEXT_INSPECT: &[Flag] =
    &[Flag::new("format", Kind::Text, "Format with a Go template, or json").short('f')];

pub(crate) const CONTEXT_LS: &[Flag] = &[
    Flag::new("format", Kind::Text, "Format with a Go template, table or json"),
    Flag::new("quiet", Kind::Bool, "Show names only").short('q'),
];

pub(crate) const CONTEXT_RM: &[Flag] =
    &[Flag::new("force", Kind::Bool, "Forget the context that counts, too").short('f')];

pub(crate) const CONTEXT_UPDATE: &[Flag] = &[DESCRIPTION, DOCKER];

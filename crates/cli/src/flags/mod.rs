//! Flags as Docker's commands take them: declared in tables, read the way Go's pflag reads them.
//!
//! clap is not used here: scripts see pflag's texts and depend on its rules (`--rm=false`, `-e A`, `-it`, the end of the
//! flags at the first argument), and every flag carries a statement of support that a derive has no room for.

mod flag;
mod help;
mod parse;
mod parsed;
mod value;

pub(crate) use flag::{Flag, Kind, Support};
pub(crate) use help::flag_usages;
pub(crate) use parse::{FlagError, parse};
pub(crate) use parsed::Parsed;
pub(crate) use value::{parse_bool, parse_cpus};

//! `list`: every container below `--root`.
//!
//! One that is deleted meanwhile is passed over.

use super::container::Container;
use super::error::CommandError;
use super::options::{Flag, Parsed};
use super::record;
use super::settings::Settings;
use super::state::{Shown, shown};

pub(super) const FLAGS: &[Flag] = &[Flag::value("format", "f"), Flag::switch("quiet", "q")];

pub(super) fn list(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    let mut all = Vec::new();
    for id in record::ids(&settings.root)? {
        match Container::open(&settings.root, &id) {
            Err(CommandError::NotFound) => {}
            opened => all.push(shown(&opened?)?),
        }
    }
    match parsed.value("format") {
        _ if parsed.is_set("quiet") => all.iter().for_each(|one| println!("{}", one.state.id)),
        None | Some("table") => table(&all),
        Some("json") => {
            let text = serde_json::to_string(&all).map_err(std::io::Error::from);
            println!("{}", text.map_err(CommandError::io("write the list"))?);
        }
        Some(other) => return Err(CommandError::Usage(format!("invalid format option: {other}"))),
    }
    Ok(0)
}

fn table(all: &[Shown]) {
    let width = all.iter().map(|one| one.state.id.len()).max().unwrap_or(0).max("ID".len()) + 2;
    println!("{:<width$}{:<8}{:<10}{:<32}BUNDLE", "ID", "PID", "STATUS", "CREATED");
    for one in all {
        let (state, status) = (&one.state, format!("{:?}", one.state.status).to_lowercase());
        println!(
            "{:<width$}{:<8}{status:<10}{:<32}{}",
            state.id,
            state.pid.unwrap_or(0),
            one.created,
            state.bundle
        );
    }
}

//! `context use`: which context counts from now on.

use crate::contexts::{self, DEFAULT, Store, validate};
use crate::docker_config;
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::surroundings::Surroundings;

pub(super) fn run(around: &Surroundings, parsed: &Parsed) -> Outcome {
    let name = &parsed.arguments[0];
    if name != DEFAULT {
        validate(name)?;
        Store::new(&around.configuration()).get(name)?;
    }
    docker_config::set_current_context(around, if name == DEFAULT { "" } else { name })?;
    around.line(name)?;
    around.complain(&format!("Current context is now {name:?}"));
    if let Some((variable, _)) = contexts::named_host(around)
        && name != DEFAULT
    {
        around.complain(&format!(
            "Warning: {variable} environment variable overrides the active context. To use {name:?}, either set the global --context flag, or unset {variable} environment variable."
        ));
    }
    Ok(())
}

//! Which labels and variables of a container stand beside each line of its log. Pure.

use std::collections::BTreeMap;

use regex_lite::Regex;

use super::wrong;
use crate::containers::config::{ContainerConfig, LogConfig};
use crate::error::EngineError;

/// The labels and variables that `labels`, `labels-regex`, `env` and `env-regex` choose.
///
/// # Errors
/// An expression that is none.
pub(super) fn chosen(
    log: &LogConfig,
    config: &ContainerConfig,
) -> Result<BTreeMap<String, String>, EngineError> {
    let labels = config.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let env = config.env.iter().filter_map(|entry| entry.split_once('='));
    let mut attributes = BTreeMap::new();
    pick(log, "labels", labels, &mut attributes)?;
    pick(log, "env", env, &mut attributes)?;
    Ok(attributes)
}

/// Checks the expressions alone.
///
/// # Errors
/// As [`chosen`].
pub(super) fn check(log: &LogConfig) -> Result<(), EngineError> {
    chosen(log, &ContainerConfig::default()).map(drop)
}

fn pick<'a>(
    log: &LogConfig,
    option: &str,
    all: impl Iterator<Item = (&'a str, &'a str)>,
    attributes: &mut BTreeMap<String, String>,
) -> Result<(), EngineError> {
    let names: Vec<&str> = log.options.get(option).map_or_else(Vec::new, |names| names.split(',').collect());
    let expression = log.options.get(&format!("{option}-regex")).filter(|text| !text.is_empty());
    let expression = expression.map(|text| Regex::new(text)).transpose();
    let expression = expression.map_err(|error| wrong(&format!("error parsing regexp: {error}")))?;
    let wanted = |name: &str| {
        names.contains(&name) || expression.as_ref().is_some_and(|expression| expression.is_match(name))
    };
    let picked = all.filter(|(name, _)| !name.is_empty() && wanted(name));
    attributes.extend(picked.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::chosen;
    use crate::containers::config::{ContainerConfig, LogConfig};

    #[test]
    fn labels_and_variables_are_chosen_by_name_and_by_expression() {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let log = LogConfig {
            driver: String::new(),
            options: pairs(&[
                ("labels", "a,missing"),
                ("labels-regex", "^com\\."),
                ("env", "X"),
                ("env-regex", "Z$"),
            ]),
        };
        let config = ContainerConfig {
            labels: pairs(&[("a", "1"), ("com.b", "2"), ("c", "3")]),
            env: ["X=4=5", "Y=6", "YZ=7", "BARE"].map(str::to_owned).to_vec(),
            ..ContainerConfig::default()
        };
        let expected = pairs(&[("X", "4=5"), ("YZ", "7"), ("a", "1"), ("com.b", "2")]);
        assert_eq!(chosen(&log, &config).unwrap(), expected);
    }
}

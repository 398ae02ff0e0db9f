//! Which capabilities a container's processes may have.

use corten_spec::runtime::capability::{self, Capability};

use crate::containers::config::HostConfig;
use crate::error::EngineError;

/// The capabilities that are granted, in ascending order.
///
/// Docker's rule: `ALL` among the added starts from everything, `ALL` among the dropped from nothing, else the default set; then what
/// is named is added and taken away.
///
/// # Errors
/// A name that there is none of.
pub(crate) fn granted(host: &HostConfig) -> Result<Vec<Capability>, EngineError> {
    if host.privileged {
        return Ok(capability::ALL.to_vec());
    }
    let added = parse(&host.cap_add, "CapAdd")?;
    let dropped = parse(&host.cap_drop, "CapDrop")?;
    let start: &[Capability] = match (&added, &dropped) {
        (Names::All, _) => &capability::ALL,
        (_, Names::All) => &[],
        _ => &capability::DOCKER_DEFAULT,
    };
    let mut granted: Vec<Capability> =
        start.iter().copied().filter(|capability| !dropped.names(*capability)).collect();
    granted.extend(added.listed().iter().filter(|capability| !dropped.names(**capability)));
    granted.sort_unstable();
    granted.dedup();
    Ok(granted)
}

enum Names {
    All,
    Some(Vec<Capability>),
}

impl Names {
    fn names(&self, capability: Capability) -> bool {
        self.listed().contains(&capability)
    }

    fn listed(&self) -> &[Capability] {
        match self {
            Self::All => &[],
            Self::Some(list) => list,
        }
    }
}

fn parse(words: &[String], field: &str) -> Result<Names, EngineError> {
    if words.iter().any(|word| word.eq_ignore_ascii_case("all")) {
        return Ok(Names::All);
    }
    let parsed = words.iter().map(|word| {
        capability::parse(word).map_err(|error| EngineError::Invalid(format!("invalid {field}: {error}")))
    });
    Ok(Names::Some(parsed.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::granted;
    use crate::containers::config::HostConfig;
    use corten_spec::runtime::capability;

    fn names(add: &[&str], drop: &[&str]) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let host = HostConfig { cap_add: words(add), cap_drop: words(drop), ..HostConfig::default() };
        granted(&host).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_default_set_is_dockers_fourteen() {
        assert_eq!(names(&[], &[]).len(), 14);
    }

    #[test]
    fn dropping_all_leaves_what_is_added_by_name() {
        assert_eq!(names(&["net_raw"], &["ALL"]), ["CAP_NET_RAW"]);
    }

    #[test]
    fn adding_all_leaves_what_is_dropped_out() {
        let granted = names(&["all"], &["CAP_SYS_ADMIN"]);
        assert_eq!(granted.len(), capability::ALL.len() - 1);
        assert!(!granted.contains(&"CAP_SYS_ADMIN".to_owned()));
    }

    #[test]
    fn an_unknown_name_is_refused_by_name() {
        let host = HostConfig { cap_add: vec!["NOPE".to_owned()], ..HostConfig::default() };
        assert_eq!(
            granted(&host).unwrap_err().to_string(),
            "invalid CapAdd: unknown capability: \"CAP_NOPE\""
        );
    }
}

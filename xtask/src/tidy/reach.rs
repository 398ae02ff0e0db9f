//! What may never be linked into what, over any number of steps.
//!
//! Layers alone do not say this: a face stands above the engine and still must not know it.

use super::Finding;
use crate::metadata::Metadata;

struct Rule {
    packages: &'static [&'static str],
    never: &'static [&'static str],
    because: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        packages: &["corten-cli"],
        never: &["corten-engine", "corten-api-server", "corten-state"],
        because: "commands speak only the Engine API, to us and to a stock dockerd alike",
    },
    Rule {
        packages: &["corten-engine"],
        // HTTP itself is below it: registries speak it.
        never: &["corten-api-types", "corten-api-client", "corten-api-server"],
        because: "the engine does not know who asks it, nor how",
    },
    Rule {
        packages: &[
            "corten-sys",
            "corten-cgroups",
            "corten-layer-tar",
            "corten-journal",
            "corten-netlink",
            "corten-logs",
            "corten-runtime",
            "corten-monitor",
            "corten-monitor-program",
        ],
        never: &["tokio", "async-std", "futures-util"],
        because: "an async runtime is threads and megabytes that every container would pay for",
    },
    Rule {
        packages: &["corten-monitor-program"],
        never: &["corten-state", "rusqlite", "libsqlite3-sys", "hyper", "clap"],
        because: "the small binary is mapped once per container, and never opens the database",
    },
];

pub(crate) fn check(metadata: &Metadata) -> Vec<Finding> {
    let broken = |rule: &'static Rule| {
        rule.packages.iter().flat_map(move |package| {
            let linked = metadata.linked_into(package);
            let bad = rule.never.iter().filter(move |never| linked.contains(**never));
            bad.map(|never| Finding::new(*package, format!("links `{never}`, but {}", rule.because)))
        })
    };
    RULES.iter().flat_map(broken).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::{Kind, Package};

    fn package(name: &str, dependencies: &[(&str, Kind)]) -> Package {
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: None,
            folder: None,
            dependencies: dependencies.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect(),
        }
    }

    fn findings(kind: Kind) -> Vec<String> {
        let packages = vec![
            package("corten-monitor-program", &[("corten-monitor", Kind::Normal)]),
            package("corten-monitor", &[("middle", kind)]),
            package("middle", &[("rusqlite", Kind::Normal)]),
            package("rusqlite", &[]),
        ];
        let metadata = Metadata { packages, target_directory: "target".into() };
        check(&metadata).into_iter().map(|finding| finding.place + " " + &finding.text).collect()
    }

    #[test]
    fn what_is_reached_over_others_counts() {
        let findings = findings(Kind::Normal);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("corten-monitor-program links `rusqlite`"));
    }

    #[test]
    fn what_only_tests_use_does_not() {
        assert!(findings(Kind::Dev).is_empty());
    }

    #[test]
    fn rules_name_packages_that_exist() {
        let metadata = Metadata::load().unwrap();
        for package in RULES.iter().flat_map(|rule| rule.packages) {
            assert!(metadata.has_member(package), "`{package}` is no package of this workspace");
        }
    }
}

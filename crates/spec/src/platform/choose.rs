//! Picks the best of several platforms for a wanted one: the same, or else an older one that the CPU still runs.
//! Emulation (binfmt_misc) is not counted.

use super::Platform;

/// Beyond any level or version that there is, and few enough to list.
const HIGHEST_VERSION: u32 = 9;

/// The index of the candidate that fits `wanted` best; none when no one does.
///
/// An amd64 of a higher level runs lower ones and 386, a 64-bit ARM lower versions and 32-bit ARM, a 32-bit ARM lower
/// versions down to 5. A candidate that needs operating system features fits only if all of them are wanted, and then wins
/// over one that needs fewer. Among equals the first wins. Versions of Windows are not compared.
pub fn choose(wanted: &Platform, candidates: &[Platform]) -> Option<usize> {
    let normalized: Vec<Platform> = candidates.iter().map(Platform::normalize).collect();
    runnable(&wanted.normalize()).iter().find_map(|level| best_at(level, &normalized))
}

fn best_at(level: &Platform, candidates: &[Platform]) -> Option<usize> {
    let fits = |candidate: &Platform| {
        candidate.os == level.os
            && candidate.architecture == level.architecture
            && candidate.variant == level.variant
            && candidate.os_features.iter().all(|feature| level.os_features.contains(feature))
    };
    let fitting = candidates.iter().enumerate().filter(|(_, candidate)| fits(candidate));
    // `min_by_key` keeps the first of equals, `max_by_key` the last.
    fitting
        .min_by_key(|(_, candidate)| std::cmp::Reverse(candidate.os_features.len()))
        .map(|(index, _)| index)
}

/// The platform itself and the others that it runs, best first.
fn runnable(wanted: &Platform) -> Vec<Platform> {
    let level = |architecture: &str, variant: &str| Platform {
        architecture: architecture.to_owned(),
        variant: (!variant.is_empty()).then(|| variant.to_owned()),
        ..wanted.clone()
    };
    let variant = wanted.variant.as_deref().unwrap_or_default();
    let major = version(variant).map_or(0, |version| version.0);
    let mut others = Vec::new();
    match wanted.architecture.as_str() {
        "amd64" => {
            others.extend((2..major).rev().map(|lower| level("amd64", &format!("v{lower}"))));
            // v1 has no variant in the normalised spelling.
            others.push(level("amd64", ""));
            others.push(level("386", ""));
        }
        "arm" => others.extend((5..major).rev().map(|lower| level("arm", &format!("v{lower}")))),
        "arm64" => {
            others.extend(arm64_levels(variant).iter().map(|variant| level("arm64", variant)));
            others.extend((5..=8).rev().map(|lower| level("arm", &format!("v{lower}"))));
        }
        _ => {}
    }
    [wanted.clone()].into_iter().chain(others).collect()
}

/// The variants that a 64-bit ARM of this one runs, best first, in the normalised spelling.
fn arm64_levels(variant: &str) -> Vec<String> {
    let spell = |major: u32, minor: u32| match (major, minor) {
        (8, 0) => String::new(),
        (_, 0) => format!("v{major}"),
        _ => format!("v{major}.{minor}"),
    };
    let down = |major: u32, top: u32| (0..=top).rev().map(move |minor| spell(major, minor));
    match version(if variant.is_empty() { "v8" } else { variant }) {
        Some((8, minor)) if minor <= 9 => down(8, minor).collect(),
        // ARMv9.n has what v8.(n+5) has (Arm Architecture Reference Manual, A1.1).
        Some((9, minor)) if minor <= 7 => down(9, minor).chain(down(8, (minor + 5).min(9))).collect(),
        _ => Vec::new(),
    }
}

/// The numbers of `v9.2`; none when it is no version that a CPU could have.
fn version(variant: &str) -> Option<(u32, u32)> {
    let digits = variant.strip_prefix('v')?;
    let (major, minor) = digits.split_once('.').unwrap_or((digits, "0"));
    let major = major.parse().ok().filter(|major| *major <= HIGHEST_VERSION)?;
    Some((major, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &str, candidates: &[&str], expected: Option<&str>) {
        let parsed: Vec<Platform> = candidates.iter().map(|text| text.parse().unwrap()).collect();
        let chosen = choose(&wanted.parse().unwrap(), &parsed).map(|index| candidates[index]);
        assert_eq!(chosen, expected, "{wanted} of {candidates:?}");
    }

    #[test]
    fn the_same_platform_wins_over_one_that_also_runs() {
        check("linux/amd64", &["linux/386", "linux/arm64", "linux/amd64"], Some("linux/amd64"));
        check("linux/amd64", &["linux/386", "linux/arm64"], Some("linux/386"));
        check("linux/arm64", &["linux/arm/v7", "linux/arm64/v8"], Some("linux/arm64/v8"));
        check("linux/arm64", &["linux/arm/v6", "linux/arm/v7"], Some("linux/arm/v7"));
        check("linux/arm/v7", &["linux/arm/v5", "linux/arm/v6", "linux/arm/v8"], Some("linux/arm/v6"));
    }

    #[test]
    fn a_higher_level_runs_lower_ones_and_not_the_other_way_round() {
        let levels = ["linux/amd64", "linux/amd64/v2", "linux/amd64/v3", "linux/amd64/v4"];
        check("linux/amd64/v3", &levels, Some("linux/amd64/v3"));
        check("linux/amd64/v3", &["linux/amd64", "linux/amd64/v2"], Some("linux/amd64/v2"));
        check("linux/amd64", &levels[1..], None);
        check("linux/arm64/v9", &["linux/arm64/v8.6", "linux/arm64/v8.5"], Some("linux/arm64/v8.5"));
        check("linux/arm64/v9.6", &["linux/arm64", "linux/arm64/v9.0"], Some("linux/arm64/v9.0"));
        check("linux/arm/v6", &["linux/arm"], None);
    }

    #[test]
    fn what_cannot_run_is_never_chosen() {
        check("linux/amd64", &["windows/amd64", "linux/arm64", "linux/s390x"], None);
        check("linux/386", &["linux/amd64"], None);
        check("linux/amd64", &[], None);
        check("linux/amd64/v4000000000", &["linux/amd64"], Some("linux/amd64"));
    }

    #[test]
    fn needed_features_must_be_wanted_and_then_count() {
        check("linux/amd64", &["linux(+gpu)/amd64", "linux/amd64"], Some("linux/amd64"));
        check("linux(+gpu)/amd64", &["linux/amd64", "linux(+gpu)/amd64"], Some("linux(+gpu)/amd64"));
    }

    #[test]
    fn the_first_of_equals_wins() {
        let twice = [Platform::new("linux", "x86_64"), Platform::new("linux", "amd64")];
        assert_eq!(choose(&Platform::new("linux", "amd64"), &twice), Some(0));
    }
}

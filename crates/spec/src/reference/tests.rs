//! Reading and showing references; the cases are facts of Docker's behaviour.
//! Registries are not involved.

use proptest::prelude::*;

use super::*;

const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn check(text: &str, full: &str, familiar: &str) {
    let reference = Reference::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(reference.to_string(), full, "{text}");
    assert_eq!(reference.familiar(), familiar, "{text}");
}

fn check_error(text: &str, expected: &str) {
    match Reference::parse(text) {
        Ok(reference) => panic!("{text} was read as {reference}"),
        Err(error) => assert_eq!(error.to_string(), expected, "{text}"),
    }
}

#[test]
fn short_names_mean_dockers_registry() {
    check("alpine", "docker.io/library/alpine", "alpine");
    check("alpine:3.20", "docker.io/library/alpine:3.20", "alpine:3.20");
    check("library/alpine", "docker.io/library/alpine", "alpine");
    check("docker.io/alpine", "docker.io/library/alpine", "alpine");
    check("index.docker.io/alpine:x", "docker.io/library/alpine:x", "alpine:x");
    check("index.docker.io/library/alpine", "docker.io/library/alpine", "alpine");
    check("user/image", "docker.io/user/image", "user/image");
    check("library/foo/bar", "docker.io/library/foo/bar", "library/foo/bar");
    check("test_com", "docker.io/library/test_com", "test_com");
    check("192.168.0.1:80", "docker.io/library/192.168.0.1:80", "192.168.0.1:80");
    check("docker.io/a.com/image", "docker.io/a.com/image", "docker.io/a.com/image");
    check(&format!("docker.io/{HEX}"), &format!("docker.io/library/{HEX}"), HEX);
}

#[test]
fn a_first_component_that_looks_like_a_registry_is_one() {
    check("localhost/image", "localhost/image", "localhost/image");
    check("localhost:5000/image:tag", "localhost:5000/image:tag", "localhost:5000/image:tag");
    check("example.com/a/b/c", "example.com/a/b/c", "example.com/a/b/c");
    check("test:5000/repo", "test:5000/repo", "test:5000/repo");
    check("LOCALDOMAIN/image", "LOCALDOMAIN/image", "LOCALDOMAIN/image");
    check("Docker/docker", "Docker/docker", "Docker/docker");
    check(
        "xn--n3h.com/myimage:xn--n3h.com",
        "xn--n3h.com/myimage:xn--n3h.com",
        "xn--n3h.com/myimage:xn--n3h.com",
    );
    check("[2001:db8::1]:5000/repo:tag", "[2001:db8::1]:5000/repo:tag", "[2001:db8::1]:5000/repo:tag");
    check("[::1]/repo", "[::1]/repo", "[::1]/repo");
}

#[test]
fn a_registry_with_an_underscore_is_all_path_as_in_docker() {
    let reference = Reference::parse("foo_bar.com/image").unwrap();
    assert_eq!((reference.domain(), reference.path()), ("", "foo_bar.com/image"));
    assert_eq!(reference.to_string(), "foo_bar.com/image");
    assert_eq!(reference.familiar_name(), "foo_bar.com/image");
}

#[test]
fn tags_and_digests_are_kept_apart() {
    let text = format!("localhost:5000/a/b:Tag_1.x-y@sha256:{HEX}");
    let reference = Reference::parse(&text).unwrap();
    assert_eq!(reference.domain(), "localhost:5000");
    assert_eq!(reference.path(), "a/b");
    assert_eq!(reference.name(), "localhost:5000/a/b");
    assert_eq!(reference.tag(), Some("Tag_1.x-y"));
    assert_eq!(reference.digest().map(Digest::hex), Some(HEX));
    assert_eq!(reference.to_string(), text);
    assert_eq!(reference.name_only().to_string(), "localhost:5000/a/b");
    check(
        &format!("alpine@sha256:{HEX}"),
        &format!("docker.io/library/alpine@sha256:{HEX}"),
        &format!("alpine@sha256:{HEX}"),
    );
}

#[test]
fn separators_in_a_path_are_dots_underscores_and_dashes_between_words() {
    for good in ["a.b", "a_b", "a__b", "a-b", "a---b", "0", "d/docker", "a/b-c/d.e"] {
        assert!(Reference::parse(good).is_ok(), "{good}");
    }
    let bad = [
        "a..b",
        "a___b",
        "a_.b",
        "a-.b",
        "-a",
        "a-",
        "_a",
        "a_",
        ".a",
        "a.",
        "a//b",
        "a/",
        "/a",
        "a/-b",
        "____/____",
        "dock.-er/a",
    ];
    for bad in bad {
        check_error(bad, "invalid reference format");
    }
}

#[test]
fn what_is_no_reference_is_told_in_the_words_of_docker() {
    check_error("", "invalid reference format");
    check_error(":tag", "invalid reference format");
    check_error("alpine:", "invalid reference format");
    check_error("alpine:-x", "invalid reference format");
    check_error("alpine@", "invalid reference format");
    check_error("alpine:a:b", "invalid reference format");
    check_error("a b", "invalid reference format");
    check_error("aa/asdf$$^/aa", "invalid reference format");
    check_error("https://github.com/docker/docker", "invalid reference format");
    check_error("[fc00::1]", "invalid reference format");
    check_error("[fc00::1]:5000", "invalid reference format");
    check_error("[fe80::1%eth0]:5000/image", "invalid reference format");
    check_error("fc00::1:5000/image", "invalid reference format");
    check_error(&format!("alpine:{}", "t".repeat(129)), "invalid reference format");
    check_error("alpine@sha256:abc", "invalid reference format");
    check_error("Alpine", "invalid reference format: repository name (library/Alpine) must be lowercase");
    check_error(
        "docker/Docker:X",
        "invalid reference format: repository name (docker/Docker) must be lowercase",
    );
    check_error(
        "test:5000/Upper/lower:tag",
        "invalid reference format: repository name (Upper/lower) must be lowercase",
    );
    check_error("Foo_bar/image", "repository name must be lowercase");
    check_error(
        &format!("example.com/{}", "a".repeat(256)),
        "repository name must not be more than 255 characters",
    );
    check_error(HEX, &format!("invalid repository name ({HEX}), cannot specify 64-byte hexadecimal strings"));
    check_error(&format!("alpine@sha256:{}", &HEX[..34]), "invalid checksum digest length");
    check_error(&format!("alpine@sha256:{}", HEX.to_uppercase()), "invalid checksum digest format");
    check_error(&format!("alpine@md5:{HEX}"), "unsupported digest algorithm");
}

#[test]
fn the_longest_path_and_tag_are_taken() {
    let text = format!("example.com/{}:{}", "a".repeat(255), "t".repeat(128));
    check(&text, &text, &text);
}

#[test]
fn the_default_tag_goes_only_to_a_bare_name() {
    let tagged = |text: &str| Reference::parse(text).unwrap().with_default_tag().familiar();
    assert_eq!(tagged("alpine"), "alpine:latest");
    assert_eq!(tagged("alpine:3"), "alpine:3");
    let pinned = format!("alpine@sha256:{HEX}");
    assert_eq!(tagged(&pinned), pinned);
}

#[test]
fn a_tag_that_is_none_is_refused() {
    let alpine = || Reference::parse("alpine").unwrap();
    assert_eq!(alpine().with_tag("v1").unwrap().familiar(), "alpine:v1");
    assert_eq!(alpine().with_tag("a/b").unwrap_err().to_string(), "invalid tag format");
}

#[test]
fn json_holds_the_full_form() {
    let reference = Reference::parse("alpine:3").unwrap();
    let json = serde_json::to_string(&reference).unwrap();
    assert_eq!(json, r#""docker.io/library/alpine:3""#);
    assert_eq!(serde_json::from_str::<Reference>(&json).unwrap(), reference);
    assert!(serde_json::from_str::<Reference>(r#""A""#).is_err());
}

#[test]
fn patterns_fit_the_familiar_form_or_name() {
    for (reference, pattern, expected) in [
        ("foo", "foo/**/ba[rz]", false),
        ("foo/any/bat", "foo/**/ba[rz]", false),
        ("foo/a/bar", "foo/**/ba[rz]", true),
        ("foo/c/baz:tag", "foo/**/ba[rz]", true),
        ("foo/c/baz:tag", "foo/*/baz:tag", true),
        ("example.com/foo/c/baz:tag", "*/foo/c/baz", true),
        ("example.com/foo/c/baz:tag", "foo/c/baz", false),
        ("alpine:3.20", "alp*", true),
        ("alpine:3.20", "alp*:3.2?", true),
        ("alpine:3.20", "alp*:3.2", false),
        ("user/alpine", "*", false),
        ("alpine", "[^b-z]l*", true),
        ("alpine", "[^a]l*", false),
        ("alpine", r"\alpine", true),
        ("a-b-c-d", "*-*-*-d", true),
        ("a-b-c-d", "*b*d?", false),
        ("alpine", "", false),
    ] {
        let reference = Reference::parse(reference).unwrap();
        assert_eq!(reference.matches(pattern), Ok(expected), "{reference:?} {pattern}");
    }
}

#[test]
fn malformed_patterns_are_refused() {
    let reference = Reference::parse("alpine").unwrap();
    for pattern in ["[-x]", "[", "[]", "[a", "[a-", "[a-]", r"a\", "[^]"] {
        assert_eq!(reference.matches(pattern), Err(BadPattern), "{pattern}");
    }
}

#[test]
fn many_stars_take_no_long_time() {
    let reference = Reference::parse(&"a".repeat(200)).unwrap();
    assert_eq!(reference.matches(&format!("{}b", "*a".repeat(100))), Ok(false));
}

proptest! {
    #[test]
    fn a_well_formed_reference_reads_back(
        domain in "[a-zA-Z0-9]{1,8}[.][a-z0-9]{1,6}(:[0-9]{1,5})?",
        path in "[a-z0-9]{1,6}([._-][a-z0-9]{1,6}){0,2}(/[a-z0-9]{1,6}(__[a-z0-9]{1,6})?){0,3}",
        tag in proptest::option::of("[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}"),
        digest: Option<[u8; 32]>,
    ) {
        let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
        let digest = digest.map(|value| format!("@{}", Digest::from_sha256(value))).unwrap_or_default();
        let text = format!("{domain}/{path}{tag}{digest}");
        prop_assert_eq!(Reference::parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn whatever_is_read_reads_back_the_same_in_full(text in "[a-zA-Z0-9_./:@\\[\\]-]{0,40}") {
        if let Ok(reference) = Reference::parse(&text) {
            prop_assert_eq!(Reference::parse(&reference.to_string()), Ok(reference));
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*") {
        let _ = Reference::parse(&text);
        let _ = Reference::parse("a/b:c").unwrap().matches(&text);
    }
}

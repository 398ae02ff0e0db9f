//! A link named `docker`: what is told of the version, and plugins of Docker's client.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output};

use corten_testkit::Corten;

use crate::setup;

/// A plugin that tells how it was called.
const PLUGIN: &str = r#"#!/bin/sh
if [ "$1" = docker-cli-plugin-metadata ]; then
    echo '{"SchemaVersion":"0.1.0","Vendor":"somebody"}'
    exit
fi
echo "$DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND" "$DOCKER_HOST" "$@"
exit 7
"#;

/// Runs the program under `name`, with a configuration that has the plugin `docker-greet`.
fn run(corten: &Corten, name: &str, words: &[&str]) -> Output {
    let scratch = corten.root().scratch();
    let (link, directory) = (scratch.join(name), scratch.join("config/cli-plugins"));
    if !link.exists() {
        symlink(env!("CARGO_BIN_EXE_corten"), &link).expect("a link");
    }
    fs::create_dir_all(&directory).expect("a directory");
    write_program(&directory.join("docker-greet"), PLUGIN);
    write_program(&directory.join("docker-silent"), "#!/bin/sh\n");
    let mut command = Command::new(link);
    command.args(words).env_clear().env("DOCKER_CONFIG", scratch.join("config"));
    command.env("DOCKER_HOST", "unix:///there").env("PATH", "/bin:/usr/bin").output().expect("it runs")
}

fn write_program(path: &Path, text: &str) {
    // Written beside and renamed: a program that is open for writing cannot be run.
    let beside = path.with_extension("new");
    fs::write(&beside, text).expect("room");
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o755)).expect("its mode");
    fs::rename(&beside, path).expect("its place");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn by_that_name_it_tells_a_version_of_dockers_client() {
    let Some(corten) = setup::engine() else { return };
    let told = text(&run(&corten, "docker", &["--version"]).stdout);
    assert!(told.starts_with("Docker version 28.5.2, build corten-"), "{told}");
    assert!(text(&run(&corten, "corten", &["--version"]).stdout).starts_with("Corten version "));
}

#[test]
fn a_plugin_goes_on_in_its_place_with_all_its_words() {
    let Some(corten) = setup::engine() else { return };
    let told = run(&corten, "docker", &["--debug", "greet", "--flag", "word"]);
    let link = corten.root().scratch().join("docker");
    assert_eq!(text(&told.stdout), format!("{} unix:///there --debug greet --flag word\n", link.display()));
    assert_eq!(told.status.code(), Some(7));
}

#[test]
fn what_is_no_plugin_is_no_command() {
    let Some(corten) = setup::engine() else { return };
    for (name, word) in [("docker", "silent"), ("docker", "nothing"), ("corten", "greet")] {
        let told = run(&corten, name, &[word]);
        assert_eq!(told.status.code(), Some(1), "{told:?}");
        let expected = format!("{name}: unknown command: {name} {word}\n");
        assert!(text(&told.stderr).starts_with(&expected), "{told:?}");
    }
}

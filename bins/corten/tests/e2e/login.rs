//! Who users are to registries: what is asked, what is kept and where, and what is shown to whom.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use corten_testkit::{Corten, Registry, images};

use crate::setup;

/// `Basic somebody:secret`.
const BASIC: &str = "Basic c29tZWJvZHk6c2VjcmV0";

/// An engine with nothing in it, and a registry that has `busybox` for whoever knows the password.
fn stage() -> Option<(Corten, Registry)> {
    let corten = setup::engine()?;
    let registry = Registry::serve(&images::busybox(corten.root().scratch())?, corten.root().scratch());
    registry.demand_password("somebody", "secret");
    Some((corten, registry))
}

fn configuration(corten: &Corten) -> PathBuf {
    corten.root().scratch().join(".docker/config.json")
}

fn login(corten: &Corten, registry: &Registry, password: &str) -> corten_testkit::Outcome {
    let words = ["login", "--username", "somebody", "--password-stdin", registry.address()];
    corten.run_with_input(&words, format!("{password}\n").as_bytes())
}

#[test]
fn credentials_are_kept_shown_to_their_registry_alone_and_forgotten() {
    let Some((corten, registry)) = stage() else { return };
    let other = Registry::empty(corten.root().scratch());
    let name = registry.name("library/busybox:1");
    let denied = corten.run(&["pull", &name]).exited(1).stderr();
    assert!(denied.contains("no basic auth credentials"), "{denied}");
    let told = login(&corten, &registry, "secret").success();
    assert_eq!(told.stdout(), "Login Succeeded\n");
    let path = configuration(&corten);
    assert!(told.stderr().contains(&format!("stored unencrypted in '{}'", path.display())), "{told:?}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&path).unwrap().contains("c29tZWJvZHk6c2VjcmV0"));

    let _ = registry.shown();
    corten.run(&["pull", "--quiet", &name]).success();
    assert_eq!(registry.shown(), [BASIC]);
    corten.run(&["push", "--quiet", &name]).success();
    assert_eq!(registry.shown(), [BASIC]);
    let nowhere = corten.root().scratch().join("nowhere").display().to_string();
    let auths = format!(r#"{{"auths": {{"{}": {{"auth": "c29tZWJvZHk6c2VjcmV0"}}}}}}"#, registry.address());
    let mut given = corten.command(&["--config", &nowhere, "push", "--quiet", &name]);
    assert!(given.env("DOCKER_AUTH_CONFIG", auths).status().unwrap().success());
    assert_eq!(registry.shown(), [BASIC]);
    let denied = corten.run(&["--config", &nowhere, "push", &name]).exited(1).stderr();
    assert_eq!(denied, "no basic auth credentials\n");
    let elsewhere = other.name("library/busybox:1");
    corten.run(&["tag", &name, &elsewhere]).success();
    corten.run(&["push", "--quiet", &elsewhere]).success();
    assert_eq!(other.shown(), [""; 0]);

    // What is kept is tried first.
    let again = corten.run(&["login", registry.address()]).success().stdout();
    assert!(
        again.starts_with("Authenticating with existing credentials... [Username: somebody]\n"),
        "{again}"
    );
    assert!(again.ends_with("Login Succeeded\n"), "{again}");
    let address = registry.address();
    let forgotten = corten.run(&["logout", address]).success().stdout();
    assert_eq!(forgotten, format!("Removing login credentials for {address}\n"));
    assert!(!fs::read_to_string(&path).unwrap().contains("c29tZWJvZHk6c2VjcmV0"));
    let denied = corten.run(&["push", &name]).exited(1).stderr();
    assert_eq!(denied, "no basic auth credentials\n");
}

#[test]
fn wrong_credentials_are_refused_and_not_kept() {
    let Some((corten, registry)) = stage() else { return };
    let refused = login(&corten, &registry, "wrong").exited(1).stderr();
    let address = registry.address();
    let basic = format!(
        "Error response from daemon: login attempt to http://{address}/v2/ failed with status: 401 Unauthorized\n"
    );
    assert_eq!(refused, basic);
    registry.demand_token("somebody", "secret");
    let refused = login(&corten, &registry, "wrong").exited(1).stderr();
    let token =
        format!("Error response from daemon: Get \"http://{address}/v2/\": unauthorized: unauthorized\n");
    assert_eq!(refused, token);
    assert!(!configuration(&corten).exists());
}

#[test]
fn a_login_that_makes_no_sense_is_told_in_dockers_words() {
    let Some((corten, registry)) = stage() else { return };
    let address = registry.address();
    let refused = |words: &[&str]| corten.run(words).exited(1).stderr();
    assert_eq!(
        refused(&["login", "--password-stdin", address]),
        "Must provide --username with --password-stdin\n"
    );
    let both = refused(&["login", "-u", "a", "-p", "b", "--password-stdin", address]);
    assert_eq!(
        both,
        "WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n\
         --password and --password-stdin are mutually exclusive\n"
    );
    let nobody = refused(&["login", address]);
    assert_eq!(nobody, "Error: Cannot perform an interactive login from a non TTY device\n");
}

#[test]
fn a_password_that_is_typed_is_not_shown() {
    let Some((corten, registry)) = stage() else { return };
    let mut terminal = corten.terminal(&["login", registry.address()]);
    terminal.expect("Username: ");
    terminal.send("somebody\n");
    terminal.expect("Password: ");
    terminal.send("secret\n");
    terminal.expect("Login Succeeded");
    assert_eq!(terminal.wait(), 0);
    assert!(!terminal.transcript().contains("secret"), "{}", terminal.transcript());
}

#[test]
fn an_identity_token_is_kept_in_place_of_the_password_and_gets_tokens() {
    let Some((corten, registry)) = stage() else { return };
    registry.demand_token("somebody", "secret");
    let told = login(&corten, &registry, "secret").success();
    assert_eq!((told.stdout(), told.stderr()), ("Login Succeeded\n".to_owned(), String::new()));
    let kept = fs::read_to_string(configuration(&corten)).unwrap();
    assert!(kept.contains("\"identitytoken\": \"an-identity\""), "{kept}");
    assert!(!kept.contains("c29tZWJvZHk6c2VjcmV0"), "{kept}");
    let _ = registry.shown();
    corten.run(&["pull", "--quiet", &registry.name("library/busybox:1")]).success();
    assert_eq!(registry.shown(), ["an-identity", "Bearer a-token"]);
}

/// `corten ARGUMENTS` with a credential helper called `drawer` on the `PATH`, which keeps everything in a directory.
fn with_drawer(corten: &Corten, arguments: &[&str]) -> Command {
    let (scratch, drawer) = (corten.root().scratch(), corten.root().scratch().join("drawer"));
    fs::create_dir_all(&drawer).expect("a directory");
    let program = scratch.join("docker-credential-drawer");
    let script = "#!/bin/sh\n\
        cd \"$DRAWER\" || exit 1\n\
        case $1 in\n\
        store) cat > kept ;;\n\
        get) cat > asked; cat kept 2> /dev/null || { echo credentials not found in native keychain; exit 1; } ;;\n\
        erase) cat > erased; rm kept ;;\n\
        esac\n";
    fs::write(&program, script).expect("a file");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a program");
    let mut command = corten.command(arguments);
    let path = std::env::var("PATH").expect("a path");
    command.env("PATH", format!("{}:{path}", scratch.display())).env("DRAWER", &drawer);
    command.env("DOCKER_CONFIG", scratch.join("elsewhere"));
    command
}

#[test]
fn a_credential_helper_keeps_gives_and_forgets() {
    let Some((corten, registry)) = stage() else { return };
    let (scratch, address) = (corten.root().scratch(), registry.address());
    let path = scratch.join("elsewhere/config.json");
    fs::create_dir(scratch.join("elsewhere")).unwrap();
    fs::write(&path, format!(r#"{{"credHelpers":{{"{address}":"drawer"}},"psFormat":"x"}}"#)).unwrap();
    let run = |arguments: &[&str]| {
        let output = with_drawer(&corten, arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let drawer = |file: &str| fs::read_to_string(scratch.join("drawer").join(file));
    let told = run(&["login", "-u", "somebody", "-p", "secret", address]);
    assert_eq!(told, "Login Succeeded\n");
    let kept = format!(r#"{{"ServerURL":"{address}","Username":"somebody","Secret":"secret"}}"#);
    assert_eq!(drawer("kept").unwrap(), kept);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"psFormat\": \"x\"") && !text.contains("c29tZWJvZHk6c2VjcmV0"), "{text}");

    let _ = registry.shown();
    run(&["pull", "--quiet", &registry.name("library/busybox:1")]);
    assert_eq!((registry.shown(), drawer("asked").unwrap()), (vec![BASIC.to_owned()], address.to_owned()));
    run(&["push", "--quiet", &registry.name("library/busybox:1")]);
    assert_eq!(registry.shown(), [BASIC]);
    run(&["logout", address]);
    assert!(drawer("kept").is_err());
}

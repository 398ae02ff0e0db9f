//! Devices that vendors describe in files of the host (CDI), and GPUs, which are such devices.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::setup;

/// A document where the engine looks for it, gone when the test ends. Its kind is the test's own.
struct Document {
    path: PathBuf,
    kind: String,
}

impl Document {
    fn new(test: &str, extension: &str, content: &str) -> Self {
        let directory = PathBuf::from("/var/run/cdi");
        fs::create_dir_all(&directory).expect("a directory");
        let kind = format!("corten.test/{test}{}", std::process::id());
        let path = directory.join(format!("{}.{extension}", kind.replace('/', "-")));
        fs::write(&path, content.replace("KIND", &kind)).expect("a document");
        Self { path, kind }
    }

    fn device(&self, name: &str) -> String {
        format!("{}={name}", self.kind)
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        fs::remove_file(&self.path).expect("the document");
        // Other tests, and vendors, may have theirs there.
        let _ = fs::remove_dir("/var/run/cdi");
    }
}

#[test]
fn a_named_device_brings_what_its_vendor_says() {
    let Some(corten) = setup::busybox() else { return };
    let file = corten.root().scratch().join("library");
    fs::write(&file, "from the host\n").unwrap();
    let content = format!(
        "cdiVersion: 0.7.0\nkind: KIND\ndevices:\n- name: zero\n  containerEdits:\n    deviceNodes:\n    - path: /dev/named\n      \
         hostPath: /dev/zero\n      permissions: r\n    additionalGids: [4321]\ncontainerEdits:\n  env: [VENDOR=said]\n  mounts:\n  \
         - hostPath: {}\n    containerPath: /usr/library\n    options: [ro, bind]\n",
        file.display()
    );
    let document = Document::new("yaml", "yaml", &content);
    let script = "echo $VENDOR; cat /usr/library; head -c 3 /dev/named | wc -c; id -G";
    let arguments =
        ["run", "--name", "box", "--device", &document.device("zero"), "busybox", "sh", "-c", script];
    let shown = corten.run(&arguments).success().stdout();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(&lines[..3], ["said", "from the host", "3"], "{shown}");
    assert!(lines[3].split(' ').any(|group| group == "4321"), "{shown}");
    let format = "{{json .HostConfig.DeviceRequests}} {{json .HostConfig.Devices}}";
    let expected = format!(
        r#"[{{"Driver":"cdi","Count":0,"DeviceIDs":["{}"],"Capabilities":null,"Options":null}}] []"#,
        document.device("zero")
    );
    assert_eq!(corten.run(&["inspect", "--format", format, "box"]).success().line(), expected);
}

/// As those of vendors work: the state names the bundle, the configuration there names the root, which is written to.
const HOOK: &str = r#"#!/bin/sh
bundle=$(sed 's/.*"bundle":"\([^"]*\)".*/\1/')
root=$(sed 's/.*"root":{"path":"\([^"]*\)".*/\1/' "$bundle/config.json")
[ "$1" != fail ] || { echo "no such library" >&2; exit 3; }
ln -s "$VENDOR/lib.so.1" "$root/$1"
"#;

#[test]
fn a_vendors_hook_writes_into_the_root_before_the_program_runs() {
    let Some(corten) = setup::busybox() else { return };
    let hook = corten.root().scratch().join("vendor-hook");
    fs::write(&hook, HOOK).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let device = |name: &str, point: &str, word: &str| {
        format!(
            r#"{{"name":"{name}","containerEdits":{{"hooks":[{{"hookName":"{point}","path":"{}",
            "args":["vendor-hook","{word}"],"env":["PATH=/usr/bin:/bin","VENDOR=/opt"]}}]}}}}"#,
            hook.display()
        )
    };
    let devices = [
        device("linked", "createContainer", "lib.so"),
        device("failing", "createContainer", "fail"),
        device("outside", "createRuntime", "lib.so"),
    ];
    let content = format!(r#"{{"cdiVersion":"0.6.0","kind":"KIND","devices":[{}]}}"#, devices.join(","));
    let document = Document::new("hooks", "json", &content);
    let run = |name: &str, device: &str, words: &[&str]| {
        let device = document.device(device);
        corten.run(&[&["run", "--name", name, "--device", &device, "--read-only", "busybox"], words].concat())
    };
    assert_eq!(run("box", "linked", &["readlink", "/lib.so"]).success().line(), "/opt/lib.so.1");
    let failed = run("failed", "failing", &["true"]).exited(125).stderr();
    assert!(
        failed.contains("OCI runtime create failed: unable to start container process: error running createContainer hook #0: ")
            && failed.contains(": exit status: 3, stderr: no such library"),
        "{failed}"
    );
    // The root is there in the container's mount namespace only.
    run("outside", "outside", &["test", "!", "-e", "/lib.so"]).success();
    assert_eq!(corten.run(&["diff", "box"]).success().stdout().trim(), "A /lib.so");
}

#[test]
fn a_vendors_hooks_hear_of_the_start_and_of_the_end() {
    let Some(corten) = setup::busybox() else { return };
    let (hook, heard) = (corten.root().scratch().join("vendor-hook"), corten.root().scratch().join("heard"));
    let script = r#"#!/bin/sh
echo "$1 $(sed 's/.*"status":"\([a-z]*\)".*/\1/')" >> "$HEARD"
[ "$1" != fail ]
"#;
    fs::write(&hook, script).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let entry = |point: &str, word: &str| {
        format!(
            r#"{{"hookName":"{point}","path":"{}","args":["hook","{word}"],"env":["PATH=/usr/bin:/bin","HEARD={}"]}}"#,
            hook.display(),
            heard.display()
        )
    };
    let device = |name: &str, hooks: &[String]| {
        format!(r#"{{"name":"{name}","containerEdits":{{"hooks":[{}]}}}}"#, hooks.join(","))
    };
    let devices = [
        device("heard", &[entry("poststop", "after"), entry("poststart", "at")]),
        device("failing", &[entry("poststart", "fail"), entry("poststop", "after")]),
    ];
    let content = format!(r#"{{"cdiVersion":"0.6.0","kind":"KIND","devices":[{}]}}"#, devices.join(","));
    let document = Document::new("later", "json", &content);
    let run = |device: &str| {
        corten.run(&["run", "--name", device, "--device", &document.device(device), "busybox", "true"])
    };
    run("heard").success();
    // The client hears of the end at once; what removes the container waits for everything that comes after it.
    corten.run(&["rm", "heard"]).success();
    let told = || fs::read_to_string(&heard).unwrap();
    assert_eq!(told(), "at running\nafter stopped\n");
    let failed = run("failing").exited(125).stderr();
    assert!(failed.contains("error running poststart hook #0: "), "{failed}");
    assert_eq!(told(), "at running\nafter stopped\nfail running\nafter stopped\n");
}

#[test]
fn what_cannot_be_had_is_refused_by_name() {
    let Some(corten) = setup::busybox() else { return };
    let content = r#"{"cdiVersion":"0.6.0","kind":"KIND","devices":[{"name":"hooked","containerEdits":{"hooks":[
        {"hookName":"afterwards","path":"/usr/bin/vendor-hook"}]}},{"name":"linked","containerEdits":{"netDevices":[
        {"hostInterfaceName":"eth0","name":"eth0"}]}}]}"#;
    let document = Document::new("json", "json", content);
    let refusal = |flag: &str, value: &str| {
        corten.run(&["run", "--rm", flag, value, "busybox", "true"]).exited(125).stderr()
    };
    let missing = document.device("none");
    assert!(
        refusal("--device", &missing)
            .contains(&format!("CDI device injection failed: unresolvable CDI devices {missing}"))
    );
    let hooked = refusal("--device", &document.device("hooked"));
    assert!(hooked.contains("invalid CDI hook name \"afterwards\""), "{hooked}");
    let linked = refusal("--device", &document.device("linked"));
    assert!(linked.contains("CDI device injection failed: `netDevices` is not built yet"), "{linked}");
    if !PathBuf::from("/dev/nvidia0").exists() {
        let gpus = refusal("--gpus", "all");
        assert!(gpus.contains("could not select device driver \"\" with capabilities: [[gpu]]"), "{gpus}");
    }
}

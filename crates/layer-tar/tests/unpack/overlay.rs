//! What the kernel shows of unpacked layers: a detached overlay mount of them, attached nowhere.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use expect_test::expect;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen,
};

use crate::builder::Builder;
use crate::scene::{Scene, tree};

/// The topmost layer first.
pub(crate) fn mount(scene: &Scene, layers: &[&str]) -> rustix::io::Result<OwnedFd> {
    let paths: Vec<String> =
        layers.iter().map(|layer| scene.path(layer).to_str().unwrap().to_owned()).collect();
    let context = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&context, "lowerdir", paths.join(":"))?;
    fsconfig_create(&context)?;
    fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::MOUNT_ATTR_RDONLY)
}

/// One layer with a directory for changes on top.
pub(crate) fn mount_writable(
    scene: &Scene,
    lower: &str,
    upper: &str,
    work: &str,
) -> rustix::io::Result<OwnedFd> {
    let context = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (key, name) in [("lowerdir", lower), ("upperdir", upper), ("workdir", work)] {
        fsconfig_set_string(&context, key, scene.path(name))?;
    }
    for feature in ["redirect_dir", "metacopy", "index"] {
        fsconfig_set_string(&context, feature, "off")?;
    }
    fsconfig_create(&context)?;
    fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())
}

#[test]
fn an_overlay_of_the_layers_is_the_images_file_system() {
    let scene = Scene::new();
    let bottom = Builder::new()
        .directory("etc")
        .file("etc/kept", "bottom")
        .file("etc/gone", "bottom")
        .file("etc/changed", "bottom")
        .directory("opaque")
        .file("opaque/hidden", "bottom")
        .directory("replaced")
        .file("replaced/hidden", "bottom")
        .directory("dropped")
        .file("dropped/hidden", "bottom");
    let top = Builder::new()
        .file("etc/.wh.gone", "")
        .file("etc/changed", "top")
        .hard_link("linked", "etc/kept")
        .directory("opaque")
        .file("opaque/new", "top")
        .file("opaque/.wh..wh..opq", "")
        .file(".wh.replaced", "")
        .directory("replaced")
        .file("replaced/new", "top")
        .file(".wh.dropped", "")
        // Of nothing, in a directory that no lower layer has: the kernel would list the name.
        .file("lonely/.wh.nothing", "");
    scene.unpack_on("bottom", &[], bottom).unwrap();
    scene.unpack_on("top", &["bottom"], top).unwrap();
    let mount = match mount(&scene, &["top", "bottom"]) {
        Ok(mount) => mount,
        // An overlay on an overlay, as in a container.
        Err(error) => return println!("skipped: no overlay can be mounted on this file system: {error}"),
    };
    expect![[r#"
        040755 0:0 etc
        100644 0:0 etc/changed "top"
        100644 0:0 etc/kept "bottom"
        100644 0:0 linked "bottom"
        040755 0:0 lonely
        040755 0:0 opaque
        100644 0:0 opaque/new "top"
        040755 0:0 replaced
        100644 0:0 replaced/new "top"
    "#]]
    .assert_eq(&tree(Path::new(&format!("/proc/self/fd/{}", mount.as_raw_fd()))));
}

//! Decides what is pushed for a name: the whole of what it stands for, or, where only some platforms of an index are here, one of them.
//!
//! Pure: it reads nothing and sends nothing.

use std::collections::HashSet;

use corten_spec::digest::Digest;
use corten_spec::image::Descriptor;
use corten_spec::platform::{Platform, choose};

use super::tree::{Node, Tree};

/// What is to be sent, in this order: blobs, documents, target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// Each once.
    pub(super) blobs: Vec<Descriptor>,
    /// Each once, after those that it names.
    pub(super) documents: Vec<Descriptor>,
    /// What the name is to stand for at the registry.
    pub(super) target: Descriptor,
}

/// Why nothing can be pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// Nothing of the platform is here, or, where none was asked for, nothing at all.
    NoPlatform,
    /// Several are here, not all, and none is this machine's.
    Ambiguous,
}

/// The plan for `wanted`, or for all.
pub(super) fn plan(tree: &Tree, wanted: Option<&Platform>) -> Result<Plan, Obstacle> {
    let target = match wanted {
        Some(wanted) => of_platform(tree, wanted)?,
        None if is_manifest(tree) || is_whole(tree, &tree.root.digest) => tree.root.clone(),
        None => the_one_here(tree)?,
    };
    let mut plan = Plan { blobs: Vec::new(), documents: Vec::new(), target: target.clone() };
    plan.add(tree, &target, &mut HashSet::new());
    plan.documents.pop();
    Ok(plan)
}

impl Plan {
    fn add(&mut self, tree: &Tree, descriptor: &Descriptor, seen: &mut HashSet<Digest>) {
        if !seen.insert(descriptor.digest.clone()) {
            return;
        }
        match tree.nodes.get(&descriptor.digest) {
            Some(Node::Index(inner)) => inner.iter().for_each(|inner| self.add(tree, inner, seen)),
            Some(Node::Manifest { blobs, .. }) => {
                let new = blobs.iter().filter(|blob| seen.insert(blob.digest.clone()));
                self.blobs.extend(new.cloned());
            }
            None => return,
        }
        self.documents.push(descriptor.clone());
    }
}

fn is_manifest(tree: &Tree) -> bool {
    matches!(tree.nodes.get(&tree.root.digest), Some(Node::Manifest { .. }))
}

fn is_whole(tree: &Tree, digest: &Digest) -> bool {
    match tree.nodes.get(digest) {
        // An index cannot contain its own digest, so this ends.
        Some(Node::Index(inner)) => inner.iter().all(|inner| is_whole(tree, &inner.digest)),
        Some(Node::Manifest { is_whole, .. }) => *is_whole,
        None => false,
    }
}

/// The images that are here whole, with what they are for.
fn images(tree: &Tree) -> Vec<(Descriptor, Platform)> {
    let mut found = Vec::new();
    collect(tree, &tree.root, &mut HashSet::new(), &mut found);
    found
}

fn collect(
    tree: &Tree,
    descriptor: &Descriptor,
    seen: &mut HashSet<Digest>,
    found: &mut Vec<(Descriptor, Platform)>,
) {
    if !seen.insert(descriptor.digest.clone()) {
        return;
    }
    match tree.nodes.get(&descriptor.digest) {
        Some(Node::Index(inner)) => inner.iter().for_each(|inner| collect(tree, inner, seen, found)),
        Some(Node::Manifest { is_whole: true, platform: Some(platform), .. }) => {
            found.push((descriptor.clone(), platform.clone()));
        }
        _ => {}
    }
}

/// Of the platform itself: one that would merely run there is not what was asked for.
fn of_platform(tree: &Tree, wanted: &Platform) -> Result<Descriptor, Obstacle> {
    let same =
        |platform: &Platform| (&platform.os, &platform.architecture) == (&wanted.os, &wanted.architecture);
    let images = images(tree).into_iter().filter(|(_, platform)| same(platform)).collect();
    best(images, wanted).ok_or(Obstacle::NoPlatform)
}

fn the_one_here(tree: &Tree) -> Result<Descriptor, Obstacle> {
    let mut images = images(tree);
    match images.len() {
        0 => Err(Obstacle::NoPlatform),
        1 => Ok(images.remove(0).0),
        _ => best(images, &Platform::host()).ok_or(Obstacle::Ambiguous),
    }
}

fn best(mut images: Vec<(Descriptor, Platform)>, wanted: &Platform) -> Option<Descriptor> {
    let platforms: Vec<Platform> = images.iter().map(|(_, platform)| platform.clone()).collect();
    choose(wanted, &platforms).map(|chosen| images.swap_remove(chosen).0)
}

#[cfg(test)]
mod tests {
    use corten_content::Hasher;
    use corten_spec::digest::Algorithm;
    use corten_spec::image::media_type::{OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST};

    use super::*;

    fn descriptor(media_type: &str, name: &str) -> Descriptor {
        let digest = Hasher::digest(Algorithm::Sha256, name.as_bytes());
        let mut descriptor = Descriptor::new(media_type, digest, 1);
        descriptor.annotations.insert("name".to_owned(), name.to_owned());
        descriptor
    }

    /// `(name, platform, whether all of it is here)`, each with a layer of its own and one that all have.
    fn tree(manifests: &[(&str, &str, bool)]) -> Tree {
        let root = descriptor(OCI_INDEX, "index");
        let mut tree = Tree { root: root.clone(), nodes: std::collections::HashMap::new() };
        let inner = manifests.iter().map(|(name, ..)| descriptor(OCI_MANIFEST, name)).collect();
        tree.nodes.insert(root.digest, Node::Index(inner));
        for (name, platform, is_whole) in manifests {
            let blobs = vec![
                descriptor(OCI_CONFIG, &format!("{name}'s configuration")),
                descriptor(OCI_LAYER, "shared"),
                descriptor(OCI_LAYER, &format!("{name}'s layer")),
            ];
            let platform = platform.parse().ok();
            let node = Node::Manifest { blobs, is_whole: *is_whole, platform };
            tree.nodes.insert(descriptor(OCI_MANIFEST, name).digest, node);
        }
        tree
    }

    fn names(descriptors: &[Descriptor]) -> Vec<&str> {
        descriptors.iter().map(|descriptor| descriptor.annotations["name"].as_str()).collect()
    }

    fn target(tree: &Tree, wanted: Option<&str>) -> Result<String, Obstacle> {
        let wanted = wanted.map(|text| text.parse().unwrap());
        plan(tree, wanted.as_ref()).map(|plan| plan.target.annotations["name"].clone())
    }

    #[test]
    fn a_whole_index_goes_after_its_manifests_and_they_after_their_blobs_each_once() {
        let plan = plan(&tree(&[("a", "linux/amd64", true), ("b", "linux/s390x", true)]), None).unwrap();
        let blobs = ["a's configuration", "shared", "a's layer", "b's configuration", "b's layer"];
        assert_eq!(names(&plan.blobs), blobs);
        assert_eq!(names(&plan.documents), ["a", "b"]);
        assert_eq!(names(&[plan.target]), ["index"]);
    }

    #[test]
    fn of_an_index_that_is_not_all_here_the_platform_that_is_goes() {
        let some = tree(&[("a", "linux/s390x", true), ("b", "linux/riscv64", false)]);
        assert_eq!(target(&some, None), Ok("a".to_owned()));
        let plan = plan(&some, None).unwrap();
        assert_eq!((names(&plan.blobs).len(), names(&plan.documents)), (3, vec![]));
        let host = Platform::host().to_string();
        let both = tree(&[("a", "linux/s390x", true), ("b", &host, true), ("c", "linux/riscv64", false)]);
        assert_eq!(target(&both, None), Ok("b".to_owned()));
        let neither =
            tree(&[("a", "linux/s390x", true), ("b", "linux/ppc64le", true), ("c", "linux/riscv64", false)]);
        assert_eq!(target(&neither, None), Err(Obstacle::Ambiguous));
        let nothing = tree(&[("a", "linux/s390x", false)]);
        assert_eq!(target(&nothing, None), Err(Obstacle::NoPlatform));
    }

    #[test]
    fn a_platform_that_is_asked_for_goes_alone_and_no_other_in_its_place() {
        let both = tree(&[("a", "linux/arm64", true), ("b", "linux/arm/v7", true)]);
        assert_eq!(target(&both, Some("linux/arm64")), Ok("a".to_owned()));
        assert_eq!(target(&both, Some("linux/arm/v7")), Ok("b".to_owned()));
        let older = tree(&[("b", "linux/arm/v7", true)]);
        assert_eq!(target(&older, Some("linux/arm64")), Err(Obstacle::NoPlatform));
    }

    #[test]
    fn what_is_no_image_is_never_chosen_but_goes_with_the_whole() {
        let mut with_attestation = tree(&[("a", "linux/s390x", true), ("told", "linux/s390x", true)]);
        let told = descriptor(OCI_MANIFEST, "told").digest;
        if let Some(Node::Manifest { platform, .. }) = with_attestation.nodes.get_mut(&told) {
            *platform = None;
        }
        assert_eq!(target(&with_attestation, None), Ok("index".to_owned()));
        assert_eq!(target(&with_attestation, Some("linux/s390x")), Ok("a".to_owned()));
    }

    #[test]
    fn a_manifest_goes_even_where_layers_are_not_here_since_the_registry_may_have_them() {
        let mut single = tree(&[("a", "linux/s390x", false)]);
        single.root = descriptor(OCI_MANIFEST, "a");
        assert_eq!(target(&single, None), Ok("a".to_owned()));
    }
}

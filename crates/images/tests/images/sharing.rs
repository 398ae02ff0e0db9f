//! Several engines on one root.

use corten_content::Content;
use corten_images::{Images, ImagesError, LoadOptions};
use corten_state::Store;

use crate::archives::{Layout, Sample};
use crate::scene::Scene;

#[test]
fn engines_that_load_and_remove_the_same_image_at_once_do_not_harm_each_other() {
    let scene = Scene::new();
    let sample = Sample::new(&[&[("a", &[7; 300_000])], &[("implied/b", b"2")], &[("c", b"3")]]);
    let archive = Layout::one("thing", &sample).archive();
    let root = scene.path("");
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let (archive, root) = (&archive, &root);
            scope.spawn(move || {
                let content = Content::open(&root.join("content")).unwrap();
                let images = Images::new(root, Store::open(root).unwrap(), content);
                for _ in 0..6 {
                    images.load(&archive[..], &LoadOptions::default()).unwrap();
                    if let Ok(image) = images.resolve("thing", None) {
                        assert_eq!(image.layer_paths.len(), 3);
                    }
                    if worker % 2 == 0 {
                        match images.remove("thing", true, &[], &[]) {
                            Ok(_) | Err(ImagesError::NoSuchImage(_)) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            });
        }
    });
    scene.load(&archive).unwrap();
    let image = scene.images.resolve("thing", None).unwrap();
    assert!(image.layer_paths[1].join("implied/b").exists() && image.layer_paths[2].join("a").exists());
    scene.images.remove("thing", false, &[], &[]).unwrap();
    scene.assert_empty();
}

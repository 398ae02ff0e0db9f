//! The layers of an image on their way: where whoever unpacks one finds its bytes, as soon as there are any.

use std::collections::HashMap;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use corten_content::{ArrivalReader, Content};
use corten_spec::digest::Digest;
use corten_spec::image::Descriptor;

use crate::ImagesError;
use crate::layer_source::LayerSource;

/// Of one image.
pub(super) struct Arrivals {
    content: Content,
    sizes: HashMap<Digest, u64>,
    begun: Mutex<HashMap<Digest, Source>>,
    changed: Condvar,
    given_up: AtomicBool,
}

/// Where a blob's bytes are.
#[derive(Clone)]
pub(super) enum Source {
    /// In the content store.
    Content,
    /// In a download.
    Download(ArrivalReader),
}

impl Arrivals {
    pub(super) fn of(content: &Content, layers: &[Descriptor]) -> Self {
        let sizes = layers.iter().map(|layer| (layer.digest.clone(), layer.size)).collect();
        Self {
            content: content.clone(),
            sizes,
            begun: Mutex::default(),
            changed: Condvar::new(),
            given_up: AtomicBool::new(false),
        }
    }

    /// The blob can be read from now on.
    pub(super) fn begin(&self, blob: &Digest, source: Source) {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(blob.clone(), source);
        self.changed.notify_all();
    }

    /// Nothing more will come, or is wanted.
    pub(super) fn give_up(&self) {
        // Under the lock, so that nobody looks before it and sleeps after it.
        let _begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        self.given_up.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    pub(super) fn are_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }
}

impl LayerSource for Arrivals {
    fn size(&self, blob: &Digest) -> Result<u64, ImagesError> {
        self.sizes.get(blob).copied().ok_or_else(|| ImagesError::Lacks(blob.to_string()))
    }

    /// Waits until the blob has begun to arrive.
    fn open(&self, blob: &Digest) -> Result<Box<dyn Read + Send>, ImagesError> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |begun: &mut HashMap<Digest, Source>| !begun.contains_key(blob) && !self.are_given_up();
        let begun = self.changed.wait_while(begun, waiting).unwrap_or_else(PoisonError::into_inner);
        match begun.get(blob) {
            Some(Source::Download(reader)) => Ok(Box::new(reader.clone())),
            Some(Source::Content) => LayerSource::open(&self.content, blob),
            None => Err(ImagesError::Lacks(blob.to_string())),
        }
    }
}

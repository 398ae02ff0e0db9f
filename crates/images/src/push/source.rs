//! One blob on its way out: read when the registry turns out to want it, and counted.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use corten_registry_client::{BlobSource, Reading};
use corten_spec::image::Descriptor;

use super::news::{PushNews, PushStep};
use crate::{Images, OpenBlob, Origins};

/// A blob; clones are the same.
#[derive(Clone)]
pub(super) struct Source {
    shared: Arc<Shared>,
}

struct Shared {
    images: Images,
    /// Where one comes from that is not here any more.
    origins: Arc<dyn Origins>,
    descriptor: Descriptor,
    /// Opened with the first byte: a registry that has the blob spares us one that is not here.
    blob: OnceLock<OpenBlob>,
    given_up: Arc<AtomicBool>,
    news: Option<PushNews>,
}

impl Source {
    /// The blob; without `news` nobody is told how far it is.
    pub(super) fn new(
        images: &Images,
        origins: &Arc<dyn Origins>,
        descriptor: &Descriptor,
        given_up: &Arc<AtomicBool>,
        news: Option<PushNews>,
    ) -> Self {
        let shared = Shared {
            images: images.clone(),
            origins: Arc::clone(origins),
            descriptor: descriptor.clone(),
            blob: OnceLock::new(),
            given_up: Arc::clone(given_up),
            news,
        };
        Self { shared: Arc::new(shared) }
    }

    fn read(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let Shared { images, origins, descriptor, blob, given_up, news } = &*self.shared;
        if given_up.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let blob = match blob.get() {
            Some(blob) => blob,
            None => {
                let opened = images.blob(descriptor, &**origins).map_err(io::Error::other)?;
                blob.get_or_init(|| opened)
            }
        };
        let bytes = blob.read_at(offset, length)?;
        if let Some(news) = news {
            let sent = offset + bytes.len() as u64;
            news(&descriptor.digest, PushStep::Leaving { sent, size: descriptor.size });
        }
        Ok(bytes.into())
    }
}

impl BlobSource for Source {
    /// On a thread that may block: whoever polls this moves everybody's bytes.
    fn read_at(&self, offset: u64, length: usize) -> Reading<'_> {
        let source = self.clone();
        let reading = tokio::task::spawn_blocking(move || source.read(offset, length));
        Box::pin(async move { reading.await.map_err(io::Error::other)? })
    }
}

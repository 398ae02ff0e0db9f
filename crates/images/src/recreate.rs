//! Makes the tar of an unpacked layer again, and compares its digest with what it was.
//!
//! It does not compress.

use std::fs::File;
use std::io::{self, Write};

use corten_content::Hasher;
use corten_layer_tar::{lost, recreate};
use corten_spec::digest::Digest;
use corten_state::{LayerRow, StateError};

use crate::{Images, ImagesError, layer_index};

/// Hashes what it is given.
struct Hashed(Hasher);

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Images {
    /// The layer whose tar is the blob itself, if one is unpacked and has an index that can make it again.
    pub(crate) fn layer_of_plain_blob(&self, blob: &Digest) -> Result<Option<LayerRow>, ImagesError> {
        for row in self.store.read::<_, StateError>(|t| t.layers_by_diff_id(blob.as_str()))? {
            if self.why_not_again(&row)?.is_none() {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Why the tar of a layer cannot be made again, where that is known beforehand.
    pub(crate) fn why_not_again(&self, layer: &LayerRow) -> Result<Option<String>, ImagesError> {
        let Some(index) = layer_index::open(&self.layers, &layer.id)? else {
            return Ok(Some("an older version unpacked it, without a file index".to_owned()));
        };
        let replaced = lost(index).map_err(ImagesError::Recreation)?;
        Ok(replaced.map(|path| format!("its archive has `{path}` twice, and only the last is on disk")))
    }

    /// Makes the blob again that is the tar of a layer: a file without a name.
    pub(crate) fn recreate_blob(&self, layer: &LayerRow, blob: &Digest) -> Result<File, ImagesError> {
        let mut ingest = self.content.ingest(Some(blob), None)?;
        self.recreate_into(layer, &mut ingest)?;
        Ok(ingest.into_file()?)
    }

    /// Makes sure that the tar of a layer can be made again, by making it.
    ///
    /// # Errors
    /// [`ImagesError::Recreation`] with the file that has changed; [`ImagesError::OtherTar`] where none has, and the digest is another.
    pub(crate) fn verify_layer(&self, layer: &LayerRow) -> Result<(), ImagesError> {
        let expected = crate::image::digest(&layer.diff_id)?;
        let mut hashed = Hashed(Hasher::new(expected.algorithm()));
        self.recreate_into(layer, &mut hashed)?;
        let actual = hashed.0.finish();
        if actual == expected { Ok(()) } else { Err(ImagesError::OtherTar { expected, actual }) }
    }

    fn recreate_into(&self, layer: &LayerRow, into: &mut dyn Write) -> Result<(), ImagesError> {
        let index = layer_index::open(&self.layers, &layer.id)?;
        let index = index.ok_or_else(|| ImagesError::NoIndex(layer.id.clone()))?;
        recreate(index, &self.layer_path(&layer.id), into).map(drop).map_err(ImagesError::Recreation)
    }
}

//! Unpacks the layers of an image that are not there yet, those that depend on no other in parallel.
//!
//! It does not decide when a layer is needed no more.

use std::io::Read;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use corten_layer_tar::{LayerTarError, Limits, Lowers, Unpacked, unpack_indexed};
use corten_spec::digest::Digest;
use corten_state::{LayerRow, StateError};

use crate::chain::chain_ids;
use crate::found::FoundImage;
use crate::growth::Growth;
use crate::install::{Placed, StagedLayer};
use crate::layer_index::NewIndex;
use crate::layer_source::LayerSource;
use crate::layer_stream::{LayerStream, pair};
use crate::proven::Proven;
use crate::staging::Staging;
use crate::{Images, ImagesError};

/// A layer that is only hashed is read in pieces of this size.
const BUFFER: usize = 64 * 1024;

/// A layer of the image, named in every way.
struct Wanted<'a> {
    blob: &'a Digest,
    diff_id: &'a Digest,
    chain_id: Digest,
}

/// What unpacking takes from, and what bounds it.
#[derive(Clone, Copy)]
pub(crate) struct Supply<'a> {
    pub(crate) source: &'a dyn LayerSource,
    pub(crate) growth: &'a Growth,
    /// What needs no proof; without it, blobs of layers that stand already need none.
    pub(crate) proven: Option<&'a Proven>,
}

/// How far a layer is.
enum Progress {
    /// A row says that it is there, whole.
    Standing(LayerRow),
    /// It is unpacked under a name of its own.
    Staged(StagedLayer, LayerRow),
    /// It needs those below it, or is the same as one below.
    Waiting,
}

impl Wanted<'_> {
    /// Whether the layer serves as this one.
    fn is(&self, row: &LayerRow) -> bool {
        if row.self_contained {
            row.diff_id == self.diff_id.as_str()
        } else {
            row.chain_id == self.chain_id.as_str()
        }
    }
}

impl Images {
    /// Makes sure that the image's layers are unpacked and recorded; their rows, the lowest first. `came_as` is the length of the
    /// archive that they came in: it may have been compressed itself.
    pub(crate) fn provide_layers(
        &self,
        found: &FoundImage,
        came_as: u64,
        source: &dyn LayerSource,
        proven: Option<&Proven>,
    ) -> Result<Vec<LayerRow>, ImagesError> {
        let sizes = found.manifest.layers.iter().map(|layer| source.size(&layer.digest));
        // A layer that is begun twice, because it turned out to need those below it, counts twice: the limits are far enough.
        let growth = Growth::of(sizes.sum::<Result<u64, _>>()?.min(came_as));
        self.provide_layers_within(found, Supply { source, growth: &growth, proven })
    }

    /// The same with a bound of one's own.
    pub(crate) fn provide_layers_within(
        &self,
        found: &FoundImage,
        supply: Supply<'_>,
    ) -> Result<Vec<LayerRow>, ImagesError> {
        let diff_ids = &found.config.rootfs.diff_ids;
        let blobs = found.manifest.layers.iter().map(|layer| &layer.digest);
        let wanted: Vec<_> = blobs
            .zip(diff_ids)
            .zip(chain_ids(diff_ids))
            .map(|((blob, diff_id), chain_id)| Wanted { blob, diff_id, chain_id })
            .collect();
        let progress = self.unpack_independent(&wanted, supply)?;
        let mut placed: Vec<Placed> = Vec::new();
        for (wanted, progress) in wanted.iter().zip(progress) {
            placed.push(self.place(wanted, progress, &placed, supply)?);
        }
        self.install(placed)
    }

    /// Unpacks whatever does not depend on other layers, a few at a time.
    fn unpack_independent(
        &self,
        wanted: &[Wanted<'_>],
        supply: Supply<'_>,
    ) -> Result<Vec<Progress>, ImagesError> {
        let next = AtomicUsize::new(0);
        let slots: Vec<Mutex<Option<Result<Progress, ImagesError>>>> =
            wanted.iter().map(|_| Mutex::new(None)).collect();
        let work = || {
            loop {
                let position = next.fetch_add(1, Ordering::Relaxed);
                let Some(slot) = slots.get(position) else { return };
                let progress = self.begin(wanted, position, supply);
                if progress.is_err() {
                    next.store(slots.len(), Ordering::Relaxed);
                }
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
            }
        };
        let workers = thread::available_parallelism().map_or(1, usize::from).min(wanted.len());
        thread::scope(|scope| {
            for _ in 1..workers {
                // Where there can be no more threads (a limit on processes), those that there are do the work.
                let _fewer = thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
        let progress =
            slots.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner));
        // Those that were not begun any more stand behind the error that is why.
        let mut progress: Vec<_> = progress.flatten().collect();
        match progress.iter().position(Result::is_err) {
            Some(failed) => progress.swap_remove(failed).map(|_| Vec::new()),
            None => progress.into_iter().collect(),
        }
    }

    fn begin(
        &self,
        wanted: &[Wanted<'_>],
        position: usize,
        supply: Supply<'_>,
    ) -> Result<Progress, ImagesError> {
        let layer = &wanted[position];
        if let Some(row) = self.standing(layer.diff_id, &layer.chain_id)? {
            self.prove(layer, supply)?;
            return Ok(Progress::Standing(row));
        }
        if wanted[..position].iter().any(|below| below.diff_id == layer.diff_id) {
            return Ok(Progress::Waiting);
        }
        let lowers = if position == 0 { Lowers::Known(&[]) } else { Lowers::Unknown };
        match self.stage(layer, lowers, supply) {
            Ok((staging, row)) => Ok(Progress::Staged(staging, row)),
            Err(ImagesError::Layer { source: LayerTarError::NeedsLowers { .. }, .. }) => {
                Ok(Progress::Waiting)
            }
            Err(error) => Err(error),
        }
    }

    /// Unpacks a layer that has waited, now that those below it are there.
    fn place(
        &self,
        wanted: &Wanted<'_>,
        progress: Progress,
        below: &[Placed],
        supply: Supply<'_>,
    ) -> Result<Placed, ImagesError> {
        match progress {
            Progress::Standing(row) => Ok(self.standing_at(row)),
            Progress::Staged(staged, row) => Ok(Placed { at: staged.path(), row, staged: Some(staged) }),
            Progress::Waiting => {
                if let Some(same) = below.iter().find(|below| wanted.is(&below.row)) {
                    self.prove(wanted, supply)?;
                    return Ok(Placed { row: same.row.clone(), at: same.at.clone(), staged: None });
                }
                if let Some(row) = self.standing(wanted.diff_id, &wanted.chain_id)? {
                    self.prove(wanted, supply)?;
                    return Ok(self.standing_at(row));
                }
                let lowers: Vec<PathBuf> = below.iter().rev().map(|below| below.at.clone()).collect();
                let (staged, row) = self.stage(wanted, Lowers::Known(&lowers), supply)?;
                Ok(Placed { at: staged.path(), row, staged: Some(staged) })
            }
        }
    }

    fn standing_at(&self, row: LayerRow) -> Placed {
        Placed { at: self.layer_path(&row.id), row, staged: None }
    }

    /// The layer if it is there already. A row whose directory is gone is not believed.
    pub(crate) fn standing(
        &self,
        diff_id: &Digest,
        chain_id: &Digest,
    ) -> Result<Option<LayerRow>, ImagesError> {
        let row = self.store.read::<_, StateError>(|t| t.layer(diff_id.as_str(), chain_id.as_str()))?;
        Ok(row.filter(|row| self.layer_path(&row.id).is_dir()))
    }

    fn stage(
        &self,
        wanted: &Wanted<'_>,
        lowers: Lowers<'_>,
        supply: Supply<'_>,
    ) -> Result<(StagedLayer, LayerRow), ImagesError> {
        let directory = Staging::new(&self.layers)?;
        let mut index = NewIndex::begin(&self.layers)?;
        let unpacked = self.unpack(wanted, &directory, &mut index, lowers, supply)?;
        let index = index.finish(unpacked.replaced.as_deref())?;
        let id = if unpacked.self_contained { wanted.diff_id } else { &wanted.chain_id };
        let row = LayerRow {
            id: id.hex().to_owned(),
            diff_id: wanted.diff_id.to_string(),
            chain_id: wanted.chain_id.to_string(),
            size: unpacked.content,
            self_contained: unpacked.self_contained,
        };
        Ok((StagedLayer { directory, index }, row))
    }

    fn unpack(
        &self,
        wanted: &Wanted<'_>,
        into: &Staging,
        index: &mut NewIndex,
        lowers: Lowers<'_>,
        supply: Supply<'_>,
    ) -> Result<Unpacked, ImagesError> {
        let limits = Limits::default();
        let unpacked = decode(wanted, supply, |stream| {
            unpack_indexed(stream, &into.path(), lowers, &limits, index.writer())
        })?;
        if let Some(proven) = supply.proven {
            proven.add(wanted.blob, wanted.diff_id);
        }
        Ok(unpacked)
    }

    /// A blob that nobody unpacks, because its layer stands already, has to be that layer all the same: whoever gets the image from
    /// here has to unpack it.
    fn prove(&self, wanted: &Wanted<'_>, supply: Supply<'_>) -> Result<(), ImagesError> {
        let Some(proven) = supply.proven else { return Ok(()) };
        // The tar itself: both are its digest.
        if wanted.blob == wanted.diff_id || proven.has(wanted.blob, wanted.diff_id, self)? {
            return Ok(());
        }
        decode(wanted, supply, hash)?;
        proven.add(wanted.blob, wanted.diff_id);
        Ok(())
    }
}

/// Reads a layer to its end, which hashes it.
fn hash(layer: &mut LayerStream) -> Result<(), LayerTarError> {
    let mut buffer = vec![0; BUFFER];
    let mut position = 0;
    loop {
        match layer.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => position += length as u64,
            Err(source) => return Err(LayerTarError::Read { position, source }),
        }
    }
}

/// Decodes a layer on a thread of its own for somebody who reads it to its end; then its digest is the right one.
fn decode<T>(
    wanted: &Wanted<'_>,
    supply: Supply<'_>,
    consume: impl FnOnce(&mut LayerStream) -> Result<T, LayerTarError>,
) -> Result<T, ImagesError> {
    let blob = supply.source.open(wanted.blob)?;
    thread::scope(|scope| {
        let (mut stream, decoding) = pair(wanted.diff_id.algorithm());
        let decoder = thread::Builder::new()
            .spawn_scoped(scope, || decoding.run(blob, wanted.blob, supply.growth))
            .map_err(ImagesError::Thread)?;
        let consumed = consume(&mut stream);
        // Ends the decoder when it is not at its end.
        let actual = stream.digest();
        decoder.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let consumed =
            consumed.map_err(|source| ImagesError::Layer { layer: wanted.blob.clone(), source })?;
        if actual != *wanted.diff_id {
            let expected = wanted.diff_id.clone();
            return Err(ImagesError::DiffId { layer: wanted.blob.clone(), expected, actual });
        }
        Ok(consumed)
    })
}

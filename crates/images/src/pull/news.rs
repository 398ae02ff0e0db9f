//! What is told of a pull while it goes on.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use corten_spec::digest::Digest;

/// How far a layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is known, and waits for its turn.
    Listed,
    /// Its blob is there already.
    There,
    /// Somebody else is fetching it, and that is waited for.
    Elsewhere,
    /// It arrives.
    Arriving {
        /// How many bytes have come, those of earlier attempts included.
        received: u64,
        /// How many there will be.
        size: u64,
    },
    /// It has arrived, and is what was announced.
    Arrived,
    /// It is unpacked.
    Complete,
}

/// Who is told. Called by several threads, and waited for.
pub trait Audience: Sync {
    /// Takes in a piece of news about the layer with this blob.
    fn hear(&self, layer: &Digest, step: Step);
}

/// Tells what Docker tells: of an image that is there nothing but what has to be fetched again, of a layer that is there only that.
pub(super) struct Narrator<'a> {
    audience: &'a dyn Audience,
    is_known: bool,
    fetched: Mutex<HashSet<Digest>>,
}

impl<'a> Narrator<'a> {
    pub(super) fn new(audience: &'a dyn Audience, is_known: bool) -> Self {
        Self { audience, is_known, fetched: Mutex::default() }
    }
}

impl Audience for Narrator<'_> {
    fn hear(&self, layer: &Digest, step: Step) {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = match step {
            Step::There => !self.is_known,
            Step::Complete => fetched.contains(layer),
            Step::Listed => fetched.insert(layer.clone()),
            Step::Elsewhere | Step::Arriving { .. } | Step::Arrived => true,
        };
        drop(fetched);
        if is_news {
            self.audience.hear(layer, step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Heard(Mutex<Vec<Step>>);

    impl Audience for Heard {
        fn hear(&self, _layer: &Digest, step: Step) {
            self.0.lock().unwrap().push(step);
        }
    }

    fn told(is_known: bool, steps: &[Step]) -> Vec<Step> {
        let heard = Heard(Mutex::default());
        let narrator = Narrator::new(&heard, is_known);
        let layer = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
        steps.iter().for_each(|step| narrator.hear(&layer, *step));
        heard.0.into_inner().unwrap()
    }

    #[test]
    fn a_layer_that_is_there_is_not_completed_and_one_of_an_image_that_is_there_not_told_of() {
        assert_eq!(told(false, &[Step::There, Step::Complete]), [Step::There]);
        assert_eq!(told(true, &[Step::There, Step::Complete]), []);
        let fetched = [Step::Listed, Step::Arrived, Step::Complete];
        assert_eq!((told(false, &fetched), told(true, &fetched)), (fetched.to_vec(), fetched.to_vec()));
    }
}

//! Chain ids: the name of a layer together with all layers below it.
//!
//! See the OCI image specification, "Layer ChainID".

use corten_content::Hasher;
use corten_spec::digest::{Algorithm, Digest};

/// The chain id of each layer, for diff ids from the lowest layer up.
pub(crate) fn chain_ids(diff_ids: &[Digest]) -> Vec<Digest> {
    let mut chain: Vec<Digest> = Vec::with_capacity(diff_ids.len());
    for diff_id in diff_ids {
        let next = match chain.last() {
            None => diff_id.clone(),
            Some(below) => Hasher::digest(Algorithm::Sha256, format!("{below} {diff_id}").as_bytes()),
        };
        chain.push(next);
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_begins_with_the_lowest_layer_and_hashes_each_with_those_below() {
        let [first, second] = ["a", "b"].map(|text| Hasher::digest(Algorithm::Sha256, text.as_bytes()));
        let chain = chain_ids(&[first.clone(), second.clone()]);
        let expected = Hasher::digest(Algorithm::Sha256, format!("{first} {second}").as_bytes());
        assert_eq!(chain, [first, expected]);
    }
}

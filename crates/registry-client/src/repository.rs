//! One repository: where it is, who asks, and in which order its registries are asked.
//! What can be asked stands in a file each.

use std::sync::Arc;

use corten_spec::reference::Reference;

use crate::asked::{Action, Asked};
use crate::authentication::Scopes;
use crate::client::Shared;
use crate::endpoint::Endpoint;
use crate::exchange::Exchange;

/// A repository of a registry, and of its mirrors. Clones share tokens.
#[derive(Debug, Clone)]
pub struct Repository {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    /// As references call it.
    registry: String,
    path: String,
    /// Mirrors, then the registry itself.
    endpoints: Vec<Endpoint>,
}

impl Repository {
    pub(crate) fn new(shared: Arc<Shared>, reference: &Reference, endpoints: Vec<Endpoint>) -> Self {
        let (registry, path) = (reference.domain().to_owned(), reference.path().to_owned());
        Self { inner: Arc::new(Inner { shared, registry, path, endpoints }) }
    }

    pub(crate) fn path(&self) -> &str {
        &self.inner.path
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    pub(crate) fn asked(&self, action: Action) -> Asked {
        Asked { action, repository: self.inner.path.clone(), registry: self.inner.registry.clone() }
    }

    /// Those that may be asked for content: it is verified, so whoever has it will do. The registry itself is the last.
    pub(crate) fn readers(&self) -> impl Iterator<Item = Exchange<'_>> {
        self.inner.endpoints.iter().map(|endpoint| Exchange { shared: self.shared(), endpoint })
    }

    /// What reading needs.
    pub(crate) fn pull(&self) -> Scopes {
        Scopes::pull(&self.inner.path)
    }
}

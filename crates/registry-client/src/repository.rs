//! One repository: where it is, who asks, and in which order its registries are asked.
//! What can be asked stands in a file each.

use std::sync::Arc;

use corten_spec::reference::Reference;

use crate::asked::{Action, Asked};
use crate::authentication::Scopes;
use crate::client::Shared;
use crate::endpoint::{Endpoint, Endpoints};
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
    mirrors: Vec<Endpoint>,
    home: Endpoint,
}

impl Repository {
    pub(crate) fn new(shared: Arc<Shared>, reference: &Reference, endpoints: Endpoints) -> Self {
        let Endpoints { mirrors, home } = endpoints;
        let (registry, path) = (reference.domain().to_owned(), reference.path().to_owned());
        Self { inner: Arc::new(Inner { shared, registry, path, mirrors, home }) }
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

    /// The registries that may be asked for content, by number: mirrors, then the registry itself. Content is verified, so whoever has it
    /// will do.
    pub(crate) fn reader(&self, number: usize) -> Exchange<'_> {
        let endpoint = self.inner.mirrors.get(number).unwrap_or(&self.inner.home);
        Exchange { shared: self.shared(), endpoint }
    }

    /// The number of the first reader from `number` on that may answer.
    pub(crate) fn reader_from(&self, number: usize) -> usize {
        let mirrors = self.inner.mirrors.iter().enumerate().skip(number);
        mirrors
            .filter(|(_, mirror)| !mirror.is_away())
            .map(|(at, _)| at)
            .next()
            .unwrap_or(self.inner.mirrors.len())
    }

    /// Whether the reader of that number is the last one, the registry itself.
    pub(crate) fn is_home(&self, number: usize) -> bool {
        number >= self.inner.mirrors.len()
    }

    /// The registry itself, not a mirror: the one that is written to, and that knows all.
    pub(crate) fn home(&self) -> Exchange<'_> {
        Exchange { shared: self.shared(), endpoint: &self.inner.home }
    }

    /// What reading needs.
    pub(crate) fn pull(&self) -> Scopes {
        Scopes::pull(&self.inner.path)
    }

    /// What writing needs.
    pub(crate) fn push(&self) -> Scopes {
        Scopes::push(&self.inner.path)
    }
}

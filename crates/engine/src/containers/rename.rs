//! Giving a container another name.

use corten_spec::name::{ContainerName, InvalidName};
use corten_state::{Durability, StateError};

use super::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// What Docker says before the reason why a container cannot have a name.
const ALLOCATING: &str = "Error when allocating new name";

impl Containers {
    /// Renames a container.
    ///
    /// # Errors
    /// Not found; the name is not one, or is in use, or is the one it has.
    pub async fn rename(&self, reference: &str, name: &str) -> Result<(), EngineError> {
        let (inner, reference, name) = (self.inner.clone(), reference.to_owned(), name.to_owned());
        blocking(move || inner.rename(&reference, &name)).await
    }
}

impl Inner {
    fn rename(&self, reference: &str, name: &str) -> Result<(), EngineError> {
        if name.is_empty() {
            return Err(EngineError::Invalid("Neither old nor new names may be empty".to_owned()));
        }
        let mut container = self.find(reference)?;
        // Docker puts the slash before a name first, and then finds fault with both.
        let slashed = if name.starts_with('/') { name.to_owned() } else { format!("/{name}") };
        let name: ContainerName = slashed
            .parse()
            .map_err(|error: InvalidName| EngineError::Invalid(format!("{ALLOCATING}: {error}")))?;
        if name.to_string() == container.name {
            return Err(EngineError::Invalid(
                "Renaming a container with the same name as its current name".to_owned(),
            ));
        }
        let (id, new) = (container.id.to_string(), name.to_string());
        self.store.write(Durability::Full, |tx| tx.rename_container(&id, &new)).map_err(
            |error| match error {
                taken @ StateError::NameInUse { .. } => {
                    EngineError::Conflict(format!("{ALLOCATING}: {taken}"))
                }
                other => other.into(),
            },
        )?;
        let old = std::mem::replace(&mut container.name, new);
        self.tell(&container, "rename", [("oldName".to_owned(), format!("/{old}"))].into())
    }
}

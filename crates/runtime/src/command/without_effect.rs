//! What a bundle may ask for although no kernel does it any more, or ever did: runc takes it, so callers send it.
//!
//! It is taken out of the configuration with a warning. Everything else that cannot be honoured is refused.

use corten_spec::runtime::{Mount, Resources, Spec};

use crate::plan::mount_options::{Word, read};

/// Takes out what would have no effect. A line for each, for the log.
pub(super) fn take_out(spec: &mut Spec) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(resources) = spec.linux.as_mut().and_then(|linux| linux.resources.as_mut()) {
        take_out_kernel_memory(resources, &mut warnings);
    }
    spec.mounts.iter_mut().for_each(|mount| take_out_parameters(mount, &mut warnings));
    warnings
}

/// Linux 5.16 took the limit of kernel memory away, and runc stopped setting it before that: it is part of `memory.limit`.
fn take_out_kernel_memory(resources: &mut Resources, warnings: &mut Vec<String>) {
    let Some(memory) = &mut resources.memory else { return };
    let both = [memory.kernel.take(), memory.kernel_tcp.take()];
    if both.iter().flatten().any(|limit| *limit > 0) {
        warnings.push("kernel memory has no limit of its own: it counts as memory".to_owned());
    }
}

/// A bind mount shows a file system that has its parameters already; mount(2) does not look at the ones that come with it.
fn take_out_parameters(mount: &mut Mount, warnings: &mut Vec<String>) {
    let is_bind = mount.options.iter().any(|word| matches!(read(word), Some(Word::Bind(_))));
    if !is_bind {
        return;
    }
    mount.options.retain(|word| {
        let known = read(word).is_some();
        if !known {
            warnings.push(format!("`{word}` has no effect on the bind mount at `{}`", mount.destination));
        }
        known
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_spec::runtime::Memory;

    fn mount(options: &[&str]) -> Mount {
        let options = options.iter().map(|&word| word.to_owned()).collect();
        Mount { destination: "/data".to_owned(), options, ..Mount::default() }
    }

    #[test]
    fn parameters_of_a_file_system_go_from_bind_mounts_alone() {
        let mut spec = Spec {
            mounts: vec![mount(&["rbind", "ro", "mode=755"]), mount(&["nosuid", "size=1k"])],
            ..Spec::default()
        };
        assert_eq!(take_out(&mut spec), ["`mode=755` has no effect on the bind mount at `/data`"]);
        assert_eq!(spec.mounts[0].options, ["rbind", "ro"]);
        assert_eq!(spec.mounts[1].options, ["nosuid", "size=1k"]);
    }

    #[test]
    fn a_limit_of_kernel_memory_goes_and_that_of_memory_stays() {
        let memory = Memory { limit: Some(1 << 20), kernel: Some(1 << 20), ..Memory::default() };
        let mut spec = Spec::default();
        spec.linux.get_or_insert_default().resources.get_or_insert_default().memory = Some(memory);
        assert_eq!(take_out(&mut spec).len(), 1);
        let left = spec.linux.and_then(|linux| linux.resources).and_then(|resources| resources.memory);
        assert_eq!(left, Some(Memory { limit: Some(1 << 20), ..Memory::default() }));
    }
}

//! Whether a program needs anything of the machine that it runs on besides the kernel.
//!
//! It reads 64-bit little-endian ELF files (elf(5)), which is what we ship, and of those the program headers alone.

/// `p_type` of the segment that names a dynamic loader.
const PT_INTERP: u32 = 3;
/// `p_type` of the dynamic section, which a static position-independent program has too.
const PT_DYNAMIC: u32 = 2;
/// `d_tag` of an entry that names a shared library.
const DT_NEEDED: u64 = 1;

/// Says why `file` is not a static program, if it is not.
pub(super) fn check_static(file: &[u8]) -> Result<(), &'static str> {
    if file.get(..6) != Some(b"\x7fELF\x02\x01".as_slice()) {
        return Err("not a 64-bit little-endian ELF file");
    }
    let headers = program_headers(file).ok_or("its program headers are cut off")?;
    for header in headers {
        let kind = u32_at(header, 0).ok_or("a program header is cut off")?;
        if kind == PT_INTERP {
            return Err("it asks for a dynamic loader");
        }
        if kind == PT_DYNAMIC && needs_libraries(file, header).ok_or("its dynamic section is cut off")? {
            return Err("it asks for shared libraries");
        }
    }
    Ok(())
}

fn program_headers(file: &[u8]) -> Option<std::slice::ChunksExact<'_, u8>> {
    let start = usize::try_from(u64_at(file, 32)?).ok()?;
    let size = usize::from(u16_at(file, 54)?);
    let count = usize::from(u16_at(file, 56)?);
    let end = start.checked_add(size.checked_mul(count)?)?;
    (size > 0).then_some(file.get(start..end)?.chunks_exact(size))
}

fn needs_libraries(file: &[u8], header: &[u8]) -> Option<bool> {
    let start = usize::try_from(u64_at(header, 8)?).ok()?;
    let size = usize::try_from(u64_at(header, 32)?).ok()?;
    let section = file.get(start..start.checked_add(size)?)?;
    Some(section.chunks_exact(16).any(|entry| u64_at(entry, 0) == Some(DT_NEEDED)))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF file with one program header of type `kind` and one dynamic entry with `tag`.
    fn file(kind: u32, tag: u64) -> Vec<u8> {
        let mut file = vec![0; 64 + 56 + 16];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        file[32..40].copy_from_slice(&64_u64.to_le_bytes());
        file[54..56].copy_from_slice(&56_u16.to_le_bytes());
        file[56..58].copy_from_slice(&1_u16.to_le_bytes());
        file[64..68].copy_from_slice(&kind.to_le_bytes());
        file[72..80].copy_from_slice(&120_u64.to_le_bytes());
        file[96..104].copy_from_slice(&16_u64.to_le_bytes());
        file[120..128].copy_from_slice(&tag.to_le_bytes());
        file
    }

    #[test]
    fn a_static_program_may_relocate_itself() {
        assert_eq!(check_static(&file(1, 0)), Ok(()));
        assert_eq!(check_static(&file(PT_DYNAMIC, 7)), Ok(()));
    }

    #[test]
    fn a_loader_or_a_library_is_refused() {
        assert_eq!(check_static(&file(PT_INTERP, 0)), Err("it asks for a dynamic loader"));
        assert_eq!(check_static(&file(PT_DYNAMIC, DT_NEEDED)), Err("it asks for shared libraries"));
    }

    #[test]
    fn a_cut_file_is_an_error_and_no_panic() {
        let whole = file(PT_DYNAMIC, 7);
        for length in 0..whole.len() {
            assert!(check_static(&whole[..length]).is_err(), "{length}");
        }
    }
}

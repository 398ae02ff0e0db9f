//! Giving memory back that a process needed only once.
//!
//! It frees nothing that is in use, and changes no behaviour: only how much of the machine the process holds.

use std::hint::black_box;

/// How far below the caller's frame the stack is left alone: this function's own frames and the C library's lie there.
const MARGIN: usize = 16 * 1024;

/// How far below that the stack can have been used: the main thread's usual limit is 8 MiB, and deep use is rare.
const REACH: usize = 512 * 1024;

/// Alignment that suits every page size of aarch64 as well.
const LARGEST_PAGE: usize = 64 * 1024;

/// Has threads share `count` heaps from now on, where by itself the C library makes eight for each processor.
///
/// What is in use is scattered over all of them, and keeps the pages around it. For a process that has many threads at times, and few
/// processors. Call it before there is a second thread.
pub fn share_heaps(count: u8) {
    // SAFETY: mallopt(3) sets a number of the allocator's; it fails only for parameters that it does not know.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, count.into()) };
}

/// Returns free heap pages and the part of the main thread's stack that earlier, deeper calls used.
///
/// For a long-lived process after a start that parsed and planned. Call it from the main thread; on another, whose stack ends
/// elsewhere, only the heap's pages are returned.
pub fn give_back() {
    // SAFETY: malloc_trim(3) touches only chunks that are free.
    unsafe { libc::malloc_trim(0) };
    let marker = 0u8;
    let frame = black_box(&raw const marker) as usize;
    if let Some((from, length)) = unused_stack(frame) {
        // SAFETY: every byte of the range lies in the stack's mapping (as the kernel lists it) and at least MARGIN below a live
        // frame of this thread, the lowest that there is but for those of this call: no value lives there. MADV_DONTNEED
        // makes such pages read as zero when the stack grows into them again, as fresh stack does.
        unsafe { libc::madvise(from as *mut libc::c_void, length, libc::MADV_DONTNEED) };
    }
}

/// Unmaps the pages of the program's own code and constants. What is used again is mapped again from the page cache, piece by piece.
///
/// For a large program after work that took it through code which it will not need for long: those pages count as its own, and the
/// kernel takes pages that nobody has mapped first when it needs some. Breakpoints that a debugger has set are gone.
pub fn forget_program() {
    // SAFETY: dl_iterate_phdr(3) calls `forget_segments` with a description that is valid for that call, and a null pointer as `data`.
    unsafe { libc::dl_iterate_phdr(Some(forget_segments), std::ptr::null_mut()) };
}

/// Unmaps the segments of the first object, which is the program, that nobody can have written to. Returns 1, which ends the iteration.
extern "C" fn forget_segments(
    info: *mut libc::dl_phdr_info,
    _size: libc::size_t,
    _data: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: see the caller; the headers are part of the program, and there are `dlpi_phnum` of them.
    let (base, headers) = unsafe {
        let info = &*info;
        (info.dlpi_addr, std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()))
    };
    let page = rustix::param::page_size() as u64;
    for header in headers.iter().filter(|it| it.p_type == libc::PT_LOAD && it.p_flags & libc::PF_W == 0) {
        let start = (base + header.p_vaddr).next_multiple_of(page);
        let end = (base + header.p_vaddr + header.p_filesz) / page * page;
        let length = end.saturating_sub(start) as usize;
        // SAFETY: whole pages of a segment that is mapped privately from the program's file and was never writable: each still holds
        // what the file does, and is read from there at the next use.
        unsafe { libc::madvise(start as *mut libc::c_void, length, libc::MADV_DONTNEED) };
    }
    1
}

/// The part of the main stack's mapping that lies well below `frame`; `None` where `frame` is not on it.
fn unused_stack(frame: usize) -> Option<(usize, usize)> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let (start, end) = stack_of(&maps)?;
    (start..end).contains(&frame).then_some(())?;
    let page = rustix::param::page_size().min(LARGEST_PAGE);
    let to = frame.checked_sub(MARGIN)? / page * page;
    let from = start.max(to.saturating_sub(REACH) / page * page);
    (from < to).then_some((from, to - from))
}

/// Where proc_pid_maps(5) has the main thread's stack.
fn stack_of(maps: &str) -> Option<(usize, usize)> {
    let line = maps.lines().find(|line| line.ends_with("[stack]"))?;
    let (start, end) = line.split(' ').next()?.split_once('-')?;
    Some((usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_is_found_among_the_mappings() {
        let maps =
            "00400000-00401000 r--p 0 0:0 0 /x\n7ffc1000-7ffc3000 rw-p 0 0:0 0                  [stack]\n";
        assert_eq!(stack_of(maps), Some((0x7ffc_1000, 0x7ffc_3000)));
        assert_eq!(stack_of("00400000-00401000 r--p 0 0:0 0 /x\n"), None);
    }

    /// How much of files this process has mapped, in kB (proc_pid_status(5)).
    fn mapped_of_files() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    #[test]
    fn a_program_that_was_forgotten_goes_on_with_less_mapped() {
        let before = mapped_of_files();
        forget_program();
        let after = mapped_of_files();
        assert!(after < before, "{before} kB before, {after} kB after");
    }

    #[test]
    fn what_is_in_use_survives() {
        let kept = vec![7u8; 100_000];
        let on_stack = [9u8; 4096];
        give_back();
        assert!(
            black_box(&kept).iter().all(|byte| *byte == 7)
                && black_box(&on_stack).iter().all(|byte| *byte == 9)
        );
    }
}

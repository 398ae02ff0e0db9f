//! Which file systems are shared between machines, by the magic number that statfs(2) gives.
//!
//! FUSE is not among them: its number says nothing about what is behind it.

/// The name of a network file system, if `magic` (`f_type`) is one. Numbers from Linux's `include/uapi/linux/magic.h` and the
/// file systems' own sources.
///
/// SQLite's write-ahead log needs shared memory and locks that hold between all users of the file
/// (<https://www.sqlite.org/wal.html>, "all processes using a database must be on the same host computer").
pub(crate) fn name(magic: u64) -> Option<&'static str> {
    // Some kernels sign-extend numbers that have the highest bit set.
    let magic = magic & 0xffff_ffff;
    NETWORK.iter().find(|(number, _)| *number == magic).map(|(_, name)| *name)
}

const NETWORK: &[(u64, &str)] = &[
    (0x6969, "nfs"),
    (0x517b, "smb"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb2"),
    (0x0102_1997, "9p"),
    (0x00c3_6400, "ceph"),
    (0x5346_414f, "afs"),
    (0x6b41_4653, "kafs"),
    (0x7375_7245, "coda"),
    (0x564c, "ncp"),
    (0x0bd0_0bd0, "lustre"),
    (0x4750_4653, "gpfs"),
    (0x0116_1970, "gfs2"),
    (0x7461_636f, "ocfs2"),
    (0xaad7_aaea, "panfs"),
    (0x2003_0528, "orangefs"),
];

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn local_file_systems_are_let_through() {
        for (magic, what) in
            [(0xef53, "ext4"), (0x0102_1994, "tmpfs"), (0x5846_5342, "xfs"), (0x9123_683e, "btrfs")]
        {
            assert_eq!(name(magic), None, "{what}");
        }
    }

    #[test]
    fn a_number_is_known_with_its_sign_extended_too() {
        assert_eq!(name(0xff53_4d42), Some("cifs"));
        assert_eq!(name(0xffff_ffff_ff53_4d42), Some("cifs"));
        assert_eq!(name(0x6969), Some("nfs"));
    }
}

//! Control groups: v2 first, v1 and hybrid behind the same trait.

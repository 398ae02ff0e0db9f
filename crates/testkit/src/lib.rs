//! Helpers for tests that use the kernel: private roots, leak checks.

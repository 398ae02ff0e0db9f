//! The programs as cargo has built them for these tests.

use corten_bench::workshop::{Programs, Workshop};

pub(crate) fn programs() -> Programs {
    Programs {
        floor: env!("CARGO_BIN_EXE_bench-floor").into(),
        payload: env!("CARGO_BIN_EXE_bench-payload").into(),
        runner: env!("CARGO_BIN_EXE_bench-runner").into(),
        // Nothing here measures it.
        corten: "/nonexistent".into(),
    }
}

pub(crate) fn workshop() -> Workshop {
    Workshop::new(programs()).unwrap()
}

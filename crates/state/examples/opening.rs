//! Prints what a one-shot command pays: opening a root, one read, one durable write, closing.
//!
//! A figure to look at, not a test: `cargo run --release -p corten-state --example opening [directory]`.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use corten_spec::time::Timestamp;
use corten_state::{ContainerRow, Durability, Store};

const ROUNDS: usize = 301;

fn main() -> Result<(), Box<dyn Error>> {
    let parent = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let root = parent.join(format!("opening-{}", std::process::id()));
    let mut spent: [Vec<Duration>; 5] = Default::default();
    for round in 0..ROUNDS {
        let mut clock = Instant::now();
        let mut lap = |step: &mut Vec<Duration>| {
            step.push(clock.elapsed());
            clock = Instant::now();
        };
        let store = Store::open(&root)?;
        lap(&mut spent[0]);
        store.read(|at| at.container(&container(0).id))?;
        lap(&mut spent[1]);
        store.write(Durability::Normal, |to| to.insert_container(&container(round)))?;
        lap(&mut spent[2]);
        store.write(Durability::Full, |to| to.set_container_state(&container(round).id, "started", 1))?;
        lap(&mut spent[3]);
        drop(store);
        lap(&mut spent[4]);
    }
    for (name, mut spent) in
        ["open", "resolve", "insert, normal", "update, full", "close"].into_iter().zip(spent)
    {
        spent.sort();
        println!("{name:15} median {:>9.1?}   90 % {:>9.1?}", spent[ROUNDS / 2], spent[ROUNDS * 9 / 10]);
    }
    Ok(std::fs::remove_dir_all(root)?)
}

fn container(number: usize) -> ContainerRow {
    ContainerRow {
        id: format!("{number:064x}"),
        name: format!("container-{number}"),
        image_id: None,
        image_name: "alpine".to_owned(),
        created_at: Timestamp::from_nanos(0),
        config: "x".repeat(6000),
        state: "created".to_owned(),
        journal_offset: 0,
    }
}

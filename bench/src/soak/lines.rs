//! A thousand containers that print one line and leave: no line is lost, neither to who is attached nor in the log.
//!
//! Four at a time: what leaves at once must not disturb what begins.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::json;

use crate::error::Result;
use crate::machine::Machine;
use crate::report::Report;
use crate::soak::engine::{Engine, run_payload};
use crate::workshop::Workshop;

const NAME: &str = "lines";
const COUNT: usize = 1000;
const AT_ONCE: usize = 4;

pub(super) fn run(workshop: &Workshop, mut machine: Machine) -> Result<Report> {
    let engine = Engine::new(NAME, workshop)?;
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let results: Vec<Result<()>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(|| work(&engine, &next))).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Result<()>>| worker.join();
        workers
            .into_iter()
            .map(|worker| join(worker).unwrap_or_else(|_| Err(engine.found("a worker panicked"))))
            .collect()
    });
    results.into_iter().collect::<Result<()>>()?;
    let seconds = start.elapsed().as_secs_f64();
    engine.finish()?;
    machine.finish();
    Ok(Report {
        name: "soak-lines".to_owned(),
        machine,
        method: format!("{COUNT} containers print one line each, {AT_ONCE} at a time."),
        data: json!({ "containers": COUNT, "lost": 0, "seconds": seconds }),
        sections: Vec::new(),
        skipped: Vec::new(),
        notes: vec![format!("No line was lost, neither on the way to `run` nor in the log. {seconds:.1} s.")],
    })
}

fn work(engine: &Engine, next: &AtomicUsize) -> Result<()> {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= COUNT {
            return Ok(());
        }
        one(engine, number).inspect_err(|_| next.store(COUNT, Ordering::Relaxed))?;
    }
}

fn one(engine: &Engine, number: usize) -> Result<()> {
    let (name, text) = (format!("line-{number}"), format!("line {number} of {COUNT}"));
    let expected = format!("{text}\n");
    let attached = engine.run(&run_payload(&["--name", &name], &["print", &text]))?.stdout();
    let logged = engine.run(&["logs", &name])?.stdout();
    for (place, line) in [("run", attached), ("logs", logged)] {
        if line != expected {
            return Err(engine.found(format!("`{place}` of container {number} says {line:?}")));
        }
    }
    Ok(())
}

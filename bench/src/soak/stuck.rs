//! One container whose process is stuck in the kernel, with requests that wait for it, and one reader of logs that reads nothing: for
//! everybody else the daemon answers as it does without them.

mod unanswering;

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use corten_api_client::{Client, Error as ClientError, ListQuery};
use serde_json::json;

use super::engine::{Engine, run_payload};
use super::served::Served;
use crate::error::Result;
use crate::machine::Machine;
use crate::report::{Report, Section};
use crate::statistics::Summary;
use crate::table::Table;
use crate::workshop::Workshop;
use unanswering::Unanswering;

pub(super) const NAME: &str = "stuck";

/// How often each thing is asked.
const SAMPLES: usize = 400;

/// Between two questions: a daemon that is asked without pause is another measurement.
const PAUSE: Duration = Duration::from_millis(5);

/// Bytes of a log that fill every buffer on the way to a reader that reads nothing.
const LOG: &str = "16000000";

/// How much longer a median may be before it counts as longer.
const FACTOR: f64 = 1.25;
const MILLISECONDS: f64 = 0.1;

/// How long the process may take to get stuck.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked.
const QUESTIONS: [&str; 4] = ["_ping", "ps", "inspect", "inspect of the first"];

/// In the order of [`QUESTIONS`], in milliseconds.
type Times = [Summary; QUESTIONS.len()];

pub(super) fn run(workshop: &Workshop, mut machine: Machine) -> Result<Report> {
    let engine = Engine::new(NAME, workshop)?;
    let served = Served::start(&engine)?;
    engine.run(&run_payload(&["--detach", "--name", "calm"], &["sleep"]))?;
    engine.run(&run_payload(&["--detach", "--name", "talked"], &["lines", LOG]))?;
    engine.run(&["wait", "talked"])?;
    engine.run(&run_payload(&["--detach", "--name", "first"], &["sleep"]))?;
    let without = ask(&engine, &served)?;
    engine.run(&["rm", "--force", "first"])?;

    let file_system = Unanswering::mount(workshop.place("unanswering"))
        .map_err(|error| engine.found(format!("cannot mount what does not answer: {error}")))?;
    get_stuck(&engine, &file_system)?;
    let waiting = [
        "/containers/first/stop?t=0",
        "/containers/first/restart?t=0",
        "/containers/first/wait?condition=not-running",
    ];
    let mut held = Vec::new();
    for request in waiting {
        held.push(request_unread(&engine, &served, "POST", request)?);
    }
    held.push(request_unread(&engine, &served, "HEAD", "/containers/first/archive?path=/stuck/x")?);
    held.push(request_unread(&engine, &served, "GET", "/containers/talked/logs?stdout=1&follow=1")?);
    let with = ask(&engine, &served)?;
    drop(held);
    drop(file_system);
    engine.run(&["wait", "first"])?;
    drop(served);
    engine.finish()?;
    machine.finish();
    slower(&without, &with)
        .map_or(Ok(()), |text| Err(crate::error::Error::Soak { run: NAME, finding: text }))?;
    Ok(Report {
        name: format!("soak-{NAME}"),
        machine,
        method: format!(
            "{SAMPLES} requests of each kind, {} ms apart, with three containers: all well, and then with one stuck in a file system \
             that does not answer, {} requests waiting for it, and a reader of a log of {LOG} bytes that reads nothing.",
            PAUSE.as_millis(),
            waiting.len() + 1
        ),
        data: json!({ "questions": QUESTIONS, "without_ms": without, "with_ms": with }),
        sections: vec![Section::new("Answers, medians in ms", table(&without, &with))],
        skipped: Vec::new(),
        notes: vec![
            "The stuck container ended when its file system was taken away; nothing was left.".to_owned(),
        ],
    })
}

/// Starts the container, and waits until its process is where nothing ends it.
fn get_stuck(engine: &Engine, file_system: &Unanswering) -> Result<()> {
    let volume = format!("{}:/stuck", file_system.path().display());
    engine.run(&run_payload(&["--detach", "--name", "first", "--volume", &volume], &["read", "/stuck/x"]))?;
    let deadline = Instant::now() + PATIENCE;
    while file_system.stuck() == 0 {
        if Instant::now() > deadline {
            return Err(engine.found("the container does not get stuck"));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Sends a request whose answer nobody reads.
fn request_unread(engine: &Engine, served: &Served<'_>, method: &str, target: &str) -> Result<UnixStream> {
    let sent = send(served.socket().as_path(), method, target);
    sent.map_err(|error| engine.found(format!("cannot ask {target}: {error}")))
}

fn send(socket: &Path, method: &str, target: &str) -> std::io::Result<UnixStream> {
    let mut stream = UnixStream::connect(socket)?;
    write!(stream, "{method} {target} HTTP/1.1\r\nHost: soak\r\nContent-Length: 0\r\n\r\n")?;
    Ok(stream)
}

fn ask(engine: &Engine, served: &Served<'_>) -> Result<Times> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| engine.found(error.to_string()))?;
    let client = served.client();
    let mut samples: [Vec<f64>; QUESTIONS.len()] = Default::default();
    for _ in 0..SAMPLES {
        for (question, samples) in samples.iter_mut().enumerate() {
            thread::sleep(PAUSE);
            let start = Instant::now();
            let answered = runtime.block_on(put(&client, question));
            samples.push(start.elapsed().as_secs_f64() * 1000.0);
            answered.map_err(|error| engine.found(corten_error::chain(&error)))?;
        }
    }
    let empty = Summary { count: 0, median: 0.0, min: 0.0, max: 0.0 };
    Ok(samples.map(|samples| Summary::of(samples).unwrap_or(empty)))
}

/// One of [`QUESTIONS`].
async fn put(client: &Client, question: usize) -> std::result::Result<(), ClientError> {
    match question {
        0 => client.ping().await.map(drop),
        1 => client.container_list(&ListQuery { all: true, ..ListQuery::default() }).await.map(drop),
        2 => client.container_inspect("calm", false).await.map(drop),
        _ => client.container_inspect("first", false).await.map(drop),
    }
}

/// The first question whose answer takes longer, if any.
fn slower(without: &Times, with: &Times) -> Option<String> {
    let pairs = QUESTIONS.iter().zip(without.iter().zip(with));
    let mut slow = pairs.filter(|(_, (without, with))| with.median > without.median * FACTOR + MILLISECONDS);
    let (question, (without, with)) = slow.next()?;
    Some(format!("`{question}` takes {:.2} ms, and {:.2} ms without", with.median, without.median))
}

fn table(without: &Times, with: &Times) -> Table {
    let mut table = Table::new(&["", "all well", "one stuck, one stalled", "ratio", "longest", "longest"]);
    for (question, (without, with)) in QUESTIONS.iter().zip(without.iter().zip(with)) {
        let figures = [without.median, with.median, with.median / without.median, without.max, with.max];
        table.push(
            [(*question).to_owned()]
                .into_iter()
                .chain(figures.map(|figure| format!("{figure:.2}")))
                .collect(),
        );
    }
    table
}

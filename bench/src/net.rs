//! What goes through a published port, by every way that leads to it: beside a program without a container, and beside the others'.
//!
//! One server in a container of each, and one client: the payload is both.

mod load;
mod ports;
mod tables;

use std::net::TcpStream;

use serde_json::json;

use crate::contender::{self, Bridged, Skipped};
use crate::daemon::Daemon;
use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::race::Crew;
use crate::report::{Report, Section};
use crate::runner::Guest;
use crate::workshop::{PAYLOAD, Workshop};
use load::{CASES, Cell, Figure, WAYS, Way};

/// What it is published as, and what it serves inside.
const PORT: u16 = 8080;

/// How long each load lasts.
const MILLISECONDS: u32 = 500;

/// The name of the container that serves.
const SERVER: &str = "server";

/// Who is measured.
struct Participant {
    name: &'static str,
    guest: Guest,
    /// Without one it is the program alone.
    engine: Option<Bridged>,
    /// Of the container on its bridge.
    address: String,
}

/// Measures, `rounds` times each.
///
/// # Errors
/// What keeps the measurement from beginning at all.
pub fn run(workshop: &Workshop, crew: &mut Crew, mut machine: Machine, rounds: usize) -> Result<Report> {
    let bare = bare_server(workshop, crew)?;
    let (engines, mut skipped) = contender::for_net(workshop, crew);
    let mut participants =
        vec![Participant { name: "loopback", guest: Guest::Bare, engine: None, address: String::new() }];
    for engine in engines {
        match serving(&engine, crew) {
            Ok(address) => {
                let (name, guest) = (engine.name, engine.guest);
                participants.push(Participant { name, guest, engine: Some(engine), address });
            }
            Err(error) => skipped.push(Skipped { name: engine.name.to_owned(), reason: error.to_string() }),
        }
    }
    let mut cells = Vec::new();
    for _ in 0..rounds {
        one_round(&participants, workshop, crew, &mut cells);
    }
    drop(bare);
    let mut publishing = Vec::new();
    for engine in participants.into_iter().filter_map(|participant| participant.engine) {
        engine.remove(crew, SERVER)?;
        publishing.extend(ports::measure(&engine, crew, rounds, &mut skipped));
        engine.finish(crew)?;
    }
    machine.finish();
    Ok(Report {
        name: "net".to_owned(),
        machine,
        method: format!("{rounds} rounds, in turns; each load lasts {MILLISECONDS} ms."),
        data: json!({ "loads": cells, "ports": publishing }),
        sections: sections(&cells, &publishing),
        skipped,
        notes: notes(),
    })
}

/// The payload without a container, in a network like the others'.
fn bare_server(workshop: &Workshop, crew: &mut Crew) -> Result<Daemon> {
    let site = crew.site(Guest::Bare)?;
    let payload = workshop.programs.payload.display().to_string();
    let command = [site.inside(), [payload, "serve".to_owned(), PORT.to_string()].into()].concat();
    let answers = || site.run(|| TcpStream::connect(("127.0.0.1", PORT)).is_ok()).unwrap_or(false);
    Daemon::start(&command, &workshop.place("server.log"), answers)
        .map_err(|reason| Error::Unmeasured { command: "payload serve".to_owned(), reason })
}

/// Starts the server in a container; its address on the bridge.
fn serving(engine: &Bridged, crew: &mut Crew) -> Result<String> {
    let port = PORT.to_string();
    let flags = ["--publish".to_owned(), format!("{port}:{port}")];
    engine.start(crew, SERVER, &flags, &[PAYLOAD, "serve", &port])?;
    engine.address(crew, SERVER)
}

/// Every load by every way for everybody, next to each other. Who cannot be reached by a way has no figure for it.
fn one_round(participants: &[Participant], workshop: &Workshop, crew: &mut Crew, cells: &mut Vec<Cell>) {
    for case in CASES {
        for way in WAYS {
            for participant in participants {
                let figure = measured(participant, way, case, workshop, crew);
                load::keep(cells, (participant.name, way, case), figure);
            }
        }
    }
}

fn measured(
    participant: &Participant,
    way: Way,
    case: load::Case,
    workshop: &Workshop,
    crew: &mut Crew,
) -> Option<Figure> {
    let target = way.target(&participant.address, PORT);
    let words = case.words(&target, MILLISECONDS);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let text = if way == Way::Container {
        let engine = participant.engine.as_ref()?;
        engine.output(crew, &[&[PAYLOAD], words.as_slice()].concat()).ok()?
    } else {
        let site = crew.site(participant.guest).ok()?;
        let before = if way == Way::Outside { site.outside() } else { site.inside() };
        load::client(&before, &workshop.programs.payload, &words)?
    };
    Figure::parse(&text)
}

fn sections(cells: &[Cell], publishing: &[ports::Publishing]) -> Vec<Section> {
    let mut sections: Vec<Section> =
        CASES.iter().map(|case| Section::new(&case.title(), tables::case(cells, *case))).collect();
    sections.push(Section::new("Beside the others", tables::compared(cells)));
    sections.push(Section::new("Publishing", ports::table(publishing)));
    sections
}

fn notes() -> Vec<String> {
    [
        "Everybody is in a network namespace of its own, with a default route into another that is the outside. `loopback` is the server \
         without a container in such a namespace. dockerd and Podman have their defaults, userland proxy and netavark.",
        "`own address` is the machine's own, from itself; `outside` the same from the other namespace; `container` is another container, started \
         for each load, by the server's address on the bridge.",
        "Client, server and whatever is between share the machine's processors: what has no free one of its own shows as lower figures.",
        "Publishing: the time of a detached `run` with a range of so many ports, and of `rm --force`; `0` is a start without any.",
    ]
    .map(str::to_owned)
    .into()
}

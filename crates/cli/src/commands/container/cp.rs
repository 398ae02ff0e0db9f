//! `cp`: copies files between a container and this machine.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use corten_api_client::Client;
use corten_api_types::container::PathStat;

use crate::command::{Arity, Command};
use crate::compat;
use crate::copy::{
    Chunks, Destination, LocalSource, Progress, Side, absolute, check_output, join, place, renamed_base,
    split_argument, split_entry,
};
use crate::failure::{Failure, Outcome, go_text};
use crate::flags::Parsed;
use crate::session::Session;

/// Go's `os.FileMode`.
const DIRECTORY: u32 = 1 << 31;
const LINK: u32 = 1 << 27;
const DEVICE: u32 = 1 << 26;

/// What is copied, as it was typed.
struct Copy<'a> {
    client: &'a Client,
    container: &'a str,
    source: &'a str,
    destination: &'a str,
    follows_links: bool,
    is_quiet: bool,
}

pub(crate) const COMMAND: Command = Command {
    paths: &[&["container", "cp"], &["cp"]],
    usage: "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|- | SRC_PATH|- CONTAINER:DEST_PATH",
    about: "Copy files between a container and this machine; - is an archive on stdin or stdout",
    flags: compat::CP,
    arity: Arity::Exactly(2),
    interspersed: true,
    run: run!(run),
};

async fn run(session: Session, parsed: Parsed) -> Outcome {
    let [from, to] = parsed.arguments.as_slice() else { unreachable!("the command takes two arguments") };
    for (argument, what) in [(from, "source"), (to, "destination")] {
        if argument.is_empty() {
            return Err(Failure::new(format!("{what} can not be empty")));
        }
    }
    let ((from_container, source), (to_container, destination)) = (split_argument(from), split_argument(to));
    let copy = |container| Copy {
        client: &session.client,
        container,
        source,
        destination,
        follows_links: parsed.is_on("follow-link"),
        is_quiet: if parsed.is_given("quiet") { parsed.is_on("quiet") } else { !io::stdout().is_terminal() },
    };
    match (from_container, to_container) {
        ("", "") => Err(Failure::new("must specify at least one container source")),
        (container, "") => from_container_to_here(copy(container)).await,
        ("", container) => to_container_from_here(copy(container), parsed.is_on("archive")).await,
        _ => Err(Failure::new("copying between containers is not supported")),
    }
}

async fn from_container_to_here(copy: Copy<'_>) -> Outcome {
    let destination = match copy.destination {
        "-" => "-".to_owned(),
        path => here(path)?,
    };
    if destination != "-" {
        check_output(&destination)?;
    }
    let (source, rebase_name) = followed(&copy).await;
    let (stat, mut archive) = copy.client.container_archive(copy.container, &source).await?;
    if destination == "-" {
        let mut stdout = io::stdout().lock();
        while let Some(bytes) = archive.next().await? {
            stdout.write_all(&bytes)?;
        }
        return Ok(stdout.flush()?);
    }
    let side = Side { path: source, exists: true, is_directory: stat.mode & DIRECTORY != 0, rebase_name };
    let place = Destination::find(&destination, &side)?;
    let mut progress = Progress::begin("Copying from container - ", copy.is_quiet);
    let (sender, chunks) = Chunks::channel();
    let extraction = tokio::task::spawn_blocking(move || place.extract(chunks));
    let received = async {
        while let Some(bytes) = archive.next().await? {
            progress.add(bytes.len());
            if sender.send(bytes).await.is_err() {
                break;
            }
        }
        Outcome::Ok(())
    }
    .await;
    drop(sender);
    let extracted = joined(extraction.await);
    received.and(extracted)?;
    progress.succeed(&destination);
    Ok(())
}

/// The path to ask for, and the name under which a link was asked for that leads there.
async fn followed(copy: &Copy<'_>) -> (String, String) {
    let unchanged = (copy.source.to_owned(), String::new());
    if !copy.follows_links {
        return unchanged;
    }
    match copy.client.container_stat_path(copy.container, copy.source).await {
        Ok(stat) if stat.mode & LINK != 0 => renamed_base(copy.source, link_target(copy.source, &stat)),
        // Whatever is wrong with it, the request for the archive will tell.
        _ => unchanged,
    }
}

fn link_target(path: &str, stat: &PathStat) -> String {
    match stat.link_target.starts_with('/') {
        true => stat.link_target.clone(),
        false => join(&split_entry(path).0, &stat.link_target),
    }
}

async fn to_container_from_here(copy: Copy<'_>, own: bool) -> Outcome {
    let destination = look_at_destination(&copy).await?;
    if copy.source == "-" {
        if !destination.is_directory {
            return Err(Failure::new(format!(
                "destination \"{}:{}\" must be a directory",
                copy.container, copy.destination
            )));
        }
        let input = Box::pin(tokio::io::stdin());
        return Ok(copy.client.container_extract(copy.container, &destination.path, own, input).await?);
    }
    let source = LocalSource::find(&here(copy.source)?, copy.follows_links)?;
    let placement = place(&source.side, &destination)?;
    let progress = Arc::new(Mutex::new(Progress::begin("Copying to container - ", copy.is_quiet)));
    let told = Arc::clone(&progress);
    let (writer, chunks) =
        Chunks::written(move |bytes| told.lock().unwrap_or_else(PoisonError::into_inner).add(bytes));
    let name = placement.name;
    let packing = tokio::task::spawn_blocking(move || source.pack(name.as_deref(), writer));
    let extracted =
        copy.client.container_extract(copy.container, &placement.directory, own, Box::pin(chunks)).await;
    let packed = joined(packing.await);
    extracted?;
    packed?;
    let to = format!("{}:{}", copy.container, destination.path);
    progress.lock().unwrap_or_else(PoisonError::into_inner).succeed(&to);
    Ok(())
}

/// What is known of the destination; an error is the extraction's to tell.
async fn look_at_destination(copy: &Copy<'_>) -> Outcome<Side> {
    let mut side = Side { path: copy.destination.to_owned(), ..Side::default() };
    let mut stat = copy.client.container_stat_path(copy.container, copy.destination).await;
    if let Ok(link) = &stat
        && link.mode & LINK != 0
    {
        side.path = link_target(copy.destination, link);
        stat = copy.client.container_stat_path(copy.container, &side.path).await;
    }
    if let Ok(stat) = stat {
        if stat.mode & DEVICE != 0 {
            let (container, path) = (copy.container, copy.destination);
            return Err(Failure::new(format!(
                "destination \"{container}:{path}\" must be a directory or a regular file: got a device"
            )));
        }
        (side.exists, side.is_directory) = (true, stat.mode & DIRECTORY != 0);
    }
    Ok(side)
}

fn here(path: &str) -> Outcome<String> {
    let working_directory =
        std::env::current_dir().map_err(|error| Failure::new(go_text("getwd", "", &error)))?;
    Ok(absolute(path, &working_directory.to_string_lossy()))
}

fn joined(task: Result<Outcome, tokio::task::JoinError>) -> Outcome {
    task.unwrap_or_else(|error| Err(Failure::new(error.to_string())))
}

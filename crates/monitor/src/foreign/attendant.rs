//! The attendant of a container that another runtime makes: calls that runtime for the monitor, and sees to it that nothing is left when
//! the monitor has ended, however that was.
//!
//! It lives in a mount namespace of its own, in which the container's root is mounted for the runtime to find; the host does not see it.
//! It holds the lock of the root file system for as long.

use std::ffi::OsString;
use std::fs;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};

use corten_runtime::StagedRoot;
use corten_runtime::launch::Launch;
use corten_sys::{packet, process, signal};

use super::call::{Plain, Runtime, Trouble};
use super::configuration;
use super::console::Console;
use super::order::{Order, START, Told};
use crate::birth::take_stdin;
use crate::bundle;
use crate::control::document;
use crate::failure::{Failure, doing};

/// The second word of its command line.
pub(crate) const ATTEND: &str = "--attend";

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-attend";

/// What an attendant has in hand.
struct Charge {
    order: Order,
    /// Held, never looked at.
    _lock: OwnedFd,
    network: Option<OwnedFd>,
    plain: Option<Plain>,
}

/// Is an attendant. Returns the exit status.
pub(crate) fn run() -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let Ok(channel) = take_stdin() else { return 1 };
    // The monitor passes some on, and blocks them; a container is to inherit nothing of that.
    let _ = signal::reset_to_default();
    let begun = receive(&channel).and_then(|charge| attend(charge, &channel));
    let Err(failure) = begun else { return 0 };
    let _ = tell(&channel, &Told::Failed { exit_code: failure.exit_code, message: failure.message }, None);
    1
}

fn receive(channel: &OwnedFd) -> Result<Charge, Failure> {
    let mut word = [0; 16];
    let packet = doing("receive the order", packet::receive(channel, &mut word))?;
    let mut descriptors = packet.descriptors.into_iter();
    let (Some(description), Some(lock)) = (descriptors.next(), descriptors.next()) else {
        return Err(Failure::new("an attendant needs its order and the container's lock"));
    };
    let order: Order = document(&description)?;
    let network = if order.network { descriptors.next() } else { None };
    let plain = match (descriptors.next(), descriptors.next(), descriptors.next()) {
        (Some(stdin), Some(stdout), Some(stderr)) => Some(Plain { stdin, stdout, stderr }),
        _ => None,
    };
    if plain.is_none() != order.streams.tty || network.is_some() != order.network {
        return Err(Failure::new("an attendant needs what its order speaks of"));
    }
    Ok(Charge { order, _lock: lock, network, plain })
}

/// Makes the container, and stays with it until the end.
fn attend(mut charge: Charge, channel: &OwnedFd) -> Result<(), Failure> {
    let place = Launch::place_of_root(&charge.order.foreign.bundle);
    doing("make the container's bundle", bundle::make(&charge.order.foreign.bundle))?;
    let root = StagedRoot::mount(&charge.order.launch.root, &place)?;
    let created = create(&mut charge, &root, channel);
    // Nobody else needs it: the container has its own.
    charge.network = None;
    let runtime = Runtime { foreign: &charge.order.foreign, client: channel.as_fd() };
    let told = match created {
        Ok((pid, terminal)) => {
            if tell(channel, &Told::Created { pid }, terminal.as_ref()).is_ok() {
                drop(terminal);
                serve(&runtime, channel);
            }
            Ok(())
        }
        Err(trouble) => Err(trouble),
    };
    // Also after a failure: there may be half a container.
    runtime.delete();
    let _ = root.unmount(&place);
    let _ = fs::remove_dir_all(&charge.order.foreign.bundle);
    match told {
        Ok(()) => Ok(()),
        Err(Trouble::Own(failure)) => Err(failure),
        // The monitor knows more, and puts it into words.
        Err(Trouble::Runtime(complaint)) => {
            let _ = tell(channel, &Told::Refused(complaint), None);
            Ok(())
        }
    }
}

fn create(
    charge: &mut Charge,
    root: &StagedRoot,
    channel: &OwnedFd,
) -> Result<(u32, Option<OwnedFd>), Trouble> {
    let Order { launch, streams, foreign, .. } = &charge.order;
    let own = std::env::args_os().next().map(OsString::into_string).and_then(Result::ok);
    let joined = charge.network.as_ref();
    let joined = joined.map(|network| format!("/proc/{}/fd/{}", std::process::id(), network.as_raw_fd()));
    let mut spec = configuration::of(launch, joined, &own.unwrap_or_default());
    if let Some(process) = &mut spec.process {
        root.resolve(&launch.user, process)?;
    }
    doing("write the container's configuration", bundle::configure(&foreign.bundle, &spec))?;
    let console = streams.tty.then(|| Console::listen(&foreign.bundle, "console.sock")).transpose();
    let console = doing("listen for the terminal", console)?;
    let runtime = Runtime { foreign, client: channel.as_fd() };
    let path = console.as_ref().map(Console::path);
    let pid = runtime.create(charge.plain.take(), path.as_deref())?;
    let terminal = console.map(|console| console.receive(streams.size)).transpose();
    // After the runtime has opened what leads through their numbers.
    for joined in &launch.joined {
        if process::start_time(joined.pid).ok() != Some(joined.start_time) {
            let pid = joined.pid;
            return Err(Failure::new(format!(
                "process {pid}, whose namespaces were to be joined, has ended"
            ))
            .into());
        }
    }
    Ok((pid, doing("receive the terminal", terminal)?))
}

/// Does what the monitor says until it says that all is over, or is gone.
fn serve(runtime: &Runtime<'_>, channel: &OwnedFd) {
    let mut word = [0; 16];
    while let Ok(packet) = packet::receive(channel, &mut word) {
        if &word[..packet.length] != START {
            return;
        }
        let told = match runtime.start() {
            Ok(()) => Told::Started,
            Err(Trouble::Runtime(complaint)) => Told::Refused(complaint),
            Err(Trouble::Own(Failure { exit_code, message })) => Told::Failed { exit_code, message },
        };
        // A monitor that is gone ends the loop.
        let _ = tell(channel, &told, None);
    }
}

fn tell(channel: &OwnedFd, told: &Told, beside: Option<&OwnedFd>) -> std::io::Result<()> {
    let beside: Vec<_> = beside.into_iter().map(AsFd::as_fd).collect();
    packet::send(channel, &serde_json::to_vec(told)?, &beside)
}

//! The attendant: calls another runtime, or hooks, for the monitor, and sees to it that nothing is left when the monitor has ended, however
//! that was.
//!
//! That of another runtime lives in a mount namespace of its own, in which the container's root is mounted for the runtime to find; the
//! host does not see it. It holds the lock of the root file system for as long.

use std::ffi::OsString;
use std::fs;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};

use corten_runtime::StagedRoot;
use corten_runtime::launch::Launch;
use corten_sys::{memory, packet, process, signal};
use rustix::thread::capabilities;

use super::call::{Plain, Runtime, Trouble};
use super::configuration;
use super::console::Console;
use super::order::{Duty, Order, START, Told};
use crate::birth::take_stdin;
use crate::bundle;
use crate::control::document;
use crate::failure::{Failure, doing};
use crate::protocol::Foreign;

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
    let begun = receive(&channel).and_then(|charge| match charge.order.duty.clone() {
        Duty::Container { foreign, .. } => attend(charge, &foreign, &channel),
        Duty::Hooks { init } => {
            run_hooks(&charge.order.launch, init, &channel);
            Ok(())
        }
    });
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
    let Duty::Container { network: is_connected, .. } = &order.duty else {
        return Ok(Charge { order, _lock: lock, network: None, plain: None });
    };
    let network = if *is_connected { descriptors.next() } else { None };
    let plain = match (descriptors.next(), descriptors.next(), descriptors.next()) {
        (Some(stdin), Some(stdout), Some(stderr)) => Some(Plain { stdin, stdout, stderr }),
        _ => None,
    };
    if plain.is_none() != order.streams.tty || network.is_some() != *is_connected {
        return Err(Failure::new("an attendant needs what its order speaks of"));
    }
    Ok(Charge { order, _lock: lock, network, plain })
}

/// Makes the container, and stays with it until the end.
fn attend(mut charge: Charge, foreign: &Foreign, channel: &OwnedFd) -> Result<(), Failure> {
    let place = Launch::place_of_root(&foreign.bundle);
    doing("make the container's bundle", bundle::make(&foreign.bundle))?;
    let root = StagedRoot::mount(&charge.order.launch.root, &place)?;
    let runtime = Runtime { foreign, client: channel.as_fd() };
    let created = create(&mut charge, &root, &runtime);
    // Nobody else needs it: the container has its own.
    charge.network = None;
    let failed = match created {
        Ok((pid, terminal)) => {
            if tell(channel, &Told::Created { pid }, terminal.as_ref()).is_ok() {
                drop(terminal);
                serve(channel, || runtime.start());
            }
            None
        }
        Err(trouble) => Some(told_of(trouble)),
    };
    // Also after a failure: there may be half a container.
    runtime.delete();
    let _ = root.unmount(&place);
    let _ = fs::remove_dir_all(&foreign.bundle);
    // First nothing is left, then that is told: to a monitor that may be gone.
    failed.map_or(Ok(()), |told| tell(channel, &told, None)).unwrap_or_default();
    Ok(())
}

/// Stays with a container that its monitor has made.
fn run_hooks(launch: &Launch, init: u32, channel: &OwnedFd) {
    serve(channel, || Ok(corten_runtime::run_poststart(launch, init)?));
    corten_runtime::run_poststop(launch);
}

fn told_of(trouble: Trouble) -> Told {
    match trouble {
        // The monitor knows more, and puts it into words.
        Trouble::Runtime(complaint) => Told::Refused(complaint),
        Trouble::Own(Failure { exit_code, message }) => Told::Failed { exit_code, message },
    }
}

fn create(
    charge: &mut Charge,
    root: &StagedRoot,
    runtime: &Runtime<'_>,
) -> Result<(u32, Option<OwnedFd>), Trouble> {
    let (Order { launch, streams, .. }, foreign) = (&charge.order, runtime.foreign);
    let own = std::env::args_os().next().map(OsString::into_string).and_then(Result::ok);
    let joined = charge.network.as_ref();
    let joined = joined.map(|network| format!("/proc/{}/fd/{}", std::process::id(), network.as_raw_fd()));
    let mut spec = configuration::of(launch, joined, &own.unwrap_or_default());
    if let Some(process) = &mut spec.process {
        root.resolve(&launch.user, process)?;
        let held = doing("read the own capabilities", capabilities(None))?;
        configuration::leave_out_unheld(process, held.permitted);
    }
    doing("write the container's configuration", bundle::configure(&foreign.bundle, &spec))?;
    let console = streams.tty.then(|| Console::listen(&foreign.bundle, "console.sock")).transpose();
    let console = doing("listen for the terminal", console)?;
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
fn serve(channel: &OwnedFd, start: impl Fn() -> Result<(), Trouble>) {
    // The longest part of its life begins.
    memory::give_back();
    let mut word = [0; 16];
    while let Ok(packet) = packet::receive(channel, &mut word) {
        if &word[..packet.length] != START {
            return;
        }
        let told = start().map_or_else(told_of, |()| Told::Started);
        // A monitor that is gone ends the loop.
        let _ = tell(channel, &told, None);
    }
}

fn tell(channel: &OwnedFd, told: &Told, beside: Option<&OwnedFd>) -> std::io::Result<()> {
    let beside: Vec<_> = beside.into_iter().map(AsFd::as_fd).collect();
    packet::send(channel, &serde_json::to_vec(told)?, &beside)
}

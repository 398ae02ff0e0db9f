//! A process that is yet to be told what it is: a monitor or the keeper of a session.
//!
//! The first packet on its standard input says so. An engine may start it before there is anything to say, for making a process takes
//! longer than telling it.

use corten_sys::packet;

use crate::birth::{self, answer, take_stdin};
use crate::failure::doing;
use crate::keeper::{self, ORDER};
use crate::protocol::MAX_PACKET;

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-recruit";

/// Waits for the first packet and becomes what it says. Returns the exit status.
pub(crate) fn run() -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let Ok(channel) = take_stdin() else { return 1 };
    let mut buffer = vec![0; MAX_PACKET];
    match doing("receive an order", packet::receive(&channel, &mut buffer)) {
        // Its engine has ended, or does not need it.
        Ok(packet) if packet.length == 0 => 0,
        Ok(packet) if &buffer[..packet.length] == ORDER => keeper::run(channel, packet.descriptors),
        Ok(packet) => birth::begin(channel, &buffer[..packet.length], packet.descriptors),
        Err(failure) => answer(&channel, &failure),
    }
}

//! A process that is yet to be told what it is: a monitor or the keeper of a session.
//!
//! The first packet on its standard input says so. An engine may start it before there is anything to say, for making a process takes
//! longer than telling it.

use std::os::fd::AsFd;

use corten_sys::packet;
use rustix::stdio::stdin;

use crate::birth::{self, answer, take_stdin};
use crate::failure::doing;
use crate::keeper::{self, ORDER};
use crate::protocol::MAX_PACKET;

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-recruit";

/// Waits for the first packet and becomes what it says. Returns the exit status.
pub(crate) fn run() -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let taken = doing("take over the channel", take_stdin());
    // Where that failed it is still there, and whoever gives the order hears why nobody carries it out.
    let channel = taken.as_ref().map_or_else(|_| stdin(), AsFd::as_fd);
    let mut buffer = vec![0; MAX_PACKET];
    let packet = match doing("receive an order", packet::receive(channel, &mut buffer)) {
        Ok(packet) => packet,
        Err(failure) => return answer(channel, &failure),
    };
    let words = &buffer[..packet.length];
    match taken {
        // Its engine has ended, or does not need it.
        _ if words.is_empty() => 0,
        Ok(channel) if words == ORDER => keeper::run(channel, packet.descriptors),
        Ok(channel) => birth::begin(channel, words, packet.descriptors),
        Err(failure) if words == ORDER => keeper::fail(stdin(), failure),
        Err(failure) => answer(stdin(), &failure),
    }
}

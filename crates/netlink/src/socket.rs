//! A netlink socket: sends requests, and collects the kernel's answers to them.
//!
//! It takes nothing from other processes: it is connected to the kernel.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use corten_sys::netlink::{NetlinkOption, switch_on};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType};
use rustix::net::{bind, connect, recv, send, socket_with, sockopt};

use crate::error::NetlinkError;
use crate::message::{Messages, flags};
use crate::reply::{Content, Refusal, Replies};

/// What the kernel never exceeds in one packet for us: it lists in packets of at most 32 KiB.
const PACKET: usize = 64 * 1024;
/// The kernel answers before send(2) returns; this is for the case that it some day does not.
const PATIENCE: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };
/// How often a list that changed meanwhile is asked for again.
pub(crate) const DUMPS: usize = 16;

#[derive(Debug)]
pub(crate) struct Socket {
    socket: OwnedFd,
    next: u32,
    buffer: Vec<u8>,
}

impl Socket {
    /// A socket in this thread's network namespace that also hears `groups`; `None` is rtnetlink.
    pub(crate) fn open(protocol: Option<Protocol>, groups: u32) -> Result<Self, NetlinkError> {
        let flags = SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol);
        let socket = socket.map_err(NetlinkError::socket("opening"))?;
        for option in [NetlinkOption::ExtendedAcks, NetlinkOption::ShortAcks] {
            switch_on(&socket, option)
                .map_err(|source| NetlinkError::Socket { call: "setting an option", source })?;
        }
        bind(&socket, &SocketAddrNetlink::new(0, groups)).map_err(NetlinkError::socket("binding"))?;
        connect(&socket, &SocketAddrNetlink::new(0, 0)).map_err(NetlinkError::socket("connecting"))?;
        Ok(Self { socket, next: 1, buffer: Vec::new() })
    }

    /// An empty run of messages that continues the numbers of this socket.
    pub(crate) fn messages(&self) -> Messages {
        Messages::new(self.next)
    }

    /// Sends messages that all ask for an acknowledgement; what was refused, by number.
    pub(crate) fn transact(
        &mut self,
        messages: Messages,
        operation: &str,
    ) -> Result<Vec<(u32, Refusal)>, NetlinkError> {
        let (first, end) = (self.next, messages.next_number());
        self.send(messages, operation)?;
        let mut missing = end.wrapping_sub(first);
        let mut refused = Vec::new();
        while missing > 0 {
            for reply in Replies::of(self.receive()?) {
                let reply = reply.map_err(|source| malformed("read an acknowledgement", source))?;
                // Numbers outside are answers to what was given up earlier.
                if reply.number.wrapping_sub(first) >= end.wrapping_sub(first) {
                    continue;
                }
                if let Content::Ack(outcome) = reply.content {
                    missing -= 1;
                    refused.extend(outcome.err().map(|refusal| (reply.number, refusal)));
                }
            }
        }
        Ok(refused)
    }

    /// Sends one message that is answered with one, and reads that.
    pub(crate) fn ask<T>(
        &mut self,
        messages: Messages,
        operation: &'static str,
        read: impl Fn(u16, &[u8]) -> Result<T, crate::attribute::Malformed>,
    ) -> Result<Result<T, Refusal>, NetlinkError> {
        let number = self.next;
        self.send(messages, operation)?;
        loop {
            for reply in Replies::of(self.receive()?) {
                let reply = reply.map_err(|source| malformed(operation, source))?;
                match reply.content {
                    _ if reply.number != number => {}
                    Content::Message { kind, body } => {
                        return read(kind, body).map(Ok).map_err(|source| malformed(operation, source));
                    }
                    Content::Ack(Err(refusal)) | Content::Done(Err(refusal)) => return Ok(Err(refusal)),
                    Content::Ack(Ok(())) | Content::Done(Ok(())) => {}
                }
            }
        }
    }

    /// Lists: sends a message of `kind`, and reads each message that comes until the end; `None` is passed over.
    pub(crate) fn dump<T>(
        &mut self,
        (kind, fixed): (u16, &[u8]),
        fill: impl Fn(&mut Messages),
        operation: &'static str,
        read: impl Fn(u16, &[u8]) -> Result<Option<T>, crate::attribute::Malformed>,
    ) -> Result<Result<Vec<T>, Refusal>, NetlinkError> {
        for _ in 0..DUMPS {
            let mut messages = self.messages();
            messages.message(kind, flags::REQUEST | flags::DUMP, fixed, &fill);
            let number = self.next;
            self.send(messages, operation)?;
            if let Some(outcome) = self.listed(number, operation, &read)? {
                return Ok(outcome);
            }
        }
        Err(NetlinkError::Unsteady { operation })
    }

    /// What came of a list; none when it was interrupted.
    fn listed<T>(
        &mut self,
        number: u32,
        operation: &'static str,
        read: &impl Fn(u16, &[u8]) -> Result<Option<T>, crate::attribute::Malformed>,
    ) -> Result<Option<Result<Vec<T>, Refusal>>, NetlinkError> {
        let (mut found, mut is_interrupted) = (Vec::new(), false);
        loop {
            for reply in Replies::of(self.receive()?) {
                let reply = reply.map_err(|source| malformed(operation, source))?;
                if reply.number != number {
                    continue;
                }
                is_interrupted |= reply.is_interrupted();
                match reply.content {
                    Content::Message { kind, body } => {
                        found.extend(read(kind, body).map_err(|source| malformed(operation, source))?);
                    }
                    // What interrupts a list of nftables' also breaks it off.
                    Content::Ack(Err(refusal)) | Content::Done(Err(refusal))
                        if refusal.errno == Errno::INTR.raw_os_error() =>
                    {
                        return Ok(None);
                    }
                    Content::Ack(Err(refusal)) | Content::Done(Err(refusal)) => {
                        return Ok(Some(Err(refusal)));
                    }
                    Content::Ack(Ok(())) => {}
                    Content::Done(Ok(())) => return Ok((!is_interrupted).then_some(Ok(found))),
                }
            }
        }
    }

    /// Sends messages in one packet.
    pub(crate) fn send(&mut self, messages: Messages, operation: &str) -> Result<(), NetlinkError> {
        self.next = messages.next_number();
        let bytes =
            messages.finish().ok_or_else(|| NetlinkError::TooLong { operation: operation.to_owned() })?;
        self.make_room(bytes.len())?;
        let sent = rustix::io::retry_on_intr(|| send(&self.socket, &bytes, SendFlags::empty()));
        sent.map(drop).map_err(NetlinkError::socket("sending"))
    }

    /// The next packet.
    pub(crate) fn receive(&mut self) -> Result<&[u8], NetlinkError> {
        let mut is_late = false;
        loop {
            if let Some(length) = self.receive_now()? {
                return Ok(&self.buffer[..length]);
            }
            if is_late {
                return Err(NetlinkError::Silent);
            }
            let mut polled = [PollFd::new(&self.socket, PollFlags::IN)];
            rustix::io::retry_on_intr(|| poll(&mut polled, Some(&PATIENCE)))
                .map_err(NetlinkError::socket("polling"))?;
            is_late = true;
        }
    }

    /// The next packet, if there is one now.
    pub(crate) fn packet(&mut self) -> Result<Option<&[u8]>, NetlinkError> {
        let length = self.receive_now()?;
        Ok(length.map(|length| &self.buffer[..length]))
    }

    fn receive_now(&mut self) -> Result<Option<usize>, NetlinkError> {
        self.buffer.resize(PACKET, 0);
        let flags = RecvFlags::DONTWAIT | RecvFlags::TRUNC;
        match rustix::io::retry_on_intr(|| recv(&self.socket, &mut self.buffer[..], flags)) {
            Ok((_, length)) if length > PACKET => Err(NetlinkError::Lost),
            Ok((_, length)) => Ok(Some(length)),
            Err(Errno::AGAIN) => Ok(None),
            Err(Errno::NOBUFS) => Err(NetlinkError::Lost),
            Err(errno) => Err(NetlinkError::Socket { call: "receiving", source: errno.into() }),
        }
    }

    /// Lets packets of `length` be sent.
    fn make_room(&self, length: usize) -> Result<(), NetlinkError> {
        let failed = NetlinkError::socket("growing the buffer");
        // The kernel doubles what it is told, and refuses packets that leave less than 32 bytes.
        let size =
            sockopt::socket_send_buffer_size(&self.socket).map_err(NetlinkError::socket("measuring"))?;
        if length + 64 <= size {
            return Ok(());
        }
        // Beyond the administrator's bound only with CAP_NET_ADMIN of the first user namespace.
        sockopt::set_socket_send_buffer_size_force(&self.socket, length)
            .or_else(|_| sockopt::set_socket_send_buffer_size(&self.socket, length))
            .map_err(failed)
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

pub(crate) fn malformed(operation: &'static str, source: crate::attribute::Malformed) -> NetlinkError {
    NetlinkError::Malformed { operation, source }
}

pub(crate) fn namespace(operation: &'static str) -> impl FnOnce(io::Error) -> NetlinkError {
    move |source| NetlinkError::Namespace { operation, source }
}

//! Packets with descriptors beside them, over a Unix socket.
//!
//! It knows no protocol: bytes and descriptors only.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

/// The most descriptors that one packet carries here (the kernel's own bound is 253, unix(7)).
pub const MAX_DESCRIPTORS: usize = 16;

/// One packet that was received.
#[derive(Debug)]
pub struct Packet {
    /// How many bytes of the buffer it fills; 0 with no descriptors is the end of the connection.
    pub length: usize,
    /// What came beside it, close-on-exec, in the sender's order.
    pub descriptors: Vec<OwnedFd>,
}

/// Two connected ends that keep the boundaries of packets (`SOCK_SEQPACKET`), close-on-exec, blocking.
///
/// # Errors
/// What socketpair(2) says.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// Sends one packet; never raises SIGPIPE.
///
/// # Errors
/// `EINVAL` for more than [`MAX_DESCRIPTORS`]; `EMSGSIZE` for a packet above the socket's buffer; what sendmsg(2) says.
pub fn send(socket: impl AsFd, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    if descriptors.len() > MAX_DESCRIPTORS
        || !descriptors.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(descriptors))
    {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    rustix::io::retry_on_intr(|| sendmsg(&socket, &[IoSlice::new(bytes)], &mut beside, SendFlags::NOSIGNAL))?;
    Ok(())
}

/// Receives one packet into `buffer`.
///
/// # Errors
/// `EMSGSIZE` when the packet or its descriptors did not fit: what arrived of it is closed, the rest is lost.
/// `EAGAIN` on a non-blocking socket without a packet; what recvmsg(2) says.
pub fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<Packet> {
    receive_with(socket, buffer, RecvFlags::CMSG_CLOEXEC)
}

/// As [`receive`], but never waits, whatever the socket's own mode.
///
/// # Errors
/// As [`receive`]; `EAGAIN` when there is no packet.
pub fn receive_now(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<Packet> {
    receive_with(socket, buffer, RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT)
}

fn receive_with(socket: impl AsFd, buffer: &mut [u8], flags: RecvFlags) -> io::Result<Packet> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut beside = RecvAncillaryBuffer::new(&mut space);
    let received =
        rustix::io::retry_on_intr(|| recvmsg(&socket, &mut [IoSliceMut::new(buffer)], &mut beside, flags))?;
    let mut descriptors = Vec::new();
    for message in beside.drain() {
        if let RecvAncillaryMessage::ScmRights(passed) = message {
            descriptors.extend(passed);
        }
    }
    if received.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
    }
    Ok(Packet { length: received.bytes, descriptors })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn descriptors_arrive_in_order_beside_their_packet() {
        let (here, there) = pair().unwrap();
        let (root, null) = (std::fs::File::open("/").unwrap(), std::fs::File::open("/dev/null").unwrap());
        send(&here, b"two", &[root.as_fd(), null.as_fd()]).unwrap();
        let mut buffer = [0; 8];
        let packet = receive(&there, &mut buffer).unwrap();
        assert_eq!(&buffer[..packet.length], b"two");
        let inodes: Vec<u64> = packet
            .descriptors
            .into_iter()
            .map(|fd| std::fs::File::from(fd).metadata().unwrap().ino())
            .collect();
        assert_eq!(inodes, [root.metadata().unwrap().ino(), null.metadata().unwrap().ino()]);
    }

    #[test]
    fn a_packet_that_does_not_fit_is_an_error_not_a_shorter_packet() {
        let (here, there) = pair().unwrap();
        send(&here, b"longer than four", &[]).unwrap();
        let refused = receive(&there, &mut [0; 4]).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::EMSGSIZE));
    }

    #[test]
    fn receive_now_does_not_wait_on_a_blocking_socket() {
        let (_here, there) = pair().unwrap();
        assert_eq!(receive_now(&there, &mut [0; 4]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}

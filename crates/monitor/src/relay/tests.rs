//! A relay in front of servers of this process.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;

use rustix::pipe::pipe;

use super::*;

/// A relay to `target` for as long as `work` goes on, which gets its address.
fn relayed<T>(socket: (OwnedFd, SocketAddr), listening: Listening, work: impl FnOnce(SocketAddr) -> T) -> T {
    // The end of one end is seen at the other, as the container's is.
    let (init, container) = pipe().unwrap();
    let (socket, address) = socket;
    let mut service = Service::new(init, vec![Held { socket, listening }]).unwrap();
    thread::scope(|scope| {
        let serving = scope.spawn(move || while !service.round() {});
        let done = work(address);
        drop(container);
        serving.join().unwrap();
        done
    })
}

fn streams<T>(target: SocketAddr, work: impl FnOnce(SocketAddr) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    relayed((listener.into(), address), Listening { datagrams: false, target }, work)
}

fn numbers(length: u32) -> Vec<u8> {
    (0..length).map(|number| (number % 251) as u8).collect()
}

#[test]
fn what_goes_in_comes_back_whole_after_one_side_has_ended() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = server.local_addr().unwrap();
    let sent = numbers(30_000_000);
    thread::scope(|scope| {
        scope.spawn(move || {
            let (mut connection, _) = server.accept().unwrap();
            let mut all = Vec::new();
            // All of it, before any goes back: the relay has to hold the client off meanwhile, and then the server.
            connection.read_to_end(&mut all).unwrap();
            connection.write_all(&all).unwrap();
        });
        let answered = streams(target, |address| {
            let mut client = TcpStream::connect(address).unwrap();
            client.write_all(&sent).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).unwrap();
            answer
        });
        assert!(answered == sent, "{} of {} bytes came back", answered.len(), sent.len());
    });
}

#[test]
fn bytes_go_both_ways_at_once_in_whatever_portions() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = server.local_addr().unwrap();
    let sent = numbers(5_000_000);
    thread::scope(|scope| {
        scope.spawn(move || {
            let (mut connection, _) = server.accept().unwrap();
            std::io::copy(&mut connection.try_clone().unwrap(), &mut connection).unwrap();
        });
        let answered = streams(target, |address| {
            let client = TcpStream::connect(address).unwrap();
            let (mut writer, mut reader) = (client.try_clone().unwrap(), client);
            let sent = &sent;
            thread::scope(|scope| {
                scope.spawn(move || {
                    let mut rest = &sent[..];
                    for length in [1, 70_000, 3, 16_384, 65_536, 200_000].into_iter().cycle() {
                        let (now, later) = rest.split_at(rest.len().min(length));
                        writer.write_all(now).unwrap();
                        rest = later;
                        if rest.is_empty() {
                            return writer.shutdown(Shutdown::Write).unwrap();
                        }
                    }
                });
                let mut answer = Vec::new();
                reader.read_to_end(&mut answer).unwrap();
                answer
            })
        });
        assert!(answered == sent, "{} of {} bytes came back", answered.len(), sent.len());
    });
}

#[test]
fn many_connections_pass_through_one_after_another_and_beside_each_other() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = server.local_addr().unwrap();
    let count = 200_u8;
    thread::scope(|scope| {
        scope.spawn(move || {
            for connection in server.incoming().take(usize::from(count)) {
                let mut connection = connection.unwrap();
                let mut byte = [0];
                connection.read_exact(&mut byte).unwrap();
                connection.write_all(&byte).unwrap();
            }
        });
        streams(target, |address| {
            let ended = |(number, mut client): (u8, TcpStream)| {
                let mut answer = Vec::new();
                client.read_to_end(&mut answer).unwrap();
                assert_eq!(answer, [number]);
            };
            let mut clients = VecDeque::new();
            for number in 0..count {
                let mut client = TcpStream::connect(address).unwrap();
                client.write_all(&[number]).unwrap();
                clients.push_back((number, client));
                if number % 3 == 0 {
                    ended(clients.pop_front().unwrap());
                }
            }
            clients.into_iter().for_each(ended);
        });
    });
}

#[test]
fn a_container_that_does_not_listen_closes_the_connection() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let read = streams(free, |address| {
        let mut client = TcpStream::connect(address).unwrap();
        client.read(&mut [0; 8])
    });
    assert!(matches!(read, Ok(0) | Err(_)));
}

#[test]
fn datagrams_and_their_answers_find_their_way() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let target = server.local_addr().unwrap();
    let port = UdpSocket::bind("127.0.0.1:0").unwrap();
    port.set_nonblocking(true).unwrap();
    let address = port.local_addr().unwrap();
    relayed((port.into(), address), Listening { datagrams: true, target }, |address| {
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.connect(address).unwrap();
        let mut buffer = [0; 16];
        for word in [b"one", b"two"] {
            client.send(word).unwrap();
            let (length, from) = server.recv_from(&mut buffer).unwrap();
            server.send_to(&buffer[..length], from).unwrap();
            let length = client.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..length], word);
        }
    });
}

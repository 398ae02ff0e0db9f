//! The near end of a load: so many connections at once for so long, and one line of figures on standard output.
//!
//! `stream` tells bytes a second as the far end has counted them; `exchange` messages there and back a second, `connect` connections made
//! and answered a second, both with the median and the 99th percentile of how long one took, in nanoseconds.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_linger;

use super::serve::{BLOCK, CONNECT, EXCHANGE, MESSAGE, STREAM};

/// How long anything may take that should take no time.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one connection after another, or one alone, has come to.
#[derive(Debug, Default)]
struct Done {
    bytes: u64,
    /// Nanoseconds each.
    times: Vec<u64>,
}

pub(crate) fn run(address: &str, kind: &str, connections: &str, milliseconds: &str) -> io::Result<()> {
    let address: SocketAddr = address.parse().map_err(io::Error::other)?;
    let connections: usize = connections.parse().map_err(io::Error::other)?;
    let duration = Duration::from_millis(milliseconds.parse().map_err(io::Error::other)?);
    let work = match kind {
        "stream" => stream,
        "exchange" => exchange,
        "connect" => connect,
        _ => return Err(io::Error::other(super::USAGE)),
    };
    let start = Instant::now();
    let end = start + duration;
    let done: Vec<Done> = thread::scope(|scope| {
        let workers: Vec<_> = (0..connections).map(|_| scope.spawn(move || work(address, end))).collect();
        let joined = workers.into_iter().map(|worker| {
            worker.join().unwrap_or_else(|_| Err(io::Error::other("a connection's thread panicked")))
        });
        joined.collect::<io::Result<_>>()
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let bytes: u64 = done.iter().map(|done| done.bytes).sum();
    let mut times: Vec<u64> = done.into_iter().flat_map(|done| done.times).collect();
    times.sort_unstable();
    let rate = if kind == "stream" { bytes as f64 } else { times.len() as f64 } / seconds;
    writeln!(io::stdout(), "{rate:.1} {} {}", percentile(&times, 50), percentile(&times, 99))
}

fn stream(address: SocketAddr, end: Instant) -> io::Result<Done> {
    let mut connection = open(address, STREAM)?;
    let block = vec![0x5a; BLOCK];
    while Instant::now() < end {
        connection.write_all(&block)?;
    }
    connection.shutdown(Shutdown::Write)?;
    let mut received = [0; 8];
    connection.read_exact(&mut received)?;
    Ok(Done { bytes: u64::from_be_bytes(received), times: Vec::new() })
}

fn exchange(address: SocketAddr, end: Instant) -> io::Result<Done> {
    let mut connection = open(address, EXCHANGE)?;
    let (message, mut answer) = ([0x5a; MESSAGE], [0; MESSAGE]);
    let mut done = Done::default();
    let mut before = Instant::now();
    while before < end {
        connection.write_all(&message)?;
        connection.read_exact(&mut answer)?;
        let now = Instant::now();
        done.times.push(nanoseconds(now - before));
        before = now;
    }
    Ok(done)
}

fn connect(address: SocketAddr, end: Instant) -> io::Result<Done> {
    let mut done = Done::default();
    let mut before = Instant::now();
    while before < end {
        let mut connection = open(address, CONNECT)?;
        connection.read_exact(&mut [0])?;
        // Reset at the end: else the ports of connections that are over would run out.
        set_socket_linger(&connection, Some(Duration::ZERO))?;
        drop(connection);
        let now = Instant::now();
        done.times.push(nanoseconds(now - before));
        before = now;
    }
    Ok(done)
}

fn open(address: SocketAddr, kind: u8) -> io::Result<TcpStream> {
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    connection.set_nodelay(true)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.write_all(&[kind])?;
    Ok(connection)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Of sorted times; 0 where there are none.
fn percentile(times: &[u64], percent: usize) -> u64 {
    times.get(times.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let times: Vec<u64> = (1..=101).collect();
        assert_eq!((percentile(&times, 50), percentile(&times, 99), percentile(&[], 50)), (51, 100, 0));
        assert_eq!(percentile(&[7], 99), 7);
    }
}

//! A lookup: files first, then name servers, each name that may be meant, each server in turn.
//! Nothing is kept.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use tokio::time::timeout;

use crate::candidates::candidates;
use crate::hosts;
use crate::message::{Answer, Kind, Question};
use crate::order::sort;
use crate::resolv_conf::Settings;
use crate::server::ask;

/// Finds addresses of names.
#[derive(Debug, Clone)]
pub struct Resolver {
    hosts: PathBuf,
    resolv_conf: PathBuf,
}

/// Why there are no addresses.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// No server knows the name, or the name has no address. The words are those of Go's resolver, which scripts know from Docker.
    #[error("lookup {name}: no such host")]
    NoHost {
        /// The name.
        name: String,
    },
    /// No server answered.
    #[error("lookup {name}: no name server answers")]
    Unanswered {
        /// The name.
        name: String,
        /// What the last one that was asked did.
        #[source]
        source: io::Error,
    },
}

impl Default for Resolver {
    /// One that reads the system's files, at each lookup.
    fn default() -> Self {
        Self { hosts: "/etc/hosts".into(), resolv_conf: "/etc/resolv.conf".into() }
    }
}

impl Resolver {
    /// The addresses of `name`, at least one, in the order to try them in. A name that is an address is that.
    ///
    /// It waits for as long as resolv.conf(5) says, that is, 20 seconds for two servers that are silent and no search list.
    ///
    /// # Errors
    /// [`LookupError`].
    pub async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, LookupError> {
        if let Ok(address) = name.parse() {
            return Ok(vec![address]);
        }
        let known = hosts::addresses(&read(&self.hosts).await, name.trim_end_matches('.'));
        if !known.is_empty() {
            return Ok(sort(known));
        }
        if is_local(name) {
            return Ok(sort(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]));
        }
        self.ask(name).await.map(sort)
    }

    async fn ask(&self, name: &str) -> Result<Vec<IpAddr>, LookupError> {
        let settings = Settings::parse(&read(&self.resolv_conf).await);
        let mut unanswered = None;
        for candidate in candidates(name, &settings) {
            match addresses(&candidate, &settings).await {
                Ok(addresses) if !addresses.is_empty() => return Ok(addresses),
                Ok(_) => {}
                Err(error) => unanswered = Some(error),
            }
        }
        Err(match unanswered {
            Some(source) => LookupError::Unanswered { name: name.to_owned(), source },
            None => LookupError::NoHost { name: name.to_owned() },
        })
    }
}

/// A file that is not there says nothing, as for the C library.
async fn read(path: &PathBuf) -> String {
    String::from_utf8_lossy(&tokio::fs::read(path).await.unwrap_or_default()).into_owned()
}

/// RFC 6761, section 6.3: these never leave the machine.
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// Both kinds of addresses of one full name. One kind is enough when the other cannot be had.
async fn addresses(name: &str, settings: &Settings) -> io::Result<Vec<IpAddr>> {
    let (six, four) = tokio::join!(of_kind(name, Kind::Aaaa, settings), of_kind(name, Kind::A, settings));
    match (six, four) {
        (Ok(mut six), Ok(four)) => {
            six.extend(four);
            Ok(six)
        }
        (Ok(some), Err(_)) | (Err(_), Ok(some)) if !some.is_empty() => Ok(some),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

async fn of_kind(name: &str, kind: Kind, settings: &Settings) -> io::Result<Vec<IpAddr>> {
    let mut last = io::Error::from(io::ErrorKind::InvalidInput);
    for _ in 0..settings.attempts {
        for server in &settings.servers {
            match once(*server, name, kind, settings).await {
                Ok(Answer::Addresses(addresses)) => return Ok(addresses),
                Ok(Answer::NoName) => return Ok(Vec::new()),
                Ok(Answer::Failed(code)) => {
                    last = io::Error::other(format!("{server} refuses with code {code}"));
                }
                Ok(Answer::Cut) => last = io::ErrorKind::InvalidData.into(),
                Err(error) => last = error,
            }
        }
    }
    Err(last)
}

async fn once(server: SocketAddr, name: &str, kind: Kind, settings: &Settings) -> io::Result<Answer> {
    // Unforeseeable, like the port: both have to be guessed by who wants to answer in the server's place.
    let id = (RandomState::new().hash_one(name) >> 16) as u16;
    let question = Question { id, name: name.to_owned(), kind };
    match timeout(settings.timeout, ask(server, &question)).await {
        Ok(answer) => answer,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("{server} is silent"))),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, UdpSocket};

    use super::*;

    #[tokio::test]
    async fn files_come_before_servers() {
        let folder = tempfile::tempdir().unwrap();
        let hosts = folder.path().join("hosts");
        std::fs::write(&hosts, "127.0.0.9 registry.example\n").unwrap();
        let resolver = Resolver { hosts, resolv_conf: folder.path().join("none") };
        let shown = async |name| {
            resolver.lookup(name).await.map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(shown("registry.example").await.unwrap(), ["127.0.0.9"]);
        assert_eq!(shown("10.0.0.1").await.unwrap(), ["10.0.0.1"]);
        assert!(shown("a.localhost").await.unwrap().contains(&"127.0.0.1".to_owned()));
    }

    /// A name server on loopback that answers UDP and TCP as `answer` says.
    async fn server(answer: fn(&[u8], bool) -> Option<Vec<u8>>) -> Settings {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let udp = UdpSocket::bind(address).await.unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
                if let Some(reply) = answer(&buffer[..length], false) {
                    udp.send_to(&[&reply[..1], &reply[1..]].concat(), from).await.unwrap();
                }
            }
        });
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                let length = stream.read_u16().await.unwrap();
                let mut question = vec![0; length.into()];
                stream.read_exact(&mut question).await.unwrap();
                let reply = answer(&question, true).unwrap();
                stream.write_u16(u16::try_from(reply.len()).unwrap()).await.unwrap();
                stream.write_all(&reply).await.unwrap();
            }
        });
        Settings { servers: vec![address], ..Settings::parse("options timeout:1 attempts:1") }
    }

    /// The question with other flags, and with one address of 192.0.2.x where it asks for those.
    fn reply(question: &[u8], flags: u16, last: u8) -> Vec<u8> {
        let mut bytes = question.to_vec();
        bytes[2..4].copy_from_slice(&(0x8000 | flags).to_be_bytes());
        if question[question.len() - 3] == 1 {
            bytes[7] = 1;
            bytes.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, last]);
        }
        bytes
    }

    #[tokio::test]
    async fn a_server_is_asked_for_both_kinds() {
        let settings = server(|question, _| Some(reply(question, 0, 1))).await;
        let found = addresses("registry.example", &settings).await.unwrap();
        assert_eq!(found, ["192.0.2.1".parse::<IpAddr>().unwrap()]);
    }

    #[tokio::test]
    async fn an_answer_that_does_not_fit_comes_over_tcp() {
        let settings =
            server(|question, is_tcp| Some(reply(question, if is_tcp { 0 } else { 0x200 }, 2))).await;
        let found = addresses("registry.example", &settings).await.unwrap();
        assert_eq!(found, ["192.0.2.2".parse::<IpAddr>().unwrap()]);
    }

    #[tokio::test]
    async fn a_server_that_refuses_is_told_and_one_that_knows_no_such_name_is_not_asked_again() {
        let settings = server(|question, _| Some(reply(question, 5, 1))).await;
        let error = addresses("registry.example", &settings).await.unwrap_err();
        assert!(error.to_string().ends_with("refuses with code 5"), "{error}");
        let settings = server(|question, _| Some(reply(question, 3, 1))).await;
        assert!(addresses("registry.example", &settings).await.unwrap().is_empty());
    }
}

//! A host of a test's own: a network namespace in which the program runs, and a neighbour beyond its only way out.

use std::ffi::OsStr;
use std::fs::File;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use corten_journal::FileLock;
use corten_netlink::nft::{Change, NftSocket, Table};
use corten_netlink::{IpPrefix, NetworkNamespace};
use corten_testkit::network::{self, End};
use corten_testkit::{Corten, Outcome};

use crate::setup;

/// The host, as its neighbour sees it.
pub(super) const HOST: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// The host by IPv6 (RFC 3849).
pub(super) const HOST6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
/// The neighbour.
pub(super) const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
/// The neighbour by IPv6.
pub(super) const NEIGHBOUR6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);
/// From where a router says that it is one: it is believed from link-local addresses only (RFC 4861, 6.1.2).
pub(super) const ROUTER: IpPrefix =
    IpPrefix { address: std::net::IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2)), length: 64 };

/// The host's way out.
pub(super) const UPLINK: &str = "uplink";

/// A host on which the image `busybox` is loaded.
pub(super) struct Host {
    /// `None` once it has been removed.
    corten: Option<Corten>,
    /// The host.
    pub(super) namespace: NetworkNamespace,
    /// Somebody for whom the host is the router to everywhere.
    pub(super) neighbour: NetworkNamespace,
}

/// A container that sleeps; what listens in it is the test's.
pub(super) struct Container {
    pub(super) namespace: NetworkNamespace,
    pub(super) ipv4: Ipv4Addr,
    pub(super) ipv6: Option<Ipv6Addr>,
    /// The host, as the container sees it.
    pub(super) gateway: Ipv4Addr,
}

impl Host {
    /// One with addresses and a default route of both versions of IP, or `None` with a line that says why.
    pub(super) fn new() -> Option<Self> {
        let host = Self::without_a_way_out()?;
        host.connect();
        network::route_by(&host.namespace, UPLINK, &[NEIGHBOUR.into(), NEIGHBOUR6.into()]);
        Some(host)
    }

    /// One that is on no network.
    pub(super) fn without_a_way_out() -> Option<Self> {
        let corten = setup::busybox()?;
        let ((namespace, _), (neighbour, _)) =
            (NetworkNamespace::create().unwrap(), NetworkNamespace::create().unwrap());
        // As a machine begins; what a namespace begins with is its maker's.
        network::set(&namespace, "ipv4/ip_forward", "0");
        Some(Self { corten: Some(corten), namespace, neighbour })
    }

    /// Lays the cable to the neighbour.
    pub(super) fn connect(&self) {
        let (host, neighbour) = ((HOST, HOST6), (NEIGHBOUR, NEIGHBOUR6));
        let of =
            |(four, six)| [IpPrefix::new(four as Ipv4Addr, 24), IpPrefix::new(six as Ipv6Addr, 64), ROUTER];
        network::connect(
            End { namespace: &self.namespace, name: UPLINK, addresses: &of(host)[..2] },
            End { namespace: &self.neighbour, name: "eth0", addresses: &of(neighbour) },
        );
        network::route_by(&self.neighbour, "eth0", &[HOST.into(), HOST6.into()]);
    }

    /// The program, which runs where the test does.
    pub(super) fn corten(&self) -> &Corten {
        self.corten.as_ref().unwrap()
    }

    /// Runs something on the host.
    pub(super) fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.namespace.run(work).unwrap()
    }

    /// Runs `corten ARGUMENTS` on the host.
    pub(super) fn run<A: AsRef<OsStr> + Sync>(&self, arguments: &[A]) -> Outcome {
        self.inside(|| self.corten().run(arguments))
    }

    /// Runs `corten ARGUMENTS` on the host, from a shell that has run something of its own before.
    pub(super) fn run_by_shell(&self, script: &str, arguments: &[&str]) -> Outcome {
        let plain = self.corten().command(arguments);
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{script}; exec \"$0\" \"$@\"")).arg(plain.get_program());
        command.args(plain.get_args()).env_clear().stdin(Stdio::null());
        command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = self.inside(|| command.output()).unwrap();
        Outcome::new(format!("{script}; corten {}", arguments.join(" ")), output)
    }

    /// Runs another program on the host.
    #[track_caller]
    pub(super) fn command(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.inside(|| Command::new(program).args(arguments).output()).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{program} {arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Starts a container.
    #[track_caller]
    pub(super) fn container(&self, name: &str, options: &[&str]) -> Container {
        let arguments =
            [&["run", "--detach", "--name", name], options, &["busybox", "sleep", "1000"]].concat();
        self.run(&arguments).success();
        self.find(name)
    }

    /// A container that runs.
    #[track_caller]
    pub(super) fn find(&self, name: &str) -> Container {
        let networks = ".NetworkSettings.Networks.bridge";
        let template = format!(
            "{{{{.State.Pid}}}} {{{{{networks}.IPAddress}}}} {{{{{networks}.Gateway}}}} {{{{{networks}.GlobalIPv6Address}}}}"
        );
        let shown = self.run(&["inspect", "--format", &template, name]).success().line();
        let mut words = shown.split(' ');
        let mut word = || words.next().unwrap_or_default();
        let namespace = File::open(format!("/proc/{}/ns/net", word())).unwrap();
        Container {
            namespace: NetworkNamespace::from(OwnedFd::from(namespace)),
            ipv4: word().parse().unwrap(),
            gateway: word().parse().unwrap(),
            ipv6: word().parse().ok(),
        }
    }

    /// The firewall's table.
    pub(super) fn table(&self) -> Table {
        Table::inet(&self.corten().root().cgroup())
    }

    /// The bridge.
    pub(super) fn bridge(&self) -> String {
        self.corten().root().bridge()
    }

    /// Keeps everybody from changing bridges and the table, as an engine does that changes them itself.
    pub(super) fn hold_network_lock(&self) -> FileLock {
        let path = self.corten().root().run().join("network.lock");
        FileLock::exclusive(&path, Instant::now() + Duration::from_secs(10)).unwrap()
    }

    /// Changes a table of nftables.
    pub(super) fn change(&self, table: &Table, changes: &[Change]) {
        self.inside(|| NftSocket::open()?.commit(table, changes)).unwrap();
    }
}

impl Drop for Host {
    /// The network of the containers is here, and so is what removes it.
    fn drop(&mut self) {
        let Some(corten) = self.corten.take() else { return };
        let has_failed = thread::panicking();
        let removed =
            self.namespace.run(|| std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(corten))));
        if let (Ok(Err(panic)), false) = (removed, has_failed) {
            std::panic::resume_unwind(panic);
        }
    }
}

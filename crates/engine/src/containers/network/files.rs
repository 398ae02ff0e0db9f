//! `hosts`, `hostname` and `resolv.conf` of a container, in its run directory, where it finds them mounted.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use corten_network::files::{ExtraHost, HostNames, Hosts, ResolvConf, Wanted, stands_behind_stub};

use super::mode::NetworkMode;
use super::{Sandbox, record};
use crate::containers::launch_plan::RunFiles;
use crate::containers::{Container, Inner};
use crate::error::EngineError;
use crate::home::make_directory;

const HOSTS: &str = "/etc/hosts";
const HOSTNAME: &str = "/etc/hostname";
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Where systemd-resolved writes the servers that its stub asks.
const BEHIND_STUB: &str = "/run/systemd/resolve/resolv.conf";

impl Inner {
    /// Writes the files, or finds those of the container whose network is shared.
    pub(in crate::containers) fn write_run_files(
        &self,
        container: &Container,
        sandbox: Option<&Sandbox>,
        links: &[HostNames],
    ) -> Result<RunFiles, EngineError> {
        let directory = self.home.run_directory(&container.id);
        make_directory(&directory, 0o700)?;
        if let Some(owner) = self.network_owner(&container.config.host)? {
            return Ok(run_files(&self.home.run_directory(&owner.id), hostname_inside(&owner)?));
        }
        let hostname = hostname_inside(container)?;
        let files = run_files(&directory, hostname.clone());
        let texts = [
            format!("{hostname}\n"),
            self.hosts(container, sandbox, links, &hostname)?,
            resolv_conf(container, sandbox)?,
        ];
        for ((path, _), text) in files.files.iter().zip(texts) {
            write_readable(path, &text)?;
        }
        Ok(files)
    }

    fn hosts(
        &self,
        container: &Container,
        sandbox: Option<&Sandbox>,
        links: &[HostNames],
        hostname: &str,
    ) -> Result<String, EngineError> {
        let host = &container.config.host;
        let base = match NetworkMode::of(host)? {
            NetworkMode::Host => Some(read_host_file(HOSTS)?),
            _ => None,
        };
        let extra: Vec<ExtraHost<'_>> =
            host.extra_hosts.iter().filter_map(|entry| ExtraHost::parse(entry)).collect();
        let gateways = match sandbox {
            Some(sandbox) => sandbox.gateways.clone(),
            None if extra.is_empty() => Vec::new(),
            None => self.default_gateways()?,
        };
        let hosts = Hosts {
            base: base.as_deref(),
            extra: &extra,
            gateways: &gateways,
            links,
            addresses: sandbox.map_or(&[][..], |sandbox| &sandbox.addresses),
            hostname,
            domain: &container.config.domainname,
        };
        hosts.text().map_err(|error| EngineError::Invalid(error.to_string()))
    }

    /// The host on the default network, where there is one.
    fn default_gateways(&self) -> Result<Vec<IpAddr>, EngineError> {
        let Some(row) = self.default_segment_row()? else { return Ok(Vec::new()) };
        Ok(record::segment(&row, 0)?.gateways()?.into_iter().map(|(address, _)| address).collect())
    }
}

fn run_files(directory: &Path, hostname: String) -> RunFiles {
    let files = [("hostname", HOSTNAME), ("hosts", HOSTS), ("resolv.conf", RESOLV_CONF)];
    RunFiles { hostname, files: files.map(|(name, inside)| (directory.join(name), inside)).to_vec() }
}

fn resolv_conf(container: &Container, sandbox: Option<&Sandbox>) -> Result<String, EngineError> {
    let host = &container.config.host;
    let wanted = Wanted { servers: &host.dns, search: &host.dns_search, options: &host.dns_options };
    let mut text = read_host_file(RESOLV_CONF)?;
    let Some(sandbox) = sandbox else {
        let untouched = host.dns.is_empty() && host.dns_search.is_empty() && host.dns_options.is_empty();
        return Ok(if untouched { text } else { ResolvConf::parse(&text).replaced_by(wanted).text() });
    };
    if stands_behind_stub(&text) {
        text = read_host_file(BEHIND_STUB)?;
    }
    let ipv6 = sandbox.addresses.iter().any(IpAddr::is_ipv6);
    Ok(ResolvConf::parse(&text).for_bridge(wanted, ipv6).text())
}

/// The host name that a container's processes see.
pub(crate) fn hostname_inside(container: &Container) -> Result<String, EngineError> {
    let host = &container.config.host;
    let of_the_host = host.uts_mode == "host"
        || (NetworkMode::of(host)? == NetworkMode::Host && container.config.hostname.is_empty());
    if of_the_host {
        Ok(read_host_file("/proc/sys/kernel/hostname")?.trim().to_owned())
    } else {
        Ok(container.hostname())
    }
}

/// A file of the host's; a missing one is empty.
fn read_host_file(path: &str) -> Result<String, EngineError> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(EngineError::ReadFile { path: PathBuf::from(path), source: error })
        }
        text => Ok(text.unwrap_or_default()),
    }
}

/// Files that any user of the container must be able to read, whatever the umask of the command that starts it.
fn write_readable(path: &Path, content: &str) -> Result<(), EngineError> {
    let written =
        fs::write(path, content).and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o644)));
    written.map_err(|source| EngineError::WriteFile { path: path.to_owned(), source })
}

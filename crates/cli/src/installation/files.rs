//! Which files are laid down, and what is in them. Pure.

use std::path::{Path, PathBuf};

use super::group;

/// What is to be installed.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// This program, as the units call it.
    pub(crate) program: PathBuf,
    /// What bash, zsh and fish read to complete its commands.
    pub(crate) completions: [String; 3],
}

/// A file with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) path: PathBuf,
    pub(super) content: String,
}

/// The units that can be enabled; the socket starts the service, the last one the containers that should run.
pub(super) const UNITS: [&str; 3] = ["corten.socket", "corten.service", "corten-boot.service"];

/// Where a machine's own units lie (systemd.unit(5)).
const UNIT_DIRECTORY: &str = "/etc/systemd/system";

/// Where shells look for what did not come in a package.
const COMPLETIONS: [&str; 3] = [
    "/usr/local/share/bash-completion/completions/corten",
    "/usr/local/share/zsh/site-functions/_corten",
    "/usr/local/share/fish/vendor_completions.d/corten.fish",
];

/// Everything; the error is a line for the user.
pub(super) fn items(wanted: &Wanted) -> Result<Vec<Item>, String> {
    let program = command(&wanted.program)?;
    let units = [socket(), service(&program), boot(&program)];
    let units = UNITS.iter().map(|name| format!("{UNIT_DIRECTORY}/{name}")).zip(units);
    let completions = COMPLETIONS.map(str::to_owned).into_iter().zip(wanted.completions.clone());
    Ok(units.chain(completions).map(|(path, content)| Item { path: path.into(), content }).collect())
}

/// The program as the first word of `ExecStart` (systemd.service(5), "command lines").
fn command(program: &Path) -> Result<String, String> {
    let text = program.to_str().filter(|text| text.starts_with('/') && !text.contains(char::is_control));
    let text = text.ok_or_else(|| format!("systemd cannot call `{}`", program.display()))?;
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    Ok(format!("\"{escaped}\""))
}

fn socket() -> String {
    format!(
        "[Unit]
Description=Corten's Engine API

[Socket]
ListenStream=/run/corten/corten.sock
SocketUser=root
SocketGroup={}
SocketMode=0660
# Those of the group have to get to the socket, and need not see what lies beside it.
DirectoryMode=0711
# A socket that nobody listens on would keep the number of a group that may be removed.
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
",
        group::NAME
    )
}

fn service(program: &str) -> String {
    format!(
        "[Unit]
Description=Corten, a container engine
Requires=corten.socket
Wants=network-online.target
After=network-online.target corten.socket

[Service]
Type=notify
ExecStart={program} daemon --host fd://
ExecReload=/bin/kill -s HUP $MAINPID
Restart=always
RestartSec=2
# Containers outlive the daemon.
KillMode=process
Delegate=yes
TasksMax=infinity
LimitNOFILE=1048576
LimitNPROC=infinity
OOMScoreAdjust=-500

[Install]
WantedBy=multi-user.target
"
    )
}

fn boot(program: &str) -> String {
    format!(
        "[Unit]
Description=The containers of Corten that should run
Wants=network-online.target
After=network-online.target remote-fs.target corten.socket

[Service]
Type=oneshot
ExecStart={program} boot
# What fails is tried again for some minutes.
TimeoutStartSec=infinity
# Containers outlive the command.
KillMode=process
Delegate=yes
TasksMax=infinity

[Install]
WantedBy=multi-user.target
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_calls_the_program_wherever_it_lies() {
        assert_eq!(command(Path::new("/usr/bin/corten")).unwrap(), "\"/usr/bin/corten\"");
        assert_eq!(command(Path::new("/a b/100%\"\\$x")).unwrap(), "\"/a b/100%%\\\"\\\\$$x\"");
        assert_eq!(command(Path::new("/a\nb")).unwrap_err(), "systemd cannot call `/a\nb`");
        assert!(command(Path::new("corten")).is_err());
    }
}

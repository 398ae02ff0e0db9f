//! Containers on the default network, as their user meets it.

mod bridge;
mod files;
pub(crate) mod firewall;
mod links;
mod publishing;

use corten_testkit::Corten;

/// A long-lived container, and its IPv4 address.
fn server(corten: &Corten, name: &str, options: &[&str], script: &str) -> String {
    let arguments =
        [&["run", "--detach", "--name", name], options, &["busybox", "sh", "-c", script]].concat();
    corten.run(&arguments).success();
    field(corten, name, "{{.NetworkSettings.IPAddress}}")
}

/// One field of `inspect`.
fn field(corten: &Corten, name: &str, template: &str) -> String {
    corten.run(&["inspect", "--format", template, name]).success().stdout().trim_end().to_owned()
}

//! `info`: what the engine has and can do.

use std::fmt::Display;

use corten_api_types::system::Info;
use corten_spec::size::binary_size;

use super::client_version::ClientVersion;
use crate::failure::{Failure, Outcome, describe};
use crate::flags::Parsed;
use crate::session::Session;
use crate::template::{Document, Format, INFO};

/// Exit code for a template that cannot be read.
const BAD_TEMPLATE: u8 = 64;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let format = parsed.text("format");
    let json = session.client.info().await;
    if !format.is_empty() {
        return formatted(&session, format, &json?);
    }
    let client = ClientVersion::of(&session);
    session.print(&format!(
        "Client:\n Version:    {}\n Context:    {}\n Engine:     {}\n Debug Mode: false\n\nServer:\n",
        client.version,
        client.context,
        session.client.address()
    ))?;
    match json {
        Ok(json) => {
            let info: Info = serde_json::from_slice(&json)
                .map_err(|error| Failure::new(format!("cannot read what the engine tells: {error}")))?;
            session.print(&pretty(&info))?;
            for warning in info.warnings.iter().flatten() {
                session.complain(warning);
            }
            Ok(())
        }
        Err(error) if error.is_unreachable() => Err(error.into()),
        Err(error) => {
            session.complain(&format!("ERROR: {}", describe(&error)));
            Err(Failure::new("errors pretty printing info"))
        }
    }
}

/// The engine's answer with the client's half added, through a template.
fn formatted(session: &Session, format: &str, json: &[u8]) -> Outcome {
    let mut document = Document::default();
    let source = if format == "json" { "{{json .}}" } else { format };
    let format = Format::parse(source, &document)
        .map_err(|why| Failure::with_code(BAD_TEMPLATE, format!("template parsing error: {why}")))?;
    let client = serde_json::json!(ClientVersion::of(session));
    // Inserted as text, so that the engine's fields keep their order.
    let text = String::from_utf8_lossy(json);
    let text = text.trim_end().strip_suffix('}').unwrap_or(&text);
    let both = format!("{text},\"ClientInfo\":{client}}}");
    let data = document.read(both.as_bytes(), INFO).map_err(|error| Failure::new(error.to_string()))?;
    session.line(&format.render(&data).map_err(Failure::new)?)
}

/// Lines of `label: value`, indented as Docker does.
struct Lines(String);

impl Lines {
    fn add(&mut self, label: &str, value: impl Display) {
        self.0.push_str(&format!(" {label}: {value}\n"));
    }

    fn add_text(&mut self, label: &str, value: &str) {
        if !value.is_empty() {
            self.add(label, value);
        }
    }

    fn add_list<'a>(&mut self, label: &str, items: impl IntoIterator<Item = &'a String>) {
        let items: Vec<&String> = items.into_iter().collect();
        if !items.is_empty() {
            self.0.push_str(&format!(" {label}:\n"));
            items.into_iter().for_each(|item| self.0.push_str(&format!("  {item}\n")));
        }
    }
}

fn pretty(info: &Info) -> String {
    let mut lines = Lines(String::new());
    add_counts(&mut lines, info);
    add_runtime(&mut lines, info);
    add_host(&mut lines, info);
    lines.0.push('\n');
    lines.0
}

fn add_counts(lines: &mut Lines, info: &Info) {
    lines.add("Containers", info.containers);
    lines.add(" Running", info.containers_running);
    lines.add(" Paused", info.containers_paused);
    lines.add(" Stopped", info.containers_stopped);
    lines.add("Images", info.images);
    lines.add_text("Server Version", &info.server_version);
    lines.add_text("Storage Driver", &info.driver);
    for [label, value] in info.driver_status.iter().flatten() {
        lines.add(&format!(" {label}"), value);
    }
    lines.add_text("Logging Driver", &info.logging_driver);
    lines.add_text("Cgroup Driver", &info.cgroup_driver);
    lines.add_text("Cgroup Version", &info.cgroup_version);
}

fn add_runtime(lines: &mut Lines, info: &Info) {
    let join = |list: &Option<Vec<String>>| list.as_ref().map(|items| items.join(" ")).unwrap_or_default();
    lines.0.push_str(" Plugins:\n");
    lines.add(" Volume", join(&info.plugins.volume));
    lines.add(" Network", join(&info.plugins.network));
    if info.plugins.authorization.as_ref().is_some_and(|plugins| !plugins.is_empty()) {
        lines.add(" Authorization", join(&info.plugins.authorization));
    }
    lines.add(" Log", join(&info.plugins.log));
    lines.add_list("CDI spec directories", &info.cdi_spec_dirs);
    lines.add("Swarm", &info.swarm.local_node_state);
    if let Some(runtimes) = info.runtimes.as_ref().filter(|runtimes| !runtimes.is_empty()) {
        lines.add("Runtimes", runtimes.keys().cloned().collect::<Vec<_>>().join(" "));
        lines.add("Default Runtime", &info.default_runtime);
    }
    if info.os_type == "linux" {
        lines.add("Init Binary", &info.init_binary);
        lines.add("containerd version", &info.containerd_commit.id);
        lines.add("runc version", &info.runc_commit.id);
        lines.add("init version", &info.init_commit.id);
        add_security(lines, &info.security_options);
    }
}

/// `name=seccomp,profile=builtin` as a name and its profile.
fn add_security(lines: &mut Lines, options: &[String]) {
    if options.is_empty() {
        return;
    }
    lines.0.push_str(" Security Options:\n");
    for option in options {
        for field in option.split(',') {
            match field.split_once('=') {
                Some(("name", name)) => lines.0.push_str(&format!("  {name}\n")),
                Some(("profile", profile)) => lines.0.push_str(&format!("   Profile: {profile}\n")),
                _ => {}
            }
        }
    }
}

fn add_host(lines: &mut Lines, info: &Info) {
    lines.add_text("Kernel Version", &info.kernel_version);
    lines.add_text("Operating System", &info.operating_system);
    lines.add_text("OSType", &info.os_type);
    lines.add_text("Architecture", &info.architecture);
    lines.add("CPUs", info.n_cpu);
    lines.add("Total Memory", binary_size(u64::try_from(info.mem_total).unwrap_or(0)));
    lines.add_text("Name", &info.name);
    lines.add_text("ID", &info.id);
    lines.add("Docker Root Dir", &info.docker_root_dir);
    lines.add("Debug Mode", info.debug);
    if info.debug {
        lines.add(" File Descriptors", info.n_fd);
        lines.add(" Goroutines", info.n_goroutines);
        lines.add(" System Time", &info.system_time);
        lines.add(" EventsListeners", info.n_events_listener);
    }
    lines.add_text("HTTP Proxy", &info.http_proxy);
    lines.add_text("HTTPS Proxy", &info.https_proxy);
    lines.add_text("No Proxy", &info.no_proxy);
    lines.add_list("Labels", &info.labels);
    lines.add("Experimental", info.experimental_build);
    if let Some(registries) = &info.registry_config {
        let named = registries.index_configs.values().filter(|index| !index.secure).map(|index| &index.name);
        lines.add_list("Insecure Registries", named.chain(&registries.insecure_registry_cidrs));
        lines.add_list("Registry Mirrors", registries.mirrors.iter().flatten());
    }
    lines.add("Live Restore Enabled", info.live_restore_enabled);
    lines.add_text("Product License", &info.product_license);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_options_show_their_profile() {
        let mut lines = Lines(String::new());
        add_security(&mut lines, &["name=seccomp,profile=builtin".to_owned(), "name=cgroupns".to_owned()]);
        assert_eq!(lines.0, " Security Options:\n  seccomp\n   Profile: builtin\n  cgroupns\n");
    }
}

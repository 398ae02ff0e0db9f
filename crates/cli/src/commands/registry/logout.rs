//! `logout`: forgets the credentials for a registry.

use crate::docker_config::{DOCKER_HUB, erase, host_of};
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let typed = parsed.arguments.first().map_or("", String::as_str);
    let (shown, names) = match typed {
        "" | "docker.io" => (DOCKER_HUB, vec![DOCKER_HUB.to_owned()]),
        server => {
            let host = host_of(server);
            // Older files have URLs.
            let names =
                [server.to_owned(), host.to_owned(), format!("http://{host}"), format!("https://{host}")];
            (host, names.to_vec())
        }
    };
    session.line(&format!("Removing login credentials for {shown}"))?;
    let failed: Vec<String> = names
        .iter()
        .filter_map(|name| erase(&session, name).err().map(|failure| format!("{name}: {}", failure.message)))
        .collect();
    // Of several names most are not there.
    if failed.len() == names.len() {
        session.complain(&format!("WARNING: could not erase credentials:\n{}", failed.join("\n")));
    }
    Ok(())
}

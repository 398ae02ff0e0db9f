//! The engine inside the command's own process, reached over in-memory streams: the same API as over a socket.

use std::sync::Arc;

use corten_api_client::{Connecting, Connector, Stream};
use corten_api_server::Server;
use corten_daemon::Configuration;
use corten_daemon::configuration::{Document, FileSettings};
use corten_engine::Engine;
use corten_error::chain;
use serde_json::Map;

use crate::engine;

/// Bytes that may be under way in each direction of a connection.
const BUFFER: usize = 256 * 1024;

struct Daemonless {
    server: Arc<Server>,
    address: String,
}

impl Connector for Daemonless {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(async {
            let (client, server) = tokio::io::duplex(BUFFER);
            // A connection that breaks off is the client's to notice: it is in this process.
            tokio::spawn(corten_api_server::serve(server, self.server.clone()));
            Ok(Box::new(client) as Box<dyn Stream>)
        })
    }

    fn address(&self) -> &str {
        &self.address
    }
}

/// Opens the engine of a root.
pub(crate) fn open(options: corten_cli::EngineOptions) -> Result<Arc<dyn Connector>, String> {
    if !rustix::process::geteuid().is_root() {
        return Err("an engine without a daemon needs root for now: run this with sudo".to_owned());
    }
    // What else is wrong with the configuration is told by whoever needs that.
    let configured = match options.root.is_some() && options.run_root.is_some() {
        true => Document::default(),
        false => Configuration::read(None, &Map::new()).map_err(|error| chain(&error))?.document,
    };
    let options = engine::options(options, &configured, FileSettings::default());
    let address = format!("root://{}", options.root.display());
    let engine = Engine::open(options).map_err(|error| chain(&error))?;
    // Who asks is in this process: nobody else has to hear of it.
    let server = Arc::new(Server::new(engine, Arc::new(())));
    Ok(Arc::new(Daemonless { server, address }))
}

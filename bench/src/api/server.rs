//! Engines that answer at a socket: ours, and dockerd.

use std::rc::Rc;
use std::sync::Arc;

use corten_api_client::{Client, UnixSocket};

use crate::contender::{self, Guest};
use crate::daemon::Daemon;
use crate::race::Crew;
use crate::runner::{CommandLine, View};
use crate::workshop::{Workshop, cgroup_home};

/// See the module.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) client: Client,
    /// What containers name as theirs, so that the measurement's are found in the end.
    pub(crate) cgroup_parent: String,
    daemon: Rc<Daemon>,
    /// Where it is, its environment, and what it wants to be told in the end.
    farewell: Option<(View, CommandLine)>,
}

impl Server {
    /// Ours, with the image in its root.
    pub(crate) fn corten(workshop: &Workshop, crew: &mut Crew) -> Result<Server, String> {
        let view = View::Site(Guest::Corten);
        let (program, environment) = contender::corten_loaded(workshop, crew, view)?;
        let socket = workshop.place("corten.sock");
        let flag = |name: &str, place: &str| format!("--{name}={}", workshop.place(place).display());
        let program = program.display().to_string();
        let own = [
            program.clone(),
            "daemon".to_owned(),
            flag("data-root", "engine-root"),
            flag("exec-root", "engine-run"),
            format!("--host=unix://{}", socket.display()),
        ];
        let inside = crew.site(Guest::Corten).map_err(|error| error.to_string())?.inside();
        let words = [inside.as_slice(), &own].concat();
        let log = workshop.place("corten.log");
        let daemon = Daemon::start(&words, &log, || contender::answers(&socket))?;
        let settle = [program, "system".to_owned(), "settle".to_owned()];
        let settle = CommandLine { environment, words: settle.into(), ..CommandLine::default() };
        Ok(Server {
            name: "corten",
            client: Client::new(Arc::new(UnixSocket::new(socket))),
            cgroup_parent: String::new(),
            daemon: Rc::new(daemon),
            farewell: Some((view, settle)),
        })
    }

    /// Debian's dockerd with the image in its storage.
    pub(crate) fn docker(workshop: &Workshop, crew: &mut Crew) -> Result<Server, String> {
        let (daemon, socket) = contender::docker_ready(workshop, crew)?;
        Ok(Server {
            name: "docker",
            client: Client::new(Arc::new(UnixSocket::new(socket))),
            cgroup_parent: cgroup_home(),
            daemon,
            farewell: None,
        })
    }

    /// Proportional, in kB.
    pub(crate) fn memory(&self) -> u64 {
        self.daemon.memory()
    }

    /// Ends it, and what it has running beyond containers.
    pub(crate) fn finish(self, crew: &mut Crew) -> crate::error::Result<()> {
        drop(self.daemon);
        let Some((view, command)) = self.farewell else { return Ok(()) };
        crew.runner(view)?.run(&command).map(drop)
    }
}

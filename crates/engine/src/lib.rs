//! The engine as a library: it opens a root directory and offers services. Whatever another process needs to know is on disk or in
//! the kernel; several engines may have one root open at once.
//!
//! It knows nothing of HTTP, of the Engine API's JSON or of terminals.

mod ahead;
mod budget;
mod clock;
pub mod containers;
mod digest;
mod distribution;
mod embedded;
mod error;
mod events;
mod exec;
mod home;
mod host;
mod images;
mod networks;
mod options;
mod pattern;
mod processes;
mod random;
mod registries;
mod settings;
mod start_failure;
mod system;
mod task;
mod volumes;
mod wake;

use std::sync::Arc;

use corten_content::Content;
use corten_images::Images;
use corten_state::Store;

pub use budget::Warn;
pub use corten_cgroups::{
    BlockIoEntry, BlockIoStats, CpuStats, MemoryStats, PidsStats, Stats as CgroupStats,
};
pub use corten_images::{
    Dropped, HistoryItem, Image, ImageSummary, ImageUsage, LoadOptions, Loaded, Pruned, Pulled, PushStep,
    PushedImage, Removed, SavedImages, Step, StoreUsage,
};
pub use corten_journal::Event;
pub use corten_logs::{Entry as LogEntry, Stream as LogSource, Streams as LogSources};
pub use corten_registry_client::{
    Configuration as RegistryConfiguration, Credentials, FoundRepository, InsecureRegistries, Mirror, Proxies,
};
pub use distribution::{Distribution, ManifestRequest, RemoteImage, RemoteManifest, SearchQuery};
pub use embedded::EmbeddedImage;
pub use error::EngineError;
pub use events::{EventFilter, EventQuery, EventStream};
pub use exec::{ExecAttached, ExecConfig, ExecSession, Execs};
pub use home::MonitorProgram;
pub use host::KernelFacts;
pub use images::{ImageService, ImportRequest, LayerNews, PullImage, PushEvent, PushImage, PushListener};
pub use networks::{Network, NetworkEndpoint, Networks};
pub use options::{EngineOptions, MakeAhead, ReaperCommand};
pub use settings::{ContainerDefaults, Settings};
pub use system::{
    Booted, CgroupVersion, CheckReport, DiskUsage, Problem, RegistryFacts, System, SystemInfo, Upgraded,
    UsageQuery,
};

pub use volumes::{Volume, VolumeCreation, VolumeFilter, VolumeUsage, Volumes, VolumesPruned};

use ahead::Ahead;
use containers::{Containers, Inner, RECRUITS_AHEAD, SANDBOXES_AHEAD};

/// The services of one root. It has no behaviour of its own.
#[derive(Debug, Clone)]
pub struct Engine {
    /// Containers.
    pub containers: Containers,
    /// Exec sessions.
    pub execs: Execs,
    /// Images.
    pub images: ImageService,
    /// Networks.
    pub networks: Networks,
    /// Volumes.
    pub volumes: Volumes,
    /// Registries.
    pub distribution: Distribution,
    /// The engine as a whole.
    pub system: System,
}

impl Engine {
    /// Opens a root, making what is missing.
    ///
    /// # Errors
    /// When a directory cannot be made, the database is damaged or of a newer program, or the host has no control groups.
    pub fn open(options: EngineOptions) -> Result<Self, EngineError> {
        let cgroups = corten_cgroups::Layout::detect()?;
        // First, since it judges the root: nothing is left in one that is not ours.
        let store = Store::open(&options.root)?;
        let home = home::Home::open(&options.root, &options.run_root, options.monitor, &cgroups)?;
        let content = Content::open(&home.root().join("content"))?;
        let inner = Inner {
            images: Images::new(home.root(), store.clone(), content),
            embedded: embedded::EmbeddedImages(options.embedded_images),
            events: events::EventHub::new(home.root()),
            cgroups,
            headroom: corten_journal::Headroom::keep(home.root()),
            reaper: options.reaper,
            registries: registries::Registries::new(Arc::clone(&options.settings)),
            budget: budget::Budget { settings: options.settings, warn: options.warn },
            samplers: tokio::sync::Semaphore::new(containers::SAMPLERS),
            early_clients: std::sync::Mutex::default(),
            sandboxes_ahead: Ahead::new("sandbox", SANDBOXES_AHEAD, options.ahead),
            recruits_ahead: Ahead::new("recruit", RECRUITS_AHEAD, options.ahead),
            store,
            home,
        };
        let containers = Containers { inner: Arc::new(inner) };
        Ok(Self {
            execs: Execs::new(containers.clone()),
            images: ImageService::new(containers.clone()),
            networks: Networks::new(containers.clone()),
            volumes: Volumes::new(containers.clone()),
            distribution: Distribution::new(containers.clone()),
            system: System::new(containers.clone()),
            containers,
        })
    }

    /// Has the settings read again.
    pub fn reload(&self) {
        self.containers.inner.registries.reload();
    }

    /// Follows what happens, in this and in every other process.
    ///
    /// # Errors
    /// When the event file cannot be read.
    pub fn events(&self, query: EventQuery) -> Result<EventStream, EngineError> {
        EventStream::open(self.containers.inner.home.root(), query)
    }
}

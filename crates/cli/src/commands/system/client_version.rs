//! What the client tells of itself.

use corten_api_types::API_VERSION;
use corten_spec::platform::Platform;

use crate::contexts;
use crate::output::ansi_c;
use crate::session::Session;

/// The client's half of `version` and `info`.
#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ClientVersion {
    pub(super) version: String,
    pub(super) api_version: String,
    #[serde(rename = "DefaultAPIVersion")]
    pub(super) default_api_version: String,
    pub(super) git_commit: String,
    pub(super) go_version: String,
    pub(super) os: String,
    pub(super) arch: String,
    pub(super) build_time: String,
    pub(super) context: String,
}

impl ClientVersion {
    pub(super) fn of(session: &Session) -> Self {
        Self {
            version: session.build.version.to_owned(),
            api_version: session.client.version().to_string(),
            default_api_version: API_VERSION.to_string(),
            git_commit: session.build.commit.to_owned(),
            // There is no Go in this program; the field is one that scripts may ask for.
            go_version: String::new(),
            os: "linux".to_owned(),
            arch: Platform::host_architecture().to_owned(),
            build_time: ansi_c(session.build.time),
            context: contexts::current(session),
        }
    }
}

//! What containers inherit from an image, as `GET /images/{name}/json` shows it.

use std::collections::{BTreeMap, BTreeSet};

use corten_api_types::container::Empty;
use corten_api_types::image::{ImageConfig, LegacyImageConfig};
use corten_api_types::{ApiVersion, v1};
use corten_spec::image::ContainerConfig;

/// Docker shows an empty list as `null`, or not at all.
pub(crate) fn image_config(config: &ContainerConfig, version: ApiVersion) -> ImageConfig {
    ImageConfig {
        user: config.user.clone(),
        exposed_ports: set(&config.exposed_ports),
        env: filled(&config.env),
        entrypoint: config.entrypoint.clone(),
        cmd: config.cmd.clone(),
        volumes: set(&config.volumes),
        working_dir: config.working_dir.clone(),
        labels: Some(config.labels.clone()).filter(|labels| !labels.is_empty()),
        stop_signal: config.stop_signal.clone().unwrap_or_default(),
        args_escaped: config.args_escaped,
        on_build: filled(&config.on_build),
        shell: config.shell.clone(),
        legacy: (version < v1(50)).then(LegacyImageConfig::default),
        ..ImageConfig::default()
    }
}

fn set(names: &BTreeSet<String>) -> Option<BTreeMap<String, Empty>> {
    (!names.is_empty()).then(|| names.iter().map(|name| (name.clone(), Empty {})).collect())
}

fn filled(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}

#[cfg(test)]
mod tests {
    use corten_api_types::v1;
    use corten_spec::image::ContainerConfig;

    use super::image_config;

    #[test]
    fn fields_of_containers_were_shown_of_images_before_1_50() {
        let config = ContainerConfig { cmd: Some(vec!["sh".to_owned()]), ..ContainerConfig::default() };
        let shown = |minor| serde_json::to_string(&image_config(&config, v1(minor))).unwrap();
        let now = r#""Cmd":["sh"],"Entrypoint":null,"Env":null,"Labels":null,"OnBuild":null,"User":"","Volumes":null,"WorkingDir":"""#;
        assert_eq!(shown(50), format!("{{{now}}}"));
        let legacy = r#""AttachStderr":false,"AttachStdin":false,"AttachStdout":false,"Domainname":"","Hostname":"","Image":"","OpenStdin":false,"StdinOnce":false,"Tty":false"#;
        assert_eq!(shown(49), format!("{{{now},{legacy}}}"));
    }
}

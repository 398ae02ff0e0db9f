//! `system df`: what takes room on the disk.
//!
//! The engine's own files have a row that Docker does not have, where the engine tells: so that the rows together are what `du` tells.

use std::sync::Arc;

use corten_api_types::container;
use corten_api_types::system::DiskUsage;
use corten_api_types::volume::UsageData;
use corten_spec::size::human_size_with;
use gotmpl::Value;

use crate::commands::container::ps;
use crate::commands::image::{images, names};
use crate::commands::volume;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::{Row, Table};
use crate::session::Session;
use crate::template::Headers;

const TABLE: &str = r"table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}";

const HEADERS: Headers = &[
    ("Type", "TYPE"),
    ("TotalCount", "TOTAL"),
    ("Active", "ACTIVE"),
    ("Size", "SIZE"),
    ("Reclaimable", "RECLAIMABLE"),
    ("Bytes", "BYTES"),
];

const IMAGES: &str = r"table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}";
const CONTAINERS: &str = r"table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}";

const VOLUMES: &str = r"table {{.Name}}\t{{.Links}}\t{{.Size}}";

/// Without builds there is nothing below it.
const CACHE: &str = "CACHE ID   CACHE TYPE   SIZE      CREATED   LAST USED   USAGE     SHARED";

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let format = parsed.text("format");
    if parsed.is_on("verbose") && !matches!(format, "" | "table") {
        return Err(Failure::new("--format together with --verbose is not built yet"));
    }
    let usage = session.client.disk_usage().await?;
    let text = if parsed.is_on("verbose") { verbose(&usage) } else { summary(&usage, format) };
    session.print(&text.map_err(Failure::new)?)
}

/// A line of the summary.
struct Kind {
    name: &'static str,
    total: usize,
    active: usize,
    size: i64,
    reclaimable: i64,
    /// Whether Docker tells how much of all that is.
    has_share: bool,
}

fn summary(usage: &DiskUsage, format: &str) -> Result<String, String> {
    let format = if matches!(format, "" | "table") { TABLE } else { format };
    let none = |name, has_share| Kind { name, total: 0, active: 0, size: 0, reclaimable: 0, has_share };
    let mut kinds =
        vec![images_kind(usage), containers_kind(usage), volumes_kind(usage), none("Build Cache", false)];
    if usage.engine_size > 0 {
        kinds.push(Kind { size: usage.engine_size, ..none("Engine", false) });
    }
    Table { format: format.to_owned(), headers: HEADERS }.render(kinds.iter().map(Kind::row))
}

fn images_kind(usage: &DiskUsage) -> Kind {
    let images = usage.images.as_deref().unwrap_or_default();
    let active = images.iter().filter(|image| image.containers > 0);
    // As Docker counts: what containers' images alone have cannot be reclaimed.
    let used: i64 = active.clone().map(|image| image.size - image.shared_size).sum();
    Kind {
        name: "Images",
        total: images.len(),
        active: active.count(),
        size: usage.layers_size,
        reclaimable: usage.layers_size - used,
        has_share: true,
    }
}

fn containers_kind(usage: &DiskUsage) -> Kind {
    let containers = usage.containers.as_deref().unwrap_or_default();
    let is_active = |container: &&container::Summary| {
        ["running", "paused", "restarting"].contains(&container.state.as_str())
    };
    let size: i64 = containers.iter().map(|container| container.size_rw).sum();
    let used: i64 = containers.iter().filter(is_active).map(|container| container.size_rw).sum();
    Kind {
        name: "Containers",
        total: containers.len(),
        active: containers.iter().filter(is_active).count(),
        size,
        reclaimable: size - used,
        has_share: true,
    }
}

fn volumes_kind(usage: &DiskUsage) -> Kind {
    let volumes = || usage.volumes.iter().flatten().filter_map(|volume| volume.usage_data);
    let is_active = |usage: &UsageData| usage.ref_count > 0;
    Kind {
        name: "Local Volumes",
        total: usage.volumes.as_ref().map_or(0, Vec::len),
        active: volumes().filter(is_active).count(),
        size: volumes().map(|usage| usage.size).sum(),
        reclaimable: volumes().filter(|usage| !is_active(usage)).map(|usage| usage.size).sum(),
        has_share: true,
    }
}

impl Kind {
    fn row(&self) -> Row {
        let reclaimable = match self.size {
            1.. if self.has_share => {
                format!("{} ({}%)", human(self.reclaimable), self.reclaimable * 100 / self.size)
            }
            _ => human(self.reclaimable),
        };
        let fields = [
            ("Type", self.name.to_owned()),
            ("TotalCount", self.total.to_string()),
            ("Active", self.active.to_string()),
            ("Size", human(self.size)),
            ("Reclaimable", reclaimable),
            // Docker has no such field.
            ("Bytes", self.size.to_string()),
        ];
        fields.into_iter().map(|(name, text)| (Arc::from(name), Value::String(Arc::from(text)))).collect()
    }
}

fn verbose(usage: &DiskUsage) -> Result<String, String> {
    let images = usage.images.as_deref().unwrap_or_default();
    let rows = images.iter().flat_map(|image| {
        let names = names::rows(image, false, false);
        names.into_iter().map(move |name| images::row(image, name, true))
    });
    let images = Table { format: IMAGES.to_owned(), headers: images::HEADERS }.render(rows)?;
    let rows = usage.containers.iter().flatten().map(|container| ps::row(container, true));
    let containers = Table { format: CONTAINERS.to_owned(), headers: ps::HEADERS }.render(rows)?;
    let rows = usage.volumes.iter().flatten().map(volume::ls::row);
    let volumes = Table { format: VOLUMES.to_owned(), headers: volume::ls::HEADERS }.render(rows)?;
    let mut text = format!(
        "Images space usage:\n\n{images}\nContainers space usage:\n\n{containers}\n\
         Local Volumes space usage:\n\n{volumes}\nBuild cache usage: 0B\n\n{CACHE}\n"
    );
    if usage.engine_size > 0 {
        text.push_str(&format!("\nEngine space usage: {}\n", human(usage.engine_size)));
    }
    Ok(text)
}

fn human(bytes: i64) -> String {
    human_size_with(u64::try_from(bytes).unwrap_or(0), 4)
}

#[cfg(test)]
mod tests {
    use corten_api_types::image;
    use expect_test::expect;

    use super::*;

    fn usage() -> DiskUsage {
        let image = |name: &str, size, shared_size, containers| image::Summary {
            id: "sha256:0123456789abcdef".to_owned(),
            repo_tags: vec![name.to_owned()],
            size,
            shared_size,
            containers,
            ..image::Summary::default()
        };
        let container = |state: &str, size_rw| container::Summary {
            state: state.to_owned(),
            size_rw,
            ..container::Summary::default()
        };
        DiskUsage {
            layers_size: 10_000_000,
            images: Some(vec![image("a:1", 6_000_000, 2_000_000, 1), image("b:1", 6_000_000, 2_000_000, 0)]),
            containers: Some(vec![container("running", 30_000), container("exited", 10_000)]),
            engine_size: 1_500_000,
            ..DiskUsage::default()
        }
    }

    #[test]
    fn the_table_is_dockers_with_a_row_for_the_engine() {
        expect![[r#"
            TYPE            TOTAL     ACTIVE    SIZE      RECLAIMABLE
            Images          2         1         10MB      6MB (60%)
            Containers      2         1         40kB      10kB (25%)
            Local Volumes   0         0         0B        0B
            Build Cache     0         0         0B        0B
            Engine          0         0         1.5MB     0B
        "#]]
        .assert_eq(&summary(&usage(), "").unwrap());
        assert_eq!(
            summary(&DiskUsage::default(), "{{.Type}} {{.Reclaimable}}").unwrap(),
            "Images 0B\nContainers 0B\nLocal Volumes 0B\nBuild Cache 0B\n"
        );
    }

    #[test]
    fn verbosely_each_image_tells_what_it_shares() {
        let text = verbose(&usage()).unwrap();
        let lines: Vec<Vec<&str>> =
            text.lines().map(|line| line.split("   ").map(str::trim).collect()).collect();
        let row = lines.iter().find(|line| line[0] == "a").unwrap();
        assert!(["6MB", "2MB", "4MB", "1"].iter().all(|cell| row.contains(cell)), "{row:?}");
    }
}

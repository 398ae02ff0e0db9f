//! `ps`: lists containers.

use std::sync::Arc;

use corten_api_client::ListQuery;
use corten_api_types::Filters;
use corten_api_types::container::Summary;
use corten_spec::reference::Reference;
use corten_spec::size::human_size;
use gotmpl::Value;

use super::ports;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::{Row, Table, ago, ellipsis, go_string, labelled_row, short_id};
use crate::session::Session;
use crate::template::{Headers, quote};

const TABLE: &str =
    r"table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";

const RAW: &str = r"container_id: {{.ID}}
image: {{.Image}}
command: {{.Command}}
created_at: {{.CreatedAt}}
state: {{- pad .State 1 0}}
status: {{- pad .Status 1 0}}
names: {{.Names}}
labels: {{- pad .Labels 1 0}}
ports: {{- pad .Ports 1 0}}
";

pub(crate) const HEADERS: Headers = &[
    ("ID", "CONTAINER ID"),
    ("Names", "NAMES"),
    ("Image", "IMAGE"),
    ("Command", "COMMAND"),
    ("CreatedAt", "CREATED AT"),
    ("RunningFor", "CREATED"),
    ("Ports", "PORTS"),
    ("State", "STATE"),
    ("Status", "STATUS"),
    ("Size", "SIZE"),
    ("Labels", "LABELS"),
    ("Mounts", "MOUNTS"),
    ("LocalVolumes", "LOCAL VOLUMES"),
    ("Networks", "NETWORKS"),
    ("Platform", "PLATFORM"),
];

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let (format, quiet) = (parsed.text("format"), parsed.is_on("quiet"));
    if !format.is_empty() && quiet {
        session.complain("WARNING: Ignoring custom format, because both --format and --quiet are set.");
    }
    let mut query = ListQuery {
        all: parsed.is_on("all"),
        limit: parsed.integer("last"),
        size: parsed.is_on("size"),
        filters: filters(parsed.list("filter")),
    };
    if parsed.is_on("latest") && query.limit == -1 {
        query.limit = 1;
    }
    // Sizes take long: a template that shows them asks for them, unless --size says otherwise.
    if !quiet && !parsed.is_given("size") && format.contains(".Size") {
        query.size = true;
    }
    let table = Table { format: choose_format(format, quiet, query.size), headers: HEADERS };
    let containers = session.client.container_list(&query).await?;
    let shorten = !parsed.is_on("no-trunc");
    let text = table.render(containers.iter().map(|container| row(container, shorten)));
    session.print(&text.map_err(Failure::new)?)
}

/// `--filter` values: keys are in lower case, values without blanks around them.
pub(crate) fn filters(texts: &[String]) -> Filters {
    let mut filters = Filters::default();
    for (key, value) in texts.iter().filter_map(|text| text.split_once('=')) {
        filters.add(&key.trim().to_lowercase(), value.trim());
    }
    filters
}

fn choose_format(format: &str, quiet: bool, size: bool) -> String {
    match (format, quiet) {
        ("raw", true) => "container_id: {{.ID}}".to_owned(),
        ("raw", false) => format!("{RAW}{}", if size { "size: {{.Size}}\n" } else { "" }),
        (_, true) => "{{.ID}}".to_owned(),
        ("" | "table", false) => format!("{TABLE}{}", if size { r"\t{{.Size}}" } else { "" }),
        (format, false) => format.to_owned(),
    }
}

pub(crate) fn row(container: &Summary, shorten: bool) -> Row {
    let id = if shorten { short_id(&container.id) } else { &container.id };
    let command = if shorten { ellipsis(&container.command, 20) } else { container.command.clone() };
    let networks: Vec<String> =
        container.network_settings.iter().flat_map(|settings| settings.networks.keys().cloned()).collect();
    let local = container.mounts.iter().filter(|mount| mount.driver == "local").count();
    let fields = [
        ("ID", id.to_owned()),
        ("Names", names(container, shorten)),
        ("Image", image(container, shorten)),
        ("Command", quote(&command)),
        ("CreatedAt", go_string(container.created)),
        ("RunningFor", ago(container.created)),
        ("Ports", ports::show(&container.ports)),
        ("State", container.state.clone()),
        ("Status", container.status.clone()),
        ("Size", size(container)),
        ("Mounts", mounts(container, shorten)),
        ("LocalVolumes", local.to_string()),
        ("Networks", networks.join(",")),
    ];
    let mut row = labelled_row(fields, &container.labels);
    row.insert(Arc::from("Platform"), platform(container));
    row
}

/// Without the slash; of several names the one that is not a link's.
fn names(container: &Summary, shorten: bool) -> String {
    let names: Vec<&str> =
        container.names.iter().map(|name| name.strip_prefix('/').unwrap_or(name)).collect();
    match names.iter().find(|name| !name.contains('/')) {
        Some(name) if shorten => (*name).to_owned(),
        _ => names.join(","),
    }
}

fn image(container: &Summary, shorten: bool) -> String {
    let image = &container.image;
    if image.is_empty() {
        return "<no image>".to_owned();
    }
    if !shorten {
        return image.clone();
    }
    if short_id(&container.image_id) == short_id(image) {
        return short_id(image).to_owned();
    }
    match Reference::parse(image) {
        // The digest is cut off.
        Ok(reference) => match reference.tag().map(str::to_owned) {
            Some(tag) => format!("{}:{tag}", reference.familiar_name()),
            None => reference.familiar_name(),
        },
        Err(_) => image.clone(),
    }
}

fn size(container: &Summary) -> String {
    let human = |bytes: i64| human_size(u64::try_from(bytes).unwrap_or(0));
    match container.size_root_fs {
        1.. => format!("{} (virtual {})", human(container.size_rw), human(container.size_root_fs)),
        _ => human(container.size_rw),
    }
}

fn mounts(container: &Summary, shorten: bool) -> String {
    let names = container.mounts.iter().map(|mount| {
        let name = if mount.name.is_empty() { &mount.source } else { &mount.name };
        if shorten { ellipsis(name, 15) } else { name.clone() }
    });
    names.collect::<Vec<_>>().join(",")
}

fn platform(container: &Summary) -> Value {
    let platform =
        container.image_manifest_descriptor.as_ref().and_then(|descriptor| descriptor.get("platform"));
    let Some(platform) = platform else { return Value::Nil };
    let part = |name: &str| platform.get(name).and_then(serde_json::Value::as_str);
    let parts: Vec<&str> = ["os", "architecture", "variant"].into_iter().filter_map(part).collect();
    Value::String(Arc::from(parts.join("/")))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn container() -> Summary {
        serde_json::from_str(
            r#"{"Id":"0123456789abcdef","Names":["/web","/other/link"],"Image":"docker.io/library/alpine:3@sha256:0000000000000000000000000000000000000000000000000000000000000000",
            "ImageID":"sha256:ff","Command":"sleep 1000000000000000","Created":0,"Ports":[{"PrivatePort":80,"Type":"tcp"}],
            "Labels":{"b":"2","a.c-d":"1"},"State":"running","Status":"Up 2 hours","HostConfig":{},
            "NetworkSettings":{"Networks":{"none":{}}},"Mounts":[{"Type":"bind","Source":"/a/very/long/path/indeed"}]}"#,
        )
        .unwrap()
    }

    fn render(format: &str, shorten: bool) -> String {
        let table = Table { format: choose_format(format, false, false), headers: HEADERS };
        table.render([row(&container(), shorten)]).unwrap()
    }

    #[test]
    fn fields_are_shortened_for_a_table() {
        expect![[r#"
            CONTAINER ID   IMAGE      COMMAND                  STATUS       PORTS     NAMES     MOUNTS
            0123456789ab   alpine:3   "sleep 1000000000000…"   Up 2 hours   80/tcp    web       /a/very/long/p…
        "#]]
        .assert_eq(&render(
            r"table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}\t{{.Mounts}}",
            true,
        ));
        assert_eq!(render("{{.ID}} {{.Names}}", false), "0123456789abcdef web,other/link\n");
    }

    #[test]
    fn labels_can_be_asked_for_one_by_one() {
        assert_eq!(render(r#"{{.Labels}} {{.Label "b"}}{{.Label "x"}}"#, true), "a.c-d=1,b=2 2\n");
        assert_eq!(render(r#"table {{.Label "a.c-d"}}"#, true), "c d\n1\n");
    }

    #[test]
    fn json_has_every_field_but_functions() {
        let json: serde_json::Value = serde_json::from_str(&render("json", true)).unwrap();
        assert_eq!(json["LocalVolumes"], "0");
        assert_eq!(json["Platform"], serde_json::Value::Null);
        assert_eq!(json.as_object().unwrap().len(), 15);
    }
}

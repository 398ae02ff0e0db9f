//! `images`: lists images.

use std::sync::Arc;

use corten_api_types::image::Summary;
use corten_spec::size::{human_size, human_size_with};
use gotmpl::Value;

use super::names::{self, Name};
use crate::commands::container::ps::filters;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::{Row, Table, ago, go_string, short_id};
use crate::session::Session;
use crate::template::Headers;

pub(crate) const HEADERS: Headers = &[
    ("ID", "IMAGE ID"),
    ("Repository", "REPOSITORY"),
    ("Tag", "TAG"),
    ("Digest", "DIGEST"),
    ("CreatedSince", "CREATED"),
    ("CreatedAt", "CREATED AT"),
    ("Size", "SIZE"),
    ("Containers", "CONTAINERS"),
    ("VirtualSize", "SIZE"),
    ("SharedSize", "SHARED SIZE"),
    ("UniqueSize", "UNIQUE SIZE"),
];

/// Commands below `image` that somebody may have meant with `images NAME`.
const SUBCOMMANDS: [&str; 13] = [
    "build", "history", "import", "inspect", "list", "load", "ls", "prune", "pull", "push", "rm", "save",
    "tag",
];

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let mut filters = filters(parsed.list("filter"));
    let wanted = parsed.arguments.first();
    if let Some(name) = wanted {
        filters.add("reference", name);
    }
    let images = session.client.image_list(parsed.is_on("all"), &filters).await?;
    let digests = parsed.is_on("digests");
    let format = choose_format(parsed.text("format"), parsed.is_on("quiet"), digests);
    let need_digests = digests || format.contains("{{.Digest}}");
    let shorten = !parsed.is_on("no-trunc");
    let rows = images.iter().flat_map(|image| {
        let names = names::rows(image, digests, need_digests);
        names.into_iter().map(move |name| row(image, name, shorten))
    });
    let text = Table { format, headers: HEADERS }.render(rows);
    session.print(&text.map_err(Failure::new)?)?;
    if let Some(name) = wanted
        && images.is_empty()
        && session.called.ends_with(" images")
        && SUBCOMMANDS.contains(&name.as_str())
    {
        let program = &session.program;
        session.complain(&format!(
            "\nNo images found matching {name:?}: did you mean \"{program} image {name}\"?"
        ));
    }
    Ok(())
}

fn choose_format(format: &str, quiet: bool, digests: bool) -> String {
    let digest = |text: &'static str| if digests { text } else { "" };
    match format {
        "" | "table" if quiet => "{{.ID}}".to_owned(),
        "" | "table" => format!(
            "table {{{{.Repository}}}}\\t{{{{.Tag}}}}{}\\t{{{{.ID}}}}\\t{{{{if .CreatedSince }}}}{{{{.CreatedSince}}}}{{{{else}}}}N/A{{{{end}}}}\\t{{{{.Size}}}}",
            digest("\\t{{.Digest}}")
        ),
        "raw" if quiet => "image_id: {{.ID}}".to_owned(),
        "raw" => format!(
            "repository: {{{{ .Repository }}}}\ntag: {{{{.Tag}}}}\n{}image_id: {{{{.ID}}}}\ncreated_at: {{{{.CreatedAt}}}}\nvirtual_size: {{{{.Size}}}}\n",
            digest("digest: {{.Digest}}\n")
        ),
        table if table.starts_with("table") && digests && !table.contains("{{.Digest}}") => {
            format!("{table}\t{{{{.Digest}}}}")
        }
        format => format.to_owned(),
    }
}

pub(crate) fn row(image: &Summary, name: Name, shorten: bool) -> Row {
    let size = |bytes: i64| human_size_with(u64::try_from(bytes).unwrap_or(0), 4);
    let counted = |count: i64, text: String| if count == -1 { "N/A".to_owned() } else { text };
    let fields = [
        ("ID", if shorten { short_id(&image.id).to_owned() } else { image.id.clone() }),
        ("Repository", name.repository),
        ("Tag", name.tag),
        ("Digest", name.digest),
        ("CreatedSince", ago(image.created)),
        ("CreatedAt", go_string(image.created)),
        ("Size", human_size(u64::try_from(image.size).unwrap_or(0))),
        ("Containers", counted(image.containers, image.containers.to_string())),
        ("VirtualSize", size(image.size)),
        ("SharedSize", counted(image.shared_size, size(image.shared_size))),
        ("UniqueSize", counted(image.shared_size, size(image.size - image.shared_size))),
    ];
    fields.into_iter().map(|(name, text)| (Arc::from(name), Value::String(Arc::from(text)))).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn render(format: &str, quiet: bool, digests: bool) -> String {
        let image = Summary {
            id: "sha256:0123456789abcdef".to_owned(),
            repo_tags: vec!["alpine:3".to_owned()],
            size: 7_834_567,
            containers: -1,
            shared_size: -1,
            ..Summary::default()
        };
        let rows = names::rows(&image, digests, digests).into_iter().map(|name| row(&image, name, true));
        Table { format: choose_format(format, quiet, digests), headers: HEADERS }.render(rows).unwrap()
    }

    #[test]
    fn the_table_is_dockers() {
        let table = render("", false, true).replace(&ago(0), "56 years ago");
        expect![[r#"
            REPOSITORY   TAG       DIGEST    IMAGE ID       CREATED        SIZE
            alpine       3         <none>    0123456789ab   56 years ago   7.83MB
        "#]]
        .assert_eq(&table);
        assert_eq!(render("", true, false), "0123456789ab\n");
    }

    #[test]
    fn what_was_not_counted_is_not_shown() {
        assert_eq!(
            render("{{.Containers}} {{.SharedSize}} {{.UniqueSize}} {{.VirtualSize}}", false, false),
            "N/A N/A N/A 7.835MB\n"
        );
    }
}

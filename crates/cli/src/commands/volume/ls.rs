//! `volume ls`: lists volumes.

use corten_api_types::volume::Volume;
use corten_spec::size::human_size_with;

use crate::commands::container::ps::filters;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::{Row, Table, labelled_row, natural};
use crate::session::Session;
use crate::template::Headers;

const TABLE: &str = r"table {{.Driver}}\t{{.Name}}";

const RAW: &str = r"name: {{.Name}}\ndriver: {{.Driver}}\n";

pub(crate) const HEADERS: Headers = &[
    ("Name", "VOLUME NAME"),
    ("Driver", "DRIVER"),
    ("Scope", "SCOPE"),
    ("Mountpoint", "MOUNTPOINT"),
    ("Labels", "LABELS"),
    ("Links", "LINKS"),
    ("Size", "SIZE"),
    ("Availability", "AVAILABILITY"),
    ("Group", "GROUP"),
    ("Status", "STATUS"),
];

/// What Docker shows of what is not known, or is none.
const NOTHING: &str = "N/A";

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let format = choose_format(parsed.text("format"), parsed.is_on("quiet"));
    let mut volumes = session.client.volume_list(&filters(parsed.list("filter"))).await?.volumes;
    volumes.sort_by_key(|volume| natural(&volume.name));
    let table = Table { format, headers: HEADERS };
    session.print(&table.render(volumes.iter().map(row)).map_err(Failure::new)?)
}

fn choose_format(format: &str, quiet: bool) -> String {
    match (format, quiet) {
        ("raw", true) => "name: {{.Name}}".to_owned(),
        ("raw", false) => RAW.to_owned(),
        ("" | "table", true) => "{{.Name}}".to_owned(),
        ("" | "table", false) => TABLE.to_owned(),
        (format, _) => format.to_owned(),
    }
}

pub(crate) fn row(volume: &Volume) -> Row {
    let labels = volume.labels.clone().unwrap_or_default();
    let usage = volume.usage_data;
    let size = |bytes: i64| human_size_with(u64::try_from(bytes).unwrap_or(0), 4);
    let fields = [
        ("Name", volume.name.clone()),
        ("Driver", volume.driver.clone()),
        ("Scope", volume.scope.clone()),
        ("Mountpoint", volume.mountpoint.clone()),
        ("Links", usage.map_or_else(|| NOTHING.to_owned(), |usage| usage.ref_count.to_string())),
        ("Size", usage.map_or_else(|| NOTHING.to_owned(), |usage| size(usage.size))),
        ("Availability", NOTHING.to_owned()),
        ("Group", NOTHING.to_owned()),
        ("Status", NOTHING.to_owned()),
    ];
    labelled_row(fields, &labels)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn volume(name: &str) -> Volume {
        Volume {
            name: name.to_owned(),
            driver: "local".to_owned(),
            scope: "local".to_owned(),
            mountpoint: format!("/v/{name}/_data"),
            labels: Some([("a".to_owned(), "1".to_owned())].into()),
            ..Volume::default()
        }
    }

    fn render(format: &str, quiet: bool) -> String {
        let table = Table { format: choose_format(format, quiet), headers: HEADERS };
        table.render([volume("data")].iter().map(row)).unwrap()
    }

    #[test]
    fn the_table_is_dockers() {
        expect![[r#"
            DRIVER    VOLUME NAME
            local     data
        "#]]
        .assert_eq(&render("", false));
        assert_eq!(render("", true), "data\n");
        assert_eq!(render("raw", false), "name: data\ndriver: local\n\n");
        assert_eq!(
            render("json", false),
            "{\"Availability\":\"N/A\",\"Driver\":\"local\",\"Group\":\"N/A\",\"Labels\":\"a=1\",\"Links\":\"N/A\",\
             \"Mountpoint\":\"/v/data/_data\",\"Name\":\"data\",\"Scope\":\"local\",\"Size\":\"N/A\",\"Status\":\"N/A\"}\n"
        );
    }
}

//! `network ls`: lists networks.

use corten_api_types::network::Network;

use crate::commands::container::ps::filters;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::{Row, Table, labelled_row, natural, short_id};
use crate::session::Session;
use crate::template::Headers;

const TABLE: &str = r"table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}";

const RAW: &str = r"network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n";

const HEADERS: Headers = &[
    ("ID", "NETWORK ID"),
    ("Name", "NAME"),
    ("Driver", "DRIVER"),
    ("Scope", "SCOPE"),
    ("IPv4", "IPV4"),
    ("IPv6", "IPV6"),
    ("Internal", "INTERNAL"),
    ("Labels", "LABELS"),
    ("CreatedAt", "CREATED AT"),
];

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let format = choose_format(parsed.text("format"), parsed.is_on("quiet"));
    let mut networks = session.client.network_list(&filters(parsed.list("filter"))).await?;
    networks.sort_by_key(|network| natural(&network.name));
    let whole = parsed.is_on("no-trunc");
    let table = Table { format, headers: HEADERS };
    session.print(&table.render(networks.iter().map(|network| row(network, whole))).map_err(Failure::new)?)
}

fn choose_format(format: &str, quiet: bool) -> String {
    match (format, quiet) {
        ("raw", true) => "network_id: {{.ID}}".to_owned(),
        ("raw", false) => RAW.to_owned(),
        ("" | "table", true) => "{{.ID}}".to_owned(),
        ("" | "table", false) => TABLE.to_owned(),
        (format, _) => format.to_owned(),
    }
}

fn row(network: &Network, whole: bool) -> Row {
    let fields = [
        ("ID", if whole { network.id.clone() } else { short_id(&network.id).to_owned() }),
        ("Name", network.name.clone()),
        ("Driver", network.driver.clone()),
        ("Scope", network.scope.clone()),
        ("IPv4", network.enable_ipv4.to_string()),
        ("IPv6", network.enable_ipv6.to_string()),
        ("Internal", network.internal.to_string()),
        ("CreatedAt", network.created.clone()),
    ];
    labelled_row(fields, &network.labels)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn render(format: &str, quiet: bool) -> String {
        let network = Network {
            id: "0123456789abcdef".repeat(4),
            name: "bridge".to_owned(),
            driver: "bridge".to_owned(),
            scope: "local".to_owned(),
            ..Network::default()
        };
        let table = Table { format: choose_format(format, quiet), headers: HEADERS };
        table.render([network].iter().map(|network| row(network, false))).unwrap()
    }

    #[test]
    fn the_table_is_dockers() {
        expect![[r#"
            NETWORK ID     NAME      DRIVER    SCOPE
            0123456789ab   bridge    bridge    local
        "#]]
        .assert_eq(&render("", false));
        assert_eq!(render("", true), "0123456789ab\n");
        assert_eq!(render("raw", true), "network_id: 0123456789ab\n");
    }
}

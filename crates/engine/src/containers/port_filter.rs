//! The filters `publish` and `expose` of lists: by the ports of what runs.

use corten_spec::port::{Protocol, parse_ports};

use super::list::ListFilter;
use super::network::ConnectionView;
use super::record::Container;
use crate::error::EngineError;

/// A port, on either side.
type Port = (u16, Protocol);

/// What is asked for; one port of either is enough.
#[derive(Debug, Default)]
pub(super) struct PortFilter {
    published: Vec<Port>,
    exposed: Vec<Port>,
}

impl PortFilter {
    /// Reads the filters: ports and ranges of them (`80`, `8000-8010/udp`).
    pub(super) fn read(filters: &ListFilter) -> Result<Self, EngineError> {
        Ok(Self { published: ports(filters, "publish")?, exposed: ports(filters, "expose")? })
    }

    /// Whether nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.published.is_empty() && self.exposed.is_empty()
    }

    /// Whether a container has one of the ports. One that does not run has none.
    pub(super) fn takes(&self, container: &Container, connection: Option<&ConnectionView>) -> bool {
        if !container.state.is_running() {
            return false;
        }
        let published = connection.map_or(&[][..], |connection| &connection.ports);
        let is_exposed = |text: &String| {
            parse_ports(text).is_ok_and(|(numbers, protocol)| {
                self.exposed.iter().any(|(number, of)| *of == protocol && numbers.contains(number))
            })
        };
        published.iter().any(|found| {
            self.published.contains(&(found.host_port, found.port.protocol))
                || self.exposed.contains(&(found.port.number, found.port.protocol))
        }) || container.config.exposed_ports.iter().any(is_exposed)
    }
}

fn ports(filters: &ListFilter, key: &str) -> Result<Vec<Port>, EngineError> {
    let mut ports = Vec::new();
    for value in filters.get(key).into_iter().flatten() {
        if value.contains(':') {
            return Err(EngineError::Invalid(format!("filter for '{key}' should not contain ':': {value}")));
        }
        let (numbers, protocol) = parse_ports(value).map_err(|error| {
            EngineError::Invalid(format!("error while looking up for {key} {value}: {error}"))
        })?;
        ports.extend(numbers.map(|number| (number, protocol)));
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str, value: &str) -> Result<PortFilter, String> {
        let filters = [(key.to_owned(), vec![value.to_owned()])].into();
        PortFilter::read(&filters).map_err(|error| error.to_string())
    }

    #[test]
    fn ports_ranges_and_protocols_are_read() {
        assert_eq!(read("publish", "80").unwrap().published, [(80, Protocol::Tcp)]);
        assert_eq!(read("expose", "1-2/udp").unwrap().exposed, [(1, Protocol::Udp), (2, Protocol::Udp)]);
        assert!(read("label", "80").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_port_is_refused_in_dockers_words() {
        assert_eq!(read("publish", "1:2").unwrap_err(), "filter for 'publish' should not contain ':': 1:2");
        assert!(read("expose", "x").unwrap_err().starts_with("error while looking up for expose x: "));
    }
}

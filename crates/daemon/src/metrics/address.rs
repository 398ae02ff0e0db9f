//! Where metrics are served, as the key `metrics-addr` has it. Pure.

use std::net::{Ipv4Addr, SocketAddr};

/// The address that the key names; `None` for an empty one. The error is a line for the user.
pub(crate) fn address(configured: &str) -> Result<Option<SocketAddr>, String> {
    if configured.is_empty() {
        return Ok(None);
    }
    let address = match configured.strip_prefix("localhost:") {
        Some(port) => port.parse().ok().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        None => configured.parse().ok(),
    };
    let Some(address) = address else {
        return Err(format!("invalid `metrics-addr` ({configured}): should be ADDRESS:PORT"));
    };
    // They tell what runs here, and nobody has to prove who they are to hear it.
    if address.ip().is_unspecified() {
        return Err(format!(
            "invalid `metrics-addr` ({configured}): it would be served to every network; name the address of the one that may ask"
        ));
    }
    Ok(Some(address))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_is_served_and_all_of_them_at_once_are_not() {
        let found = |text| address(text).map(|address| address.map(|address| address.to_string()));
        assert_eq!(found(""), Ok(None));
        assert_eq!(found("localhost:9323"), Ok(Some("127.0.0.1:9323".to_owned())));
        assert_eq!(found("10.0.0.1:1"), Ok(Some("10.0.0.1:1".to_owned())));
        assert_eq!(found("[::1]:1"), Ok(Some("[::1]:1".to_owned())));
        for open in ["0.0.0.0:9323", "[::]:9323"] {
            assert!(found(open).unwrap_err().ends_with("name the address of the one that may ask"), "{open}");
        }
        for wrong in ["9323", ":9323", "example.com:1", "127.0.0.1", "localhost:x"] {
            assert!(found(wrong).unwrap_err().ends_with("should be ADDRESS:PORT"), "{wrong}");
        }
    }
}

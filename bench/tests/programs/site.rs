//! A site is a network of its own, and reached from its outside; the payload serves there and loads it.

use std::net::TcpStream;
use std::process::Command;

use corten_bench::daemon::Daemon;
use corten_bench::site::{HOST, Site};
use corten_testkit::requirement;

use crate::surroundings::programs;

#[test]
fn a_server_in_a_site_is_reached_from_within_and_from_outside() {
    if !requirement::root() {
        return;
    }
    let site = Site::make().unwrap();
    assert_eq!(site.links().unwrap(), Vec::<String>::new());
    let payload = programs().payload.display().to_string();
    let log = tempfile::NamedTempFile::new().unwrap();
    let serve = [site.inside(), [payload.clone(), "serve".to_owned(), "8080".to_owned()].into()].concat();
    let answers = || site.run(|| TcpStream::connect(("127.0.0.1", 8080)).is_ok()).unwrap();
    let _server = Daemon::start(&serve, log.path(), answers).unwrap();
    for (before, address) in [(site.inside(), "[::1]:8080"), (site.outside(), &format!("{HOST}:8080"))] {
        for kind in ["stream", "exchange", "connect"] {
            let load = [payload.as_str(), "load", address, kind, "2", "20"];
            let output = Command::new(&before[0]).args(&before[1..]).args(load).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let figures: Vec<f64> = text.split_whitespace().filter_map(|field| field.parse().ok()).collect();
            assert!(figures.len() == 3 && figures[0] > 0.0, "{address} {kind}: {text}");
        }
    }
    // Port 80 of the site is nobody's, whoever serves it on this machine.
    assert!(!site.run(|| TcpStream::connect(("127.0.0.1", 80)).is_ok()).unwrap());
}

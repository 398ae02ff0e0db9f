//! A terminal of the container's own, handed over the console socket.

use std::io::Read;
use std::os::unix::net::UnixListener;

use corten_spec::runtime::ConsoleSize;
use corten_sys::packet;
use rustix::termios::tcgetwinsize;

use crate::bundle::Bundle;
use crate::harness::Test;

pub(crate) const TESTS: &[Test] =
    &[("the_terminal_goes_to_the_console_socket", the_terminal_goes_to_the_console_socket)];

fn the_terminal_goes_to_the_console_socket() {
    let mut bundle = Bundle::new(&["list", "/dev"]);
    bundle.process().terminal = true;
    bundle.process().console_size = Some(ConsoleSize { height: 30, width: 100 });
    bundle.write();
    let socket = bundle.path().join("console");
    let listener = UnixListener::bind(&socket).unwrap();
    let ran = bundle.run(&[
        "run",
        "--detach",
        "--console-socket",
        socket.to_str().unwrap(),
        "--bundle",
        bundle.path().to_str().unwrap(),
        &bundle.name,
    ]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let (stream, _) = listener.accept().unwrap();
    let master = packet::receive(&stream, &mut [0; 64]).unwrap().descriptors.pop().unwrap();
    let size = tcgetwinsize(&master).unwrap();
    assert_eq!((size.ws_row, size.ws_col), (30, 100));
    let mut shown = Vec::new();
    // Once the last process has closed its end, reading fails with EIO.
    let _ = std::fs::File::from(master).read_to_end(&mut shown);
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains("console\r\n") && shown.contains("ptmx\r\n"), "{shown}");
    assert_eq!(bundle.run(&["delete", "--force", &bundle.name]).status, 0);
    bundle.assert_clean();
}

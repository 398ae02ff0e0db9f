//! The program of the embedded `hello` image: tells whoever ran it what just happened.
//!
//! It uses nothing but its own standard output, so that it works in a container without network, files or shell.

use std::io::{self, Write};

const MESSAGE: &str = "\
Hello from a container!

If you can read this, Corten works on this machine. What just happened:
 1. corten found no image named `hello` on this machine and loaded the one it carries inside itself.
 2. It unpacked that image, and laid a writable directory over it: the root file system of a new container.
 3. A small monitor process started this program there as process 1, with namespaces, capabilities,
    a system call filter and a control group of its own. No daemon was needed.
 4. The monitor passed these lines on to your terminal, and keeps them for `corten logs`.

See what is left of it with `corten ps -a`, and what else there is with `corten --help`.
";

fn main() -> io::Result<()> {
    io::stdout().lock().write_all(MESSAGE.as_bytes())
}

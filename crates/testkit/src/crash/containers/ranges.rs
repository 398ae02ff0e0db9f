//! About how many calls of a command a fault can befall, so that most strikes come.
//!
//! Measured: `cargo xtask soak crash --measure` prints these lines. What a command finds to do differs, and so do its calls.

use super::victim::Who;
use crate::fault::Fault;

/// Of a command whose engine, monitor or daemon is the victim: calls for a kill, a full disk, a broken one, too many descriptors, and
/// too little memory. Without a row there is nobody to be struck.
type Row = (&'static str, &'static str, [u64; 5]);

const MEASURED: [Row; 66] = [
    ("boot", "command", [42, 30, 33, 38, 57]),
    ("boot", "daemon", [0, 0, 0, 6, 6]),
    ("commit", "command", [93, 84, 93, 79, 93]),
    ("commit", "daemon", [82, 73, 82, 88, 98]),
    ("commit", "watchers", [5, 2, 2, 2, 6]),
    ("container prune", "command", [25, 20, 25, 15, 20]),
    ("container prune", "daemon", [6, 2, 6, 7, 7]),
    ("cp", "command", [25, 23, 25, 42, 47]),
    ("cp", "daemon", [5, 5, 5, 33, 33]),
    ("cp", "watchers", [6, 3, 3, 4, 8]),
    ("create", "command", [55, 47, 53, 26, 39]),
    ("create", "daemon", [35, 26, 31, 22, 31]),
    ("daemon", "command", [40, 27, 33, 40, 55]),
    ("end", "command", [53, 37, 39, 77, 93]),
    ("end", "daemon", [34, 19, 19, 74, 87]),
    ("end", "monitor", [26, 17, 17, 41, 47]),
    ("end", "watchers", [83, 50, 63, 58, 86]),
    ("exec", "command", [54, 37, 39, 79, 96]),
    ("exec", "daemon", [36, 19, 19, 81, 95]),
    ("exec", "monitor", [27, 17, 17, 41, 48]),
    ("exec", "watchers", [8, 4, 4, 4, 8]),
    ("kill", "command", [25, 22, 24, 30, 36]),
    ("kill", "daemon", [8, 6, 6, 22, 24]),
    ("kill", "watchers", [53, 39, 51, 22, 28]),
    ("pause", "command", [27, 24, 26, 31, 37]),
    ("pause", "daemon", [6, 6, 6, 18, 19]),
    ("pause", "watchers", [3, 2, 2, 2, 4]),
    ("rename", "command", [28, 26, 28, 16, 21]),
    ("rename", "daemon", [8, 8, 8, 8, 8]),
    ("restart", "command", [199, 122, 129, 214, 325]),
    ("restart", "daemon", [187, 110, 114, 210, 315]),
    ("restart", "monitor", [137, 74, 75, 169, 261]),
    ("restart", "watchers", [31, 18, 29, 31, 35]),
    ("rm -f", "command", [87, 53, 85, 42, 49]),
    ("rm -f", "daemon", [68, 32, 66, 37, 39]),
    ("rm -f", "watchers", [31, 18, 29, 19, 23]),
    ("rmi", "command", [56, 46, 56, 28, 35]),
    ("run --rm", "command", [307, 186, 235, 250, 377]),
    ("run --rm", "daemon", [280, 159, 206, 250, 368]),
    ("run --rm", "monitor", [173, 102, 113, 178, 293]),
    ("run -d", "command", [268, 174, 185, 247, 385]),
    ("run -d", "daemon", [250, 156, 165, 245, 381]),
    ("run -d", "monitor", [154, 90, 91, 183, 288]),
    ("start", "command", [190, 116, 122, 199, 312]),
    ("start", "daemon", [191, 105, 109, 214, 326]),
    ("start", "monitor", [130, 69, 70, 162, 250]),
    ("stop", "command", [33, 28, 30, 30, 38]),
    ("stop", "daemon", [28, 23, 23, 22, 26]),
    ("stop", "watchers", [36, 22, 34, 25, 29]),
    ("system prune", "command", [32, 27, 32, 28, 34]),
    ("system prune", "daemon", [11, 9, 11, 27, 28]),
    ("system settle", "command", [78, 57, 76, 46, 53]),
    ("system settle", "daemon", [68, 51, 66, 45, 47]),
    ("unpause", "command", [26, 24, 26, 24, 29]),
    ("update --memory", "command", [29, 27, 29, 30, 36]),
    ("update --memory", "daemon", [10, 10, 10, 27, 27]),
    ("update --memory", "watchers", [2, 1, 1, 1, 3]),
    ("update --restart", "command", [29, 26, 28, 31, 36]),
    ("update --restart", "daemon", [8, 7, 7, 20, 21]),
    ("update --restart", "watchers", [1, 0, 0, 1, 2]),
    ("volume create", "command", [31, 27, 31, 16, 24]),
    ("volume create", "daemon", [12, 9, 12, 8, 11]),
    ("volume prune", "command", [21, 18, 21, 13, 18]),
    ("volume prune", "daemon", [4, 2, 4, 7, 7]),
    ("volume rm", "command", [30, 24, 30, 16, 21]),
    ("volume rm", "daemon", [10, 6, 10, 8, 8]),
];

/// How many there are; 0 where there is nobody to be struck.
pub(super) fn calls(kind: &str, who: Who, fault: Fault) -> u64 {
    let row = MEASURED.iter().find(|row| (row.0, row.1) == (kind, who.name()));
    let at = match fault {
        Fault::Kill | Fault::KillAll => 0,
        Fault::Full | Fault::FullFromNowOn => 1,
        Fault::Broken => 2,
        Fault::NoDescriptors => 3,
        Fault::NoMemory => 4,
    };
    row.map_or(0, |row| row.2[at])
}

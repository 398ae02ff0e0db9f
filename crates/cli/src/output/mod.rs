//! Tables, times and the other things that commands print.

mod clock;
mod columns;
mod destination;
mod indent;
mod natural;
mod note;
mod progress;
mod shorten;
mod streams;
mod table;
mod visible;

pub(crate) use clock::{ago, ansi_c, go_string, local_rfc3339, rfc3339_nano_fixed, utc_offset};
pub(crate) use columns::align;
pub(crate) use destination::Destination;
pub(crate) use indent::indent;
pub(crate) use natural::natural;
pub(crate) use note::note;
pub(crate) use progress::{Sink, show_progress, show_progress_noting};
pub(crate) use shorten::{ellipsis, short_id};
pub(crate) use streams::Streams;
pub(crate) use table::{Row, Table, labelled_row};
pub(crate) use visible::{visible, visible_in_line};

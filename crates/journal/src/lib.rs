//! Journals of containers, the event file and file locks: what processes tell each other through the disk.

//! Images: load, unpack, tag, remove, inspect.

//! Unpacks layer archives, built for hostile input.

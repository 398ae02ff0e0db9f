//! What a transaction can do: a [`Reader`] looks, a [`Writer`] also changes.
//!
//! The queries themselves lie with the rows that they give.

use std::ops::Deref;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::{Result, StateError};

/// What a commit promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It survives the loss of power from then on: `synchronous=FULL`, one fsync. For what a user was promised.
    Full,
    /// It survives the death of any process; the loss of power may undo the newest commits, in order. For what can be found
    /// out again.
    Normal,
}

impl Durability {
    pub(crate) fn pragma(self) -> &'static str {
        match self {
            Durability::Full => "PRAGMA synchronous = FULL",
            Durability::Normal => "PRAGMA synchronous = NORMAL",
        }
    }
}

/// One consistent view of the database.
#[derive(Debug)]
pub struct Reader<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) path: &'a Path,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(connection: &'a Connection, path: &'a Path) -> Reader<'a> {
        Reader { connection, path }
    }

    /// Every row of a query.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let run = || self.connection.prepare_cached(sql)?.query_map(params, row)?.collect::<Result<_, _>>();
        run().map_err(|error| self.failed("read", error))
    }

    /// The first row of a query, if there is one.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        let run = || self.connection.prepare_cached(sql)?.query_row(params, row).optional();
        run().map_err(|error| self.failed("read", error))
    }

    pub(crate) fn failed(&self, what: &'static str, error: rusqlite::Error) -> StateError {
        StateError::database(what, self.path, error)
    }
}

/// The one transaction of the root that may change rows. It reads what it wrote.
#[derive(Debug)]
pub struct Writer<'a>(Reader<'a>);

impl<'a> Writer<'a> {
    pub(crate) fn new(connection: &'a Connection, path: &'a Path) -> Writer<'a> {
        Writer(Reader::new(connection, path))
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) fn change(&self, what: &'static str, sql: &str, params: impl Params) -> Result<usize> {
        self.try_change(sql, params).map_err(|error| self.failed(what, error))
    }

    /// The same for a caller that has its own answer to some errors of SQLite.
    pub(crate) fn try_change(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.connection.prepare_cached(sql)?.execute(params)
    }
}

impl<'a> Deref for Writer<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Reader<'a> {
        &self.0
    }
}

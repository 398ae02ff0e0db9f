//! Network namespaces of containers, what connects them to segments, and the ports of the host that lead there.
//!
//! The namespaces themselves are the kernel's.

use rusqlite::Row;

use crate::{Reader, Result, Writer};

/// A network namespace of a container's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxRow {
    /// 64 lowercase hex digits.
    pub id: String,
    /// The container that it was made for; `None` once that is removed, while others are in there.
    pub container_id: Option<String>,
    /// The boot that it is of.
    pub boot: String,
}

/// A sandbox's place on a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointRow {
    /// 64 lowercase hex digits.
    pub id: String,
    /// The sandbox's id.
    pub sandbox_id: String,
    /// The segment's number.
    pub segment_id: i64,
    /// The IPv4 address as a number.
    pub ipv4: u32,
    /// The IPv6 address.
    pub ipv6: Option<String>,
    /// `02:42:0a:d0:00:02`.
    pub mac: String,
}

/// A port of the host that leads to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedPortRow {
    /// `tcp` or `udp`.
    pub protocol: String,
    /// On the host.
    pub host_port: u16,
    /// The host's address; empty = all of both families.
    pub host_address: String,
    /// The endpoint's id.
    pub endpoint_id: String,
    /// Inside.
    pub container_port: u16,
}

/// An endpoint with whose it is and all that hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The sandbox.
    pub sandbox: SandboxRow,
    /// Its place on a segment.
    pub endpoint: EndpointRow,
    /// What leads there, sorted by port inside, protocol and address.
    pub ports: Vec<PublishedPortRow>,
}

macro_rules! select_connections {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.container_id, s.boot, e.id, e.segment_id, e.ipv4, e.ipv6, e.mac \
             FROM sandboxes s JOIN endpoints e ON e.sandbox_id = s.id ",
            $rest
        )
    };
}

fn connection(row: &Row<'_>) -> rusqlite::Result<Connection> {
    let sandbox = SandboxRow { id: row.get(0)?, container_id: row.get(1)?, boot: row.get(2)? };
    let endpoint = EndpointRow {
        id: row.get(3)?,
        sandbox_id: sandbox.id.clone(),
        segment_id: row.get(4)?,
        ipv4: row.get(5)?,
        ipv6: row.get(6)?,
        mac: row.get(7)?,
    };
    Ok(Connection { sandbox, endpoint, ports: Vec::new() })
}

fn published_port(row: &Row<'_>) -> rusqlite::Result<PublishedPortRow> {
    Ok(PublishedPortRow {
        protocol: row.get(0)?,
        host_port: row.get(1)?,
        host_address: row.get(2)?,
        endpoint_id: row.get(3)?,
        container_port: row.get(4)?,
    })
}

impl Reader<'_> {
    /// The connection of a container's own sandbox.
    pub fn connection_of(&self, container_id: &str) -> Result<Option<Connection>> {
        let sql = select_connections!("WHERE s.container_id = ?1");
        let found = self.first(sql, (container_id,), connection)?;
        found.map(|connection| self.with_ports(connection)).transpose()
    }

    /// Every connection there is.
    pub fn connections(&self) -> Result<Vec<Connection>> {
        let found = self.all(select_connections!("ORDER BY s.id"), (), connection)?;
        found.into_iter().map(|connection| self.with_ports(connection)).collect()
    }

    /// The connections of sandboxes whose container is removed, while others are still in there.
    pub fn orphaned_connections(&self) -> Result<Vec<Connection>> {
        let found =
            self.all(select_connections!("WHERE s.container_id IS NULL ORDER BY s.id"), (), connection)?;
        found.into_iter().map(|connection| self.with_ports(connection)).collect()
    }

    fn with_ports(&self, mut connection: Connection) -> Result<Connection> {
        let sql = "SELECT protocol, host_port, host_address, endpoint_id, container_port FROM published_ports \
                   WHERE endpoint_id = ?1 ORDER BY container_port, protocol, host_address, host_port";
        connection.ports = self.all(sql, (&connection.endpoint.id,), published_port)?;
        Ok(connection)
    }

    /// The IPv4 addresses that are given out on a segment, the lowest first.
    pub fn leased_addresses(&self, segment_id: i64) -> Result<Vec<u32>> {
        let sql = "SELECT ipv4 FROM endpoints WHERE segment_id = ?1 ORDER BY ipv4";
        self.all(sql, (segment_id,), |row| row.get(0))
    }

    /// The ids of the containers that have joined a sandbox.
    pub fn sandbox_guests(&self, sandbox_id: &str) -> Result<Vec<String>> {
        let sql = "SELECT container_id FROM sandbox_guests WHERE sandbox_id = ?1 ORDER BY container_id";
        self.all(sql, (sandbox_id,), |row| row.get(0))
    }

    /// The sandbox that a container has joined.
    pub fn joined_sandbox(&self, container_id: &str) -> Result<Option<SandboxRow>> {
        let sql = "SELECT s.id, s.container_id, s.boot FROM sandbox_guests g JOIN sandboxes s ON s.id = g.sandbox_id \
                   WHERE g.container_id = ?1";
        self.first(sql, (container_id,), |row| {
            Ok(SandboxRow { id: row.get(0)?, container_id: row.get(1)?, boot: row.get(2)? })
        })
    }

    /// On which addresses containers have a port of the host, and their ids.
    pub fn holders_of_port(&self, protocol: &str, host_port: u16) -> Result<Vec<(String, String)>> {
        let sql = "SELECT p.host_address, s.container_id FROM published_ports p JOIN endpoints e ON e.id = p.endpoint_id \
                   JOIN sandboxes s ON s.id = e.sandbox_id WHERE p.protocol = ?1 AND p.host_port = ?2 \
                   AND s.container_id IS NOT NULL ORDER BY p.host_address";
        self.all(sql, (protocol, host_port), |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

impl Writer<'_> {
    /// Adds a sandbox.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) if the container is not there.
    pub fn insert_sandbox(&self, row: &SandboxRow) -> Result<()> {
        let sql = "INSERT INTO sandboxes (id, container_id, boot) VALUES (?1, ?2, ?3)";
        self.change("record a sandbox", sql, (&row.id, &row.container_id, &row.boot)).map(drop)
    }

    /// Gives a sandbox whose container is removed to another; whether it was without one.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) if the container is not there.
    pub fn adopt_sandbox(&self, id: &str, container_id: &str) -> Result<bool> {
        let sql = "UPDATE sandboxes SET container_id = ?2 WHERE id = ?1 AND container_id IS NULL";
        Ok(self.change("adopt a sandbox", sql, (id, container_id))? > 0)
    }

    /// Adds an endpoint, and leases its addresses.
    pub fn insert_endpoint(&self, row: &EndpointRow) -> Result<()> {
        let sql = "INSERT INTO endpoints (id, sandbox_id, segment_id, ipv4, ipv6, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let EndpointRow { id, sandbox_id, segment_id, ipv4, ipv6, mac } = row;
        self.change("record an endpoint", sql, (id, sandbox_id, segment_id, ipv4, ipv6, mac)).map(drop)
    }

    /// Adds a published port.
    pub fn insert_published_port(&self, row: &PublishedPortRow) -> Result<()> {
        let sql = "INSERT INTO published_ports (protocol, host_port, host_address, endpoint_id, container_port) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let PublishedPortRow { protocol, host_port, host_address, endpoint_id, container_port } = row;
        let params = (protocol, host_port, host_address, endpoint_id, container_port);
        self.change("record a published port", sql, params).map(drop)
    }

    /// Lets a container join a sandbox, instead of the one that it was in.
    ///
    /// # Errors
    /// [`Dependency`](crate::StateError::Dependency) if either is not there.
    pub fn join_sandbox(&self, container_id: &str, sandbox_id: &str) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO sandbox_guests (container_id, sandbox_id) VALUES (?1, ?2)";
        self.change("join a sandbox", sql, (container_id, sandbox_id)).map(drop)
    }

    /// Lets a container leave whatever sandbox it has joined; whether it had.
    pub fn leave_sandbox(&self, container_id: &str) -> Result<bool> {
        let sql = "DELETE FROM sandbox_guests WHERE container_id = ?1";
        Ok(self.change("leave a sandbox", sql, (container_id,))? > 0)
    }

    /// Forgets the published ports of an endpoint.
    pub fn forget_ports(&self, endpoint_id: &str) -> Result<()> {
        let sql = "DELETE FROM published_ports WHERE endpoint_id = ?1";
        self.change("forget published ports", sql, (endpoint_id,)).map(drop)
    }

    /// Forgets a sandbox with its endpoints, their leases and ports; whether it was there.
    pub fn remove_sandbox(&self, id: &str) -> Result<bool> {
        Ok(self.change("forget a sandbox", "DELETE FROM sandboxes WHERE id = ?1", (id,))? > 0)
    }
}

-- Networks of containers; the one that containers are on unless they say otherwise is called `bridge`.
CREATE TABLE networks (
    id         TEXT PRIMARY KEY,         -- 64 hex digits
    name       TEXT NOT NULL UNIQUE,
    driver     TEXT NOT NULL,
    created_at INTEGER NOT NULL,         -- nanoseconds since 1970
    settings   TEXT NOT NULL             -- JSON of the engine's
) STRICT, WITHOUT ROWID;

-- A bridge each. A bridge ends at 1,023 ports, so a network may have several.
CREATE TABLE segments (
    id         INTEGER PRIMARY KEY,
    network_id TEXT NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    bridge     TEXT NOT NULL UNIQUE,     -- the interface's name
    subnet4    TEXT NOT NULL,            -- 10.208.0.0/22
    subnet6    TEXT                      -- NULL = no IPv6
) STRICT;
CREATE INDEX segments_by_network ON segments (network_id);

-- Network namespaces that containers have of their own, for as long as somebody runs in them.
CREATE TABLE sandboxes (
    id           TEXT PRIMARY KEY,       -- 64 hex digits
    container_id TEXT UNIQUE REFERENCES containers (id) ON DELETE SET NULL, -- NULL = removed, and others are still in there
    boot         TEXT NOT NULL           -- the boot that it is of: it does not outlive that
) STRICT, WITHOUT ROWID;

-- Other containers that have joined a sandbox: it lives on with them.
CREATE TABLE sandbox_guests (
    container_id TEXT PRIMARY KEY REFERENCES containers (id) ON DELETE CASCADE,
    sandbox_id   TEXT NOT NULL REFERENCES sandboxes (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX sandbox_guests_by_sandbox ON sandbox_guests (sandbox_id);

-- What connects a sandbox to a segment, and with it the lease of its addresses.
CREATE TABLE endpoints (
    id         TEXT PRIMARY KEY,         -- 64 hex digits
    sandbox_id TEXT NOT NULL REFERENCES sandboxes (id) ON DELETE CASCADE,
    segment_id INTEGER NOT NULL REFERENCES segments (id),
    ipv4       INTEGER NOT NULL,         -- the address as a number
    ipv6       TEXT,
    mac        TEXT NOT NULL,            -- 02:42:0a:d0:00:02
    UNIQUE (segment_id, ipv4),
    UNIQUE (segment_id, ipv6)
) STRICT, WITHOUT ROWID;
CREATE INDEX endpoints_by_sandbox ON endpoints (sandbox_id);

-- Ports of the host that lead to an endpoint.
CREATE TABLE published_ports (
    protocol       TEXT NOT NULL,        -- tcp, udp
    host_port      INTEGER NOT NULL,
    host_address   TEXT NOT NULL,        -- '' = all of both families
    endpoint_id    TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    container_port INTEGER NOT NULL,
    PRIMARY KEY (protocol, host_port, host_address)
) STRICT, WITHOUT ROWID;
CREATE INDEX published_ports_by_endpoint ON published_ports (endpoint_id);

-- The ids outside that a container's own user namespace has and no other container's: users and groups alike.
CREATE TABLE id_ranges (
    container_id TEXT PRIMARY KEY REFERENCES containers (id) ON DELETE CASCADE,
    first        INTEGER NOT NULL,
    size         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

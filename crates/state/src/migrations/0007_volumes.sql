-- Directories that outlive containers: `volumes/<name>` below the root is there for as long as the row.
CREATE TABLE volumes (
    name       TEXT PRIMARY KEY,
    driver     TEXT NOT NULL,
    created_at INTEGER NOT NULL,         -- nanoseconds since 1970
    state      TEXT NOT NULL CHECK (state IN ('ready', 'removing')), -- one that is being removed takes no user any more
    settings   TEXT NOT NULL             -- JSON of the engine's
) STRICT, WITHOUT ROWID;

-- Which containers have which volumes: one that has a row here cannot be removed.
CREATE TABLE container_volumes (
    container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    volume       TEXT NOT NULL REFERENCES volumes (name),
    owes_copy    INTEGER NOT NULL CHECK (owes_copy IN (0, 1)), -- what the image has there is still to be copied into it
    PRIMARY KEY (container_id, volume)
) STRICT, WITHOUT ROWID;
CREATE INDEX container_volumes_by_volume ON container_volumes (volume);

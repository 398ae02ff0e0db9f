-- Times are nanoseconds since 1970-01-01T00:00:00Z. JSON is opaque here.

CREATE TABLE images (
    id                TEXT PRIMARY KEY,  -- the digest of the configuration
    manifest_digest   TEXT NOT NULL,
    target_digest     TEXT NOT NULL,     -- what the tag pointed at: the manifest, or an index that names it
    target_media_type TEXT NOT NULL,
    created_at        INTEGER NOT NULL,
    size              INTEGER NOT NULL,
    config            BLOB NOT NULL      -- byte for byte as it was received: the id is its digest
) STRICT;

CREATE TABLE tags (
    reference TEXT PRIMARY KEY,          -- canonical: docker.io/library/alpine:latest
    image_id  TEXT NOT NULL REFERENCES images (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_image ON tags (image_id);

CREATE TABLE layers (
    id             TEXT PRIMARY KEY,     -- the directory's name
    diff_id        TEXT NOT NULL,
    chain_id       TEXT NOT NULL,
    size           INTEGER NOT NULL,
    self_contained INTEGER NOT NULL CHECK (self_contained IN (0, 1))
) STRICT;
-- A self-contained layer serves every image that has its diff id, any other only those with the same layers below it.
CREATE UNIQUE INDEX layers_by_diff_id ON layers (diff_id) WHERE self_contained;
CREATE UNIQUE INDEX layers_by_chain_id ON layers (chain_id) WHERE NOT self_contained;

CREATE TABLE image_layers (
    image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,           -- 0 is the lowest
    layer_id TEXT NOT NULL REFERENCES layers (id),
    PRIMARY KEY (image_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_layers_by_layer ON image_layers (layer_id);

CREATE TABLE containers (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    image_id       TEXT,                 -- may name an image that was removed by force since
    image_name     TEXT NOT NULL,        -- as it was typed
    created_at     INTEGER NOT NULL,
    config         TEXT NOT NULL,
    state          TEXT NOT NULL,
    journal_offset INTEGER NOT NULL      -- how much of the container's journal `state` accounts for
) STRICT;
CREATE INDEX containers_by_image ON containers (image_id);

-- What a container's root file system stands on: it outlives the removal of the image.
CREATE TABLE container_layers (
    container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,       -- 0 is the lowest
    layer_id     TEXT NOT NULL REFERENCES layers (id),
    PRIMARY KEY (container_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX container_layers_by_layer ON container_layers (layer_id);

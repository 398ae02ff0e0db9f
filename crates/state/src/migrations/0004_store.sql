-- What an unpacked layer takes on the disk, in bytes, its file index included; unknown until it was measured once.
ALTER TABLE layers ADD COLUMN disk_size INTEGER;

-- Repositories that gave a blob, and may give it again once it is dropped: docker.io/library/alpine.
CREATE TABLE blob_origins (
    digest     TEXT NOT NULL,
    repository TEXT NOT NULL,
    PRIMARY KEY (digest, repository)
) STRICT, WITHOUT ROWID;

-- Manifests that say of another that they belong to it: signatures, bills of materials. They go with what they belong to.
CREATE TABLE referrers (
    subject    TEXT NOT NULL,            -- the digest of a manifest or index
    digest     TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size       INTEGER NOT NULL,
    PRIMARY KEY (subject, digest)
) STRICT, WITHOUT ROWID;

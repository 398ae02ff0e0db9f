-- Under which alias a container knows another one on the default network. What is linked may be removed: who links to it finds out when
-- it starts.
CREATE TABLE links (
    container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE, -- who links
    alias        TEXT NOT NULL,
    linked_id    TEXT NOT NULL,
    PRIMARY KEY (container_id, alias)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_linked ON links (linked_id);

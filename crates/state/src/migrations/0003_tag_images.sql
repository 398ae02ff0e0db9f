-- The images of a name, one for each platform that is here, and the way each came under it. `tags` has the one that is meant where
-- nobody asks for a platform; if that is missing here, an older engine has moved the name, and its other rows are of no account.
CREATE TABLE tag_images (
    reference         TEXT NOT NULL REFERENCES tags (reference) ON DELETE CASCADE,
    image_id          TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    manifest_digest   TEXT NOT NULL,
    target_digest     TEXT NOT NULL,     -- what the name stands for where it came from: the manifest, or an index that names it
    target_media_type TEXT NOT NULL,
    PRIMARY KEY (reference, image_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_images_by_image ON tag_images (image_id);

CREATE VIEW named_images (reference, image_id, is_main, manifest_digest, target_digest, target_media_type) AS
    SELECT t.reference, n.image_id, n.image_id = t.image_id, n.manifest_digest, n.target_digest, n.target_media_type
    FROM tags t
    JOIN tag_images main ON main.reference = t.reference AND main.image_id = t.image_id
    JOIN tag_images n ON n.reference = t.reference
    UNION ALL
    SELECT t.reference, t.image_id, 1, i.manifest_digest, i.target_digest, i.target_media_type
    FROM tags t
    JOIN images i ON i.id = t.image_id
    WHERE NOT EXISTS (SELECT 1 FROM tag_images n WHERE n.reference = t.reference AND n.image_id = t.image_id);

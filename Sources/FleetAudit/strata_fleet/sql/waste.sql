-- Waste by cause and owner. Images with the same layers count once for an owner; one whose layers were not all read is
-- in `unknownImages` and in no sum.
WITH once AS (
    SELECT DISTINCT owner, layerChain, contentBytes, visibleBytes, wastedBytes,
           overwritten, metadataOnly, typeChange, deleted, opaque, duplicateEntry
    FROM images WHERE isArtifact = FALSE
),
summed AS (
    SELECT owner,
           count(*) AS images,
           CAST(sum(CASE WHEN wastedBytes IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS unknownImages,
           CAST(sum(contentBytes) AS BIGINT) AS contentBytes,
           CAST(sum(visibleBytes) AS BIGINT) AS visibleBytes,
           CAST(sum(wastedBytes) AS BIGINT) AS wastedBytes,
           CAST(sum(overwritten) AS BIGINT) AS overwritten,
           CAST(sum(metadataOnly) AS BIGINT) AS metadataOnly,
           CAST(sum(typeChange) AS BIGINT) AS typeChange,
           CAST(sum(deleted) AS BIGINT) AS deleted,
           CAST(sum(opaque) AS BIGINT) AS opaque,
           CAST(sum(duplicateEntry) AS BIGINT) AS duplicateEntry
    FROM once
    GROUP BY owner
)
SELECT * FROM summed ORDER BY coalesce(wastedBytes, -1) DESC, owner

-- What grew since the last run, by owner: each layer once in each run. Without an earlier run nothing is known of it.
WITH after_run AS (
    SELECT DISTINCT i.owner, m.layer, m.bytes FROM images i JOIN memberships m ON m.digest = i.digest
),
before_run AS (
    SELECT DISTINCT i.owner, m.layer, m.bytes FROM images_before i JOIN memberships_before m ON m.digest = i.digest
),
summed AS (
    SELECT coalesce(a.owner, b.owner) AS owner,
           CAST(sum(b.bytes) AS BIGINT) AS bytesBefore,
           CAST(sum(a.bytes) AS BIGINT) AS bytesAfter,
           CASE WHEN (SELECT count(*) FROM images_before) > 0
                THEN CAST(sum(CASE WHEN b.layer IS NULL THEN a.bytes ELSE 0 END) AS BIGINT) END AS addedBytes,
           CASE WHEN (SELECT count(*) FROM images_before) > 0
                THEN CAST(sum(CASE WHEN a.layer IS NULL THEN b.bytes ELSE 0 END) AS BIGINT) END AS goneBytes
    FROM after_run a
    FULL OUTER JOIN before_run b ON b.owner = a.owner AND b.layer = a.layer
    GROUP BY coalesce(a.owner, b.owner)
)
SELECT * FROM summed ORDER BY coalesce(addedBytes, 0) DESC, owner

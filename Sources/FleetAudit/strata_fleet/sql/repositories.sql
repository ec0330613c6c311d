-- What each repository holds, largest first, and how much of everything the repositories up to it hold together.
WITH held AS (
    SELECT DISTINCT i.repository, m.layer, m.bytes
    FROM tagged i JOIN memberships m ON m.digest = i.digest
),
numbered AS (
    SELECT repository, layer, bytes,
           count(*) OVER (PARTITION BY layer) AS holders,
           row_number() OVER (PARTITION BY layer ORDER BY repository) - 1 AS place
    FROM held
),
summed AS (
    SELECT repository,
           CAST(sum(bytes) AS BIGINT) AS logicalBytes,
           CAST(sum(CASE WHEN holders = 1 THEN bytes ELSE 0 END) AS BIGINT) AS exclusiveBytes,
           CAST(sum((bytes - bytes % holders) / holders + CASE WHEN place < bytes % holders THEN 1 ELSE 0 END) AS BIGINT)
               AS splitBytes
    FROM numbered GROUP BY repository
)
SELECT s.repository, c.images, c.tags, s.logicalBytes, s.exclusiveBytes, s.splitBytes,
       CAST(round(100.0 * sum(s.splitBytes) OVER (ORDER BY s.splitBytes DESC, s.repository)
           / nullif(sum(s.splitBytes) OVER (), 0), 1) AS DOUBLE) AS percentUpToHere
FROM summed s
JOIN (
    SELECT repository, count(DISTINCT digest) AS images, count(DISTINCT tag) AS tags
    FROM images GROUP BY repository
) c ON c.repository = s.repository
ORDER BY s.splitBytes DESC, s.repository

-- The sums that people compare, each with its rule.
WITH blobs AS (
    SELECT layer, max(bytes) AS bytes FROM memberships GROUP BY layer
)
SELECT 1 AS line, 'sum of images' AS figure, CAST(sum(compressedBytes) AS BIGINT) AS bytes,
       'every layer of every image of every tag' AS rule
FROM images WHERE tag IS NOT NULL
UNION ALL
SELECT 2, 'reached by tags', CAST(coalesce(sum(bytes), 0) AS BIGINT), 'each layer that a tag reaches, once'
FROM (SELECT DISTINCT layer, bytes FROM reach) AS once
UNION ALL
SELECT 3, 'not reached by tags',
       CASE WHEN (SELECT knowsUntagged FROM run) THEN CAST(coalesce(sum(bytes), 0) AS BIGINT) END,
       CASE WHEN (SELECT knowsUntagged FROM run) THEN 'each layer of untagged images alone, once'
            ELSE 'unknown: not everything was listed' END
FROM unreached
UNION ALL
SELECT 4, 'layers', CASE WHEN (SELECT knowsUntagged FROM run) THEN CAST(coalesce(sum(bytes), 0) AS BIGINT) END,
       CASE WHEN (SELECT knowsUntagged FROM run) THEN 'each layer once, as stored' ELSE 'unknown, as above' END
FROM blobs
UNION ALL
SELECT 5, 'not read', CAST(coalesce(sum(b.bytes), 0) AS BIGINT), 'layers in `failures`'
FROM failures f JOIN blobs b ON b.layer = f.digest
ORDER BY line

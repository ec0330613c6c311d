-- What may go and how much comes back: the layers that nothing else holds, once the registry has collected its garbage.
-- Each reason alone, and all together, which may be more than the sum.
WITH chosen AS (
    SELECT DISTINCT reason, digest FROM leaving
    UNION ALL
    SELECT DISTINCT 'all of these' AS reason, digest FROM leaving
),
held AS (
    SELECT DISTINCT c.reason, m.layer, m.bytes FROM chosen c JOIN memberships m ON m.digest = c.digest
),
kept AS (
    SELECT DISTINCT r.reason, m.layer
    FROM (SELECT DISTINCT reason FROM chosen) r
    CROSS JOIN memberships m
    LEFT JOIN chosen c ON c.reason = r.reason AND c.digest = m.digest
    WHERE c.digest IS NULL
),
counted AS (
    SELECT reason, count(DISTINCT digest) AS images FROM chosen GROUP BY reason
)
SELECT h.reason, c.images,
       CAST(sum(h.bytes) AS BIGINT) AS unlinkedBytes,
       CAST(sum(CASE WHEN k.layer IS NULL THEN h.bytes ELSE 0 END) AS BIGINT) AS comesBackBytes,
       'after the next collection' AS comesBack
FROM held h
JOIN counted c ON c.reason = h.reason
LEFT JOIN kept k ON k.reason = h.reason AND k.layer = h.layer
GROUP BY h.reason, c.images
ORDER BY CASE WHEN h.reason = 'all of these' THEN 1 ELSE 0 END, h.reason

-- What may go and how much comes back: the layers that nothing else holds, once the registry has collected its garbage.
WITH held AS (
    SELECT DISTINCT l.reason, m.layer, m.bytes
    FROM leaving l JOIN memberships m ON m.digest = l.digest
),
kept AS (
    SELECT DISTINCT m.layer FROM memberships m WHERE m.digest NOT IN (SELECT digest FROM leaving)
),
counted AS (
    SELECT reason, count(DISTINCT digest) AS images FROM leaving GROUP BY reason
)
SELECT h.reason, c.images,
       CAST(sum(h.bytes) AS BIGINT) AS unlinkedBytes,
       CAST(sum(CASE WHEN k.layer IS NULL THEN h.bytes ELSE 0 END) AS BIGINT) AS comesBackBytes,
       'after the next collection' AS comesBack
FROM held h
JOIN counted c ON c.reason = h.reason
LEFT JOIN kept k ON k.layer = h.layer
GROUP BY h.reason, c.images
ORDER BY h.reason

-- Bases: how many images and repositories stand on each, what it weighs, and what sharing it saves already.
WITH above AS (
    SELECT b.chainID, count(DISTINCT i.repository) AS repositories
    FROM bases b
    JOIN memberships m ON m.chainID = b.chainID
    JOIN images i ON i.digest = m.digest AND i.layerCount > m.position + 1
    GROUP BY b.chainID
),
one AS (
    SELECT chainID, position, min(digest) AS digest FROM memberships GROUP BY chainID, position
),
weight AS (
    SELECT one.chainID, count(*) AS layers, CAST(sum(m.bytes) AS BIGINT) AS bytes
    FROM one JOIN memberships m ON m.digest = one.digest AND m.position <= one.position
    GROUP BY one.chainID
)
SELECT coalesce(b.name, b.chainID) AS base, b.imagesAbove AS images, a.repositories, w.layers, w.bytes,
       CAST(w.bytes * (b.imagesAbove - 1) AS BIGINT) AS savedBytes
FROM bases b
JOIN above a ON a.chainID = b.chainID
JOIN weight w ON w.chainID = b.chainID
ORDER BY savedBytes DESC, base

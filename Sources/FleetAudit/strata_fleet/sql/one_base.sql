-- What one base would save: of each repository that is a base in several versions, the layers of all of them less those
-- of the version that most images stand on.
WITH versions AS (
    SELECT repository, chainID, imagesAbove,
           row_number() OVER (PARTITION BY repository ORDER BY imagesAbove DESC, chainID) AS place
    FROM bases WHERE repository IS NOT NULL
),
one AS (
    SELECT chainID, position, min(digest) AS digest FROM memberships GROUP BY chainID, position
),
held AS (
    SELECT v.repository, m.layer, max(m.bytes) AS bytes, min(v.place) AS place
    FROM versions v
    JOIN one ON one.chainID = v.chainID
    JOIN memberships m ON m.digest = one.digest AND m.position <= one.position
    GROUP BY v.repository, m.layer
),
counted AS (
    SELECT repository, count(*) AS versions, CAST(sum(imagesAbove) AS BIGINT) AS images FROM versions GROUP BY repository
)
SELECT h.repository AS base, c.versions, c.images,
       CAST(sum(h.bytes) AS BIGINT) AS bytes,
       CAST(sum(CASE WHEN h.place > 1 THEN h.bytes ELSE 0 END) AS BIGINT) AS wouldSaveBytes
FROM held h JOIN counted c ON c.repository = h.repository
GROUP BY h.repository, c.versions, c.images
ORDER BY wouldSaveBytes DESC, base

-- What every question asks of the tables. Spark and DuckDB both read this file.

-- The run that is looked at, and the one before it.
CREATE OR REPLACE TEMPORARY VIEW run AS
SELECT * FROM runs WHERE run = (SELECT max(run) FROM runs);

CREATE OR REPLACE TEMPORARY VIEW images AS
SELECT * FROM all_images WHERE run = (SELECT max(run) FROM runs);

CREATE OR REPLACE TEMPORARY VIEW memberships AS
SELECT * FROM all_memberships WHERE run = (SELECT max(run) FROM runs);

CREATE OR REPLACE TEMPORARY VIEW failures AS
SELECT * FROM all_failures WHERE run = (SELECT max(run) FROM runs);

-- Each layer as it was read last: one whose table of contents did not tell enough is read again.
CREATE OR REPLACE TEMPORARY VIEW layers AS
SELECT l.* FROM all_layers l
JOIN (SELECT digest, max(run) AS run FROM all_layers GROUP BY digest) k ON k.digest = l.digest AND k.run = l.run;

CREATE OR REPLACE TEMPORARY VIEW entries AS
SELECT e.* FROM all_entries e JOIN layers l ON l.digest = e.digest AND l.run = e.run;

CREATE OR REPLACE TEMPORARY VIEW images_before AS
SELECT * FROM all_images WHERE run = (SELECT max(run) - 1 FROM runs);

CREATE OR REPLACE TEMPORARY VIEW memberships_before AS
SELECT * FROM all_memberships WHERE run = (SELECT max(run) - 1 FROM runs);

-- What a tag reaches: its image, an index's children, and what refers to one of these.
CREATE OR REPLACE TEMPORARY VIEW tagged AS
SELECT i.* FROM images i
WHERE i.tag IS NOT NULL
   OR i.about IN (SELECT digest FROM images WHERE tag IS NOT NULL)
   OR i.about IN (SELECT index FROM images WHERE tag IS NOT NULL AND index IS NOT NULL)
   OR i.index IN (SELECT index FROM images WHERE tag IS NOT NULL AND index IS NOT NULL);

-- Every list of layers that some image begins with: how many images do, how many are nothing else, and how they go on.
CREATE OR REPLACE TEMPORARY VIEW prefixes AS
SELECT m.chainID,
       max(m.position) AS position,
       count(DISTINCT m.digest) AS images,
       count(DISTINCT CASE WHEN n.chainID IS NULL THEN m.digest END) AS wholes,
       count(DISTINCT n.chainID) AS branches,
       count(DISTINCT i.repository) AS repositories
FROM memberships m
JOIN images i ON i.digest = m.digest
LEFT JOIN memberships n ON n.digest = m.digest AND n.position = m.position + 1
WHERE m.isTar
GROUP BY m.chainID;

-- A base is such a list with images above it that is an image itself, or from which images of several repositories go on.
CREATE OR REPLACE TEMPORARY VIEW bases AS
SELECT p.chainID, p.position, p.images - p.wholes AS imagesAbove, n.repository, n.name
FROM prefixes p
LEFT JOIN (
    SELECT m.chainID, min(i.repository) AS repository,
           min(concat(i.repository, ':', coalesce(i.tag, i.digest))) AS name
    FROM images i
    JOIN memberships m ON m.digest = i.digest AND m.position = i.layerCount - 1
    GROUP BY m.chainID
) n ON n.chainID = p.chainID
WHERE p.images > p.wholes AND (p.wholes > 0 OR p.branches > 1 AND p.repositories > 1);

-- Who reaches a layer by a tag. Where bases are an owner, a layer belongs to the smallest base that has it and is an image.
CREATE OR REPLACE TEMPORARY VIEW reach AS
WITH base_layers AS (
    SELECT m.digest, m.position,
           min(b.position) AS basePosition
    FROM memberships m
    JOIN memberships above ON above.digest = m.digest AND above.position >= m.position
    JOIN bases b ON b.chainID = above.chainID AND b.repository IS NOT NULL
    CROSS JOIN run
    WHERE run.basesOwn
    GROUP BY m.digest, m.position
)
SELECT DISTINCT
       CASE WHEN l.basePosition IS NULL THEN i.owner
            ELSE concat('base ', b.repository) END AS owner,
       m.layer, m.bytes
FROM tagged i
JOIN memberships m ON m.digest = i.digest
LEFT JOIN base_layers l ON l.digest = m.digest AND l.position = m.position
LEFT JOIN memberships top ON top.digest = m.digest AND top.position = l.basePosition
LEFT JOIN bases b ON b.chainID = top.chainID;

-- Layers in a listed image that no tag reaches. Over an API only what tags reach is listed: then this is empty and means nothing.
CREATE OR REPLACE TEMPORARY VIEW unreached AS
SELECT m.layer, max(m.bytes) AS bytes
FROM memberships m
WHERE m.layer NOT IN (SELECT layer FROM reach)
GROUP BY m.layer;

-- Tags that nobody pulled for 90 days and nothing runs. A pull or a use that is not known keeps.
CREATE OR REPLACE TEMPORARY VIEW unpulled AS
SELECT i.repository, i.tag, i.platform, i.digest, i.owner, i.lastPull, i.compressedBytes
FROM images i
CROSS JOIN run
WHERE i.tag IS NOT NULL AND i.lastPull < run.started - INTERVAL '90' DAY AND i.inUse = FALSE;

-- What may go, by the strongest reason. Nothing that was pushed in the last day goes, nor what is in use. Where something of a
-- repository could not be listed, a tag may reach what seems untagged: all of it stays. What something is about may not have been
-- listed, unless everything was.
CREATE OR REPLACE TEMPORARY VIEW leaving AS
SELECT i.digest,
       CASE WHEN i.inUse IS NULL THEN 'no tag reaches it, use unknown' ELSE 'no tag reaches it' END AS reason
FROM images i
CROSS JOIN run
WHERE i.digest NOT IN (SELECT digest FROM tagged)
  AND coalesce(i.inUse, FALSE) = FALSE
  AND (i.pushed IS NULL OR i.pushed < run.started - INTERVAL '1' DAY)
  AND (i.about IS NULL OR run.knowsUntagged OR i.about IN (SELECT digest FROM images))
  AND NOT EXISTS (SELECT 1 FROM failures f WHERE f.kind = 'listing' AND coalesce(f.repository, i.repository) = i.repository)
UNION
SELECT u.digest, 'not pulled for 90 days' AS reason
FROM unpulled u
WHERE u.digest NOT IN (
    SELECT t.digest FROM tagged t
    LEFT JOIN unpulled v ON v.repository = t.repository AND v.tag = t.tag AND v.digest = t.digest
    WHERE v.digest IS NULL
);

-- Cost by owner: each layer once (logical), what only the owner reaches (exclusive), the rest (shared), and each layer
-- divided by the owners that reach it (split). Split and unreached together are the layers' bytes, to the byte.
WITH numbered AS (
    SELECT owner, layer, bytes,
           count(*) OVER (PARTITION BY layer) AS owners,
           row_number() OVER (PARTITION BY layer ORDER BY owner) - 1 AS place
    FROM reach
)
SELECT owner,
       count(*) AS layers,
       CAST(sum(bytes) AS BIGINT) AS logicalBytes,
       CAST(sum(CASE WHEN owners = 1 THEN bytes ELSE 0 END) AS BIGINT) AS exclusiveBytes,
       CAST(sum(CASE WHEN owners > 1 THEN bytes ELSE 0 END) AS BIGINT) AS sharedBytes,
       CAST(sum((bytes - bytes % owners) / owners + CASE WHEN place < bytes % owners THEN 1 ELSE 0 END) AS BIGINT)
           AS splitBytes
FROM numbered
GROUP BY owner
ORDER BY splitBytes DESC, owner

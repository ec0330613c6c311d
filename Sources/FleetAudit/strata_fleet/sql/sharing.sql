-- What two repositories have in common: the 1,000 pairs with the most, since there are as many pairs as repositories squared. A
-- layer that more than 1,000 repositories have is a base: the base report has it.
WITH held AS (
    SELECT DISTINCT i.repository, m.layer, m.bytes
    FROM tagged i JOIN memberships m ON m.digest = i.digest
),
common AS (
    SELECT repository, layer, bytes FROM (
        SELECT repository, layer, bytes, count(*) OVER (PARTITION BY layer) AS holders FROM held
    ) AS counted
    WHERE holders BETWEEN 2 AND 1000
)
SELECT a.repository AS repository, b.repository AS other, count(*) AS layers, CAST(sum(a.bytes) AS BIGINT) AS bytes
FROM common a
JOIN common b ON b.layer = a.layer AND b.repository > a.repository
GROUP BY a.repository, b.repository
ORDER BY bytes DESC, repository, other
LIMIT 1000

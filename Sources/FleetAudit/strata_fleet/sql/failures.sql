-- What is missing: what could not be read or listed, and how many images lack figures for it.
SELECT f.kind, f.digest, f.source, f.repository, f.error, f.retry, count(DISTINCT m.digest) AS images
FROM failures f
LEFT JOIN memberships m ON m.layer = f.digest
GROUP BY f.kind, f.digest, f.source, f.repository, f.error, f.retry
ORDER BY images DESC, f.digest, f.repository

-- Tags that nobody pulled for 90 days and nothing runs, largest first.
SELECT repository, tag, max(owner) AS owner, max(lastPull) AS lastPull, count(*) AS images,
       CAST(sum(compressedBytes) AS BIGINT) AS compressedBytes
FROM unpulled
GROUP BY repository, tag
ORDER BY compressedBytes DESC, repository, tag

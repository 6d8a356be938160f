-- What holds of buckets and their ledger at every instant: each row of the answer is a finding.
-- One statement, hence one snapshot. Run by `manage.py check_ledger`, by a nightly task, and by the tests.
WITH explained AS (
    SELECT bucket_id,
           sum(amount) FILTER (WHERE kind IN ('grant', 'adjustment', 'transfer')) AS granted,
           sum(amount) FILTER (WHERE kind NOT IN ('overage', 'overageReversal', 'unlimited', 'unlimitedReversal'))
               AS remaining,
           -sum(amount) FILTER (WHERE kind IN ('reservation', 'release')) AS reserved,
           sum(amount) FILTER (WHERE kind IN ('overage', 'overageReversal')) AS overage,
           sum(CASE WHEN kind IN ('debit', 'reversal') THEN -amount
                    WHEN kind IN ('unlimited', 'unlimitedReversal') THEN amount END) AS used
    FROM consumption_ledgerentry GROUP BY bucket_id
), book AS (
    SELECT b.id, b.granted, b.remaining, b.reserved, b.overage, b.status,
           coalesce(e.granted, 0) AS e_granted, coalesce(e.remaining, 0) AS e_remaining,
           coalesce(e.reserved, 0) AS e_reserved, coalesce(e.overage, 0) AS e_overage, coalesce(e.used, 0) AS e_used
    FROM consumption_bucket b LEFT JOIN explained e ON e.bucket_id = b.id
), chained AS (
    SELECT bucket_id, id, resulting_remaining, amount, kind,
           lag(resulting_remaining, 1, 0) OVER (PARTITION BY bucket_id ORDER BY id) AS before,
           row_number() OVER (PARTITION BY bucket_id ORDER BY id DESC) AS from_last
    FROM consumption_ledgerentry
), counted AS (
    SELECT bucket_id, coalesce(sum(value) FILTER (WHERE counter_type = 'used'), 0) AS used,
           coalesce(sum(value) FILTER (WHERE counter_type = 'outOfBucket'), 0) AS beyond
    FROM consumption_bucketcounter GROUP BY bucket_id
), held AS (
    SELECT usage_id, bucket_id, kind IN ('debit', 'reversal') AS inside, kind IN ('overage', 'overageReversal') AS beyond,
           sum(amount) AS amount
    FROM consumption_ledgerentry
    WHERE usage_id <> '' AND kind <> 'expiry' GROUP BY 1, 2, 3, 4
)
SELECT 'balances are explained by entries' AS invariant, id AS subject,
       format('granted %s/%s remaining %s/%s reserved %s/%s overage %s/%s', granted, e_granted, remaining, e_remaining,
              reserved, e_reserved, overage, e_overage) AS detail
FROM book
WHERE (granted, remaining, reserved, overage) <> (e_granted, e_remaining, e_reserved, e_overage)
UNION ALL
SELECT 'no balance is negative', id, format('remaining %s reserved %s overage %s', remaining, reserved, overage)
FROM book WHERE remaining < 0 OR reserved < 0 OR overage < 0 OR granted < remaining + reserved
UNION ALL
SELECT 'nothing remains in an expired bucket', id, remaining::text FROM book WHERE status = 'expired' AND remaining <> 0
UNION ALL
SELECT 'each entry continues the one before', bucket_id, format('entry %s: %s then %s', id, before, resulting_remaining)
FROM chained
WHERE resulting_remaining <> before
      + CASE WHEN kind IN ('overage', 'overageReversal', 'unlimited', 'unlimitedReversal') THEN 0 ELSE amount END
UNION ALL
SELECT 'the last entry says what remains', c.bucket_id, format('%s but %s', c.resulting_remaining, b.remaining)
FROM chained c JOIN consumption_bucket b ON b.id = c.bucket_id
WHERE c.from_last = 1 AND c.resulting_remaining <> b.remaining
UNION ALL
SELECT 'counters count what entries took', b.id, format('used %s/%s beyond %s/%s', c.used, b.e_used, c.beyond, b.e_overage)
FROM book b LEFT JOIN counted c ON c.bucket_id = b.id
WHERE (coalesce(c.used, 0), coalesce(c.beyond, 0)) <> (b.e_used, b.e_overage)
UNION ALL
SELECT 'what is transferred arrives', key, sum(amount)::text
FROM consumption_ledgerentry WHERE kind = 'transfer' AND key <> '' GROUP BY key HAVING sum(amount) <> 0
UNION ALL
SELECT 'only a standing posting holds something', h.usage_id, format('%s of bucket %s', h.amount, h.bucket_id)
FROM held h
WHERE h.amount <> 0
  AND NOT EXISTS (SELECT 1 FROM consumption_posting p WHERE p.usage_id = h.usage_id AND p.reversed_at IS NULL)
UNION ALL
SELECT 'only a rated usage holds something', p.usage_id, coalesce(u.status, 'gone')
FROM consumption_posting p LEFT JOIN usage_usage u ON u.id = p.usage_id
WHERE p.reversed_at IS NULL AND u.status IS DISTINCT FROM 'rated' AND u.status IS DISTINCT FROM 'billed'
UNION ALL
SELECT 'a total is not negative', id, value::text FROM consumption_runningtotal WHERE value < 0

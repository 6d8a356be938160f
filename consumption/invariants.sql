-- What holds of usages, buckets, their ledger and events at every instant: each row of the answer is a finding.
-- One statement, hence one snapshot. Run by `manage.py check_ledger`, by a nightly task, and by the tests.
-- Each table is read once or twice from end to end and joined by hashing; documents are parsed of few usages only.
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
    SELECT usage_id, sequence, bucket_id, kind IN ('debit', 'reversal') AS inside,
           kind IN ('overage', 'overageReversal') AS beyond, sum(amount) AS amount
    FROM consumption_ledgerentry
    WHERE usage_id <> '' AND kind NOT IN ('expiry', 'expiryReversal') GROUP BY 1, 2, 3, 4, 5
), standing AS (
    SELECT usage_id, sequence, source, totals FROM consumption_posting WHERE reversed_at IS NULL
), posted AS (
    SELECT item ->> 0 AS id, sum((item ->> 1)::numeric) AS value
    FROM standing CROSS JOIN jsonb_array_elements(totals) AS items (item)
    WHERE totals <> '[]' GROUP BY 1
), owing AS NOT MATERIALIZED (
    SELECT u.id, u.document, u.specification_id, u.created_at FROM usage_usage u
    WHERE u.status IN ('rated', 'billed') AND NOT EXISTS (SELECT 1 FROM standing p WHERE p.usage_id = u.id)
), impacting AS (
    -- Only what certainly takes something: of a bucket that was kept here when the usage was rated, and no credit.
    SELECT o.id
    FROM owing o
    CROSS JOIN LATERAL (
        SELECT coalesce(max(c.at), o.created_at) AS at
        FROM usage_statuschange c WHERE c.usage_id = o.id AND c.to_status = 'rated'
    ) r
    CROSS JOIN LATERAL jsonb_path_query((o.document -> 'impactedBucket')::jsonb, '$[*]') AS impacts (impact)
    JOIN consumption_bucket b ON b.id = impact #>> '{bucket,id}' AND b.created_at < r.at - interval '1 minute'
    WHERE o.document::text LIKE '%"impactedBucket"%'
    GROUP BY o.id
    HAVING bool_or(jsonb_path_exists(impact, '$.item[*].amount.amount ? (@ > 0)'))
       AND NOT bool_or(jsonb_path_exists(impact, '$.item[*].amount.amount ? (@ < 0)'))
       AND NOT bool_or(jsonb_path_exists(impact, '$.item[*].itemType ? (@ like_regex "^credit$" flag "i")'))
), ruled AS (
    -- By a rule that was in force, and known to every process, when the usage was rated.
    SELECT DISTINCT o.id
    FROM consumption_consumptionrule c JOIN owing o ON o.specification_id = c.specification_id
    CROSS JOIN LATERAL (
        SELECT coalesce(max(s.at), o.created_at) AS at
        FROM usage_statuschange s WHERE s.usage_id = o.id AND s.to_status = 'rated'
    ) r
    WHERE c.active AND c.changed_at < r.at - interval '1 hour' AND o.document::text NOT LIKE '%"impactedBucket"%'
      AND (c.characteristic = '' OR (
          SELECT bool_and(v.value ->> 'value' ~ '^[0-9]{1,14}([.][0-9]{1,6})?$')
                 AND bool_or(v.value ->> 'value' ~ '[1-9]')
          FROM jsonb_path_query((o.document -> 'usageCharacteristic')::jsonb, '$[*]') AS v (value)
          WHERE v.value ->> 'name' = c.characteristic))
), kept AS (
    -- Events of the last days, as many as are certainly still there.
    SELECT now() - make_interval(days => coalesce(nullif(current_setting('tmfusage.event_days', true), ''), '1')::int)
           AS since
), listened AS (
    -- From when on somebody wanted every change of state. Clocks of processes differ by less than a minute.
    SELECT greatest(kept.since, min(h.created_at)) + interval '1 minute' AS since
    FROM hub_hub h, kept
    WHERE h.state <> 'gone' AND h.api = 'usageManagement' AND h.party = ''
      AND (cardinality(h.event_types) = 0 OR 'UsageStateChangeEvent' = ANY (h.event_types))
    GROUP BY kept.since
), moved AS (
    SELECT c.usage_id, count(*) FILTER (WHERE c.at > l.since) AS surely, count(*) AS perhaps
    FROM usage_statuschange c, listened l WHERE c.at > l.since - interval '1 minute' GROUP BY c.usage_id
), announced AS (
    -- Those before the usage was made are of another one, which had its id and was deleted.
    SELECT e.resource_id, count(*) FILTER (WHERE e.occurred_at > greatest(l.since, u.created_at)) AS surely,
           count(*) AS perhaps
    FROM listened l
    JOIN hub_event e ON e.occurred_at > l.since - interval '1 minute'
     AND e.api = 'usageManagement' AND e.event_type = 'UsageStateChangeEvent'
    JOIN usage_usage u ON u.id = e.resource_id
    GROUP BY e.resource_id
), listening AS (
    -- Listeners whose query is only about types of event, since staff last did something to them: when they let one
    -- go on, they may have left out what it had missed.
    SELECT h.id, h.api, h.party, h.event_types, greatest(h.created_at, kept.since, acted.at + interval '1 minute') AS since
    FROM kept, hub_hub h
    LEFT JOIN LATERAL (
        SELECT max(l.action_time) AS at FROM django_admin_log l JOIN django_content_type t ON t.id = l.content_type_id
        WHERE t.app_label = 'hub' AND t.model = 'hub' AND l.object_id = h.id
    ) acted ON true
    WHERE h.state = 'active' AND h.query ~ '^[?]?(eventType=[A-Za-z,]+)?(&?fields=[^&;]*)?$'
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
FROM held h LEFT JOIN standing p ON p.usage_id = h.usage_id AND p.sequence = h.sequence
WHERE h.amount <> 0 AND p.usage_id IS NULL
UNION ALL
SELECT 'a standing posting holds something', p.usage_id, format('rating %s, by %s', p.sequence, p.source)
FROM standing p
LEFT JOIN (SELECT DISTINCT usage_id, sequence FROM held WHERE amount <> 0) h
       ON h.usage_id = p.usage_id AND h.sequence = p.sequence
WHERE p.source <> 'none' AND p.totals = '[]' AND h.usage_id IS NULL
UNION ALL
SELECT 'only a rated usage holds something', p.usage_id, coalesce(u.status, 'gone')
FROM standing p LEFT JOIN usage_usage u ON u.id = p.usage_id
WHERE u.status IS DISTINCT FROM 'rated' AND u.status IS DISTINCT FROM 'billed'
UNION ALL
SELECT 'a rated usage has a rating', id, 'no ratedProductUsage'
FROM usage_usage WHERE status IN ('rated', 'billed') AND document -> 'ratedProductUsage' -> 0 IS NULL
UNION ALL
SELECT 'a rated usage takes what it demands', id, 'of a bucket that it names' FROM impacting
UNION ALL
SELECT 'a rated usage takes what it demands', id, 'by a consumption rule' FROM ruled
UNION ALL
SELECT 'a total is not negative', id, value::text FROM consumption_runningtotal WHERE value < 0
UNION ALL
SELECT 'totals are explained by postings', coalesce(t.id, p.id), format('%s/%s', t.value, p.value)
FROM consumption_runningtotal t FULL JOIN posted p ON p.id = t.id
WHERE coalesce(t.value, 0) <> coalesce(p.value, 0) OR t.id IS NULL
UNION ALL
SELECT 'every change of state is announced', m.usage_id, format('%s changes, %s events', m.surely, coalesce(a.perhaps, 0))
FROM moved m LEFT JOIN announced a ON a.resource_id = m.usage_id WHERE m.surely > coalesce(a.perhaps, 0)
UNION ALL
SELECT 'every announced change of state happened', a.resource_id,
       format('%s events, %s changes', a.surely, coalesce(m.perhaps, 0))
FROM announced a LEFT JOIN moved m ON m.usage_id = a.resource_id
WHERE a.surely > coalesce(m.perhaps, 0)
UNION ALL
SELECT 'every event reaches the listeners that are older', e.event_id, format('no delivery to %s', h.id)
FROM listening h
JOIN hub_event e ON e.api = h.api AND e.fanned_out_at IS NOT NULL AND e.occurred_at >= h.since
     AND (cardinality(h.event_types) = 0 OR e.event_type = ANY (h.event_types))
     AND (h.party = '' OR h.party = ANY (e.party_ids))
LEFT JOIN hub_delivery d ON d.event_seq = e.seq AND d.hub_id = h.id
WHERE d.id IS NULL

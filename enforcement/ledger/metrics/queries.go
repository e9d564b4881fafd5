package metrics

// labelled are the accounts that somebody said something of.
//
//   - known: one row an account, by its latest mature label. What a person
//     said outweighs what only hints at it, whenever that was.
//   - label: the same without those of whom only hints are known that do not
//     suffice: they are not labelled.
const labelled = `
WITH
known AS (
	SELECT
		l.site AS site, l.account AS account,
		argMax(l.value, (l.source NOT IN ('outcome', 'challenge'), l.time, l.id)) AS verdict,
		argMax(l.source, (l.source NOT IN ('outcome', 'challenge'), l.time, l.id)) AS origin,
		argMaxIf(l.operator, (l.time, l.id), l.operator != '') AS known_operator,
		if(known_operator = '', l.account, known_operator) AS stands_behind
	FROM labels AS l FINAL
	WHERE ({site:String} = '' OR l.site = {site:String})
		AND ({immature:Bool} OR l.visit_day <= {mature:Date32})
	GROUP BY l.site, l.account
),
label AS (
	SELECT * FROM known WHERE NOT (verdict = 'unknown' AND origin IN ('outcome', 'challenge'))
)
`

// seen are the period's requests of labelled accounts that were refused, or about
// an order, classified. Condensed ones stand for all that are alike (package
// digest), so they may be looked for, and the first and last of them found, but
// not counted.
const seen = labelled + `
SELECT s.site, s.account, toString(l.verdict), l.stands_behind, toString(s.kind), toUnixTimestamp64Milli(s.last) AS at, s.last_id, toString(s.pool), toString(s.day),
	s.order_id, toString(s.said), s.submit, s.blocked, s.challenged, s.reached, s.accepted, s.declined
FROM (SELECT * FROM (` + rows + `) WHERE weight < 2) AS s
INNER JOIN label AS l ON l.site = s.site AND l.account = s.account
ORDER BY s.site, s.account, at, s.last_id
`

// came are the requests that reached the booking system, and were about no order,
// of labelled accounts that were challenged.
const came = labelled + `
SELECT site, account, toString(kind), toString(pool), tupleElement(max((toUnixTimestamp64Milli(last), last_id)) AS latest, 1), tupleElement(latest, 2)
FROM (` + rows + `)
WHERE weight = 2 AND reached AND (site, account) IN (
	SELECT site, account FROM (` + rows + `) WHERE weight = 0 AND challenged AND (site, account) IN (SELECT site, account FROM label))
GROUP BY site, account, kind, pool, toStartOfFifteenMinutes(last)
`

// fates are what became of the orders of labelled accounts.
const fates = labelled + `
SELECT o.site AS site, o.order_id AS order_id,
	toString(argMax(o.state, (o.occurred_at, o.id))) AS last_state, countIf(o.state = 'confirmed') > 0 AS was_final
FROM outcomes AS o FINAL
WHERE o.occurred_at >= {from:DateTime64(3, 'UTC')} - INTERVAL 1 HOUR AND ({site:String} = '' OR o.site = {site:String})
	AND (o.site, o.order_id) IN (
		SELECT site, order_id FROM (` + rows + `)
		WHERE weight < 2 AND accepted AND order_id != '' AND (site, account) IN (SELECT site, account FROM label))
GROUP BY site, order_id
`

// labelCounts gives the accounts by their label's value and source, hints that do
// not suffice among them.
const labelCounts = labelled + `
SELECT verdict, origin, count() AS accounts FROM known GROUP BY verdict, origin ORDER BY verdict, origin
`

// coverage gives the accounts that tried to book without any mature label, and
// those whose labels are all immature.
const coverage = labelled + `
SELECT
	(SELECT uniqExact(site, account) FROM (` + rows + `)
		WHERE weight < 2 AND submit AND (site, account) NOT IN (SELECT site, account FROM label)) AS unlabelled,
	(SELECT count() FROM (
		SELECT m.site AS site, m.account AS account FROM labels AS m FINAL
		WHERE ({site:String} = '' OR m.site = {site:String}) GROUP BY m.site, m.account) AS every
		LEFT ANTI JOIN known AS l ON l.site = every.site AND l.account = every.account) AS immature_accounts
`

package metrics

// common are the expressions that the figures share. Its rows are already
// deduplicated.
//
//   - known: one row an account, by its latest mature label. What a person
//     said outweighs what only hints at it, whenever that was.
//   - label: the same without those of whom only hints are known that do not
//     suffice: they are not labelled.
//   - seen: the period's requests of known accounts, classified.
//   - owned: the orders they submitted, with what became of them.
const common = `
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
),
seen AS (
	SELECT
		e.site AS site, e.account AS account, e.kind AS kind, (e.time, e.id) AS moment,
		e.pool AS pool, e.day AS day, e.order_id AS order_id, e.order_state AS said,
		e.kind = 'order.submit' AS submit,
		e.disposition = 'refused' AND e.action = 'block' AS blocked,
		e.disposition = 'refused' AND e.action = 'challenge' AS challenged,
		e.disposition != 'refused' AS reached,
		e.disposition = 'forwarded' AND e.status BETWEEN 200 AND 299 AS accepted,
		e.disposition = 'forwarded' AND e.status BETWEEN 300 AND 499 AS declined
	FROM events AS e FINAL
	WHERE e.time >= {from:DateTime64(3, 'UTC')} AND e.time < {to:DateTime64(3, 'UTC')}
		AND e.account != ''
		AND ({site:String} = '' OR e.site = {site:String})
		AND ({pool:String} = '' OR e.pool = {pool:String})
),
placed AS (
	SELECT site, account, order_id, any(pool) AS pool, any(day) AS day, argMax(said, moment) AS said_last
	FROM seen
	WHERE submit AND accepted AND order_id != ''
	GROUP BY site, account, order_id
),
fate AS (
	SELECT
		o.site AS site, o.order_id AS order_id,
		argMax(o.state, (o.occurred_at, o.id)) AS last_state,
		countIf(o.state = 'confirmed') > 0 AS was_final
	FROM outcomes AS o FINAL
	WHERE o.occurred_at >= {from:DateTime64(3, 'UTC')} - INTERVAL 1 HOUR
		AND ({site:String} = '' OR o.site = {site:String})
	GROUP BY o.site, o.order_id
),
owned AS (
	SELECT
		p.site AS site, p.account AS account, p.pool AS pool, p.day AS day,
		multiIf(f.last_state != '', f.last_state, p.said_last != '', p.said_last, 'held') AS state,
		state NOT IN ('expired', 'cancelled', 'canceled', 'refunded', 'withdrawn') AS kept,
		state = 'withdrawn' AS withdrawn,
		withdrawn AND NOT f.was_final AS undone
	FROM placed AS p
	LEFT JOIN fate AS f ON f.site = p.site AND f.order_id = p.order_id
)
`

// perAccount gives what each account of the period met.
const perAccount = `
		SELECT site, account, max(tries > 0) AS attempted, max(blocks > 0) AS blocked_ever,
			max(challenges > 0) AS challenged_ever, max(last_challenge > last_reached) AS gave_up
		FROM (
			SELECT site, account, kind, countIf(submit) AS tries, countIf(blocked) AS blocks, countIf(challenged) AS challenges,
				maxIf(moment, challenged) AS last_challenge, maxIf(moment, reached) AS last_reached
			FROM seen
			GROUP BY site, account, kind
		)
		GROUP BY site, account
`

// perIntent gives the intents of the labelled scalpers.
const perIntent = `
	SELECT t.site AS site, t.operator AS operator, t.pool AS pool, t.day AS day,
		t.refusals > 0 OR t.acceptances > 0 OR t.declines = 0 AS counted,
		NOT r.kept_any AND (t.refusals > 0 OR r.undone_any) AS intercepted
	FROM (
		SELECT s.site AS site, l.stands_behind AS operator, s.pool AS pool, s.day AS day,
			countIf(s.blocked) AS refusals, countIf(s.accepted) AS acceptances, countIf(s.declined) AS declines
		FROM seen AS s
		INNER JOIN label AS l ON l.site = s.site AND l.account = s.account
		WHERE s.submit AND l.verdict = 'scalper'
		GROUP BY site, operator, pool, day
	) AS t
	LEFT JOIN (
		SELECT o.site AS site, l.stands_behind AS operator, o.pool AS pool, o.day AS day,
			max(o.kept) AS kept_any, max(o.undone) AS undone_any
		FROM owned AS o
		INNER JOIN label AS l ON l.site = o.site AND l.account = o.account
		WHERE l.verdict = 'scalper'
		GROUP BY site, operator, pool, day
	) AS r ON r.site = t.site AND r.operator = t.operator AND r.pool = t.pool AND r.day = t.day
`

// people gives, of the human accounts that tried to book or were kept from
// it: how many there are, how many were harmed, and how many were challenged.
const people = common + `
SELECT count() AS tried, countIf(harmed) AS harmed_people, countIf(challenged_ever) AS challenged_people
FROM (
	SELECT
		a.attempted AS attempted, a.challenged_ever AS challenged_ever,
		a.blocked_ever OR a.gave_up OR w.withdrawn_ever AS harmed
	FROM (` + perAccount + `) AS a
	INNER JOIN label AS l ON l.site = a.site AND l.account = a.account
	LEFT JOIN (
		SELECT site, account, max(withdrawn) AS withdrawn_ever FROM owned GROUP BY site, account
	) AS w ON w.site = a.site AND w.account = a.account
	WHERE l.verdict = 'human'
)
WHERE attempted OR harmed
`

// scalpers gives, of the scalper accounts that tried to book: how many there
// are, and how many kept a ticket.
const scalpers = common + `
SELECT count() AS tried, countIf(o.kept_any) AS kept_tickets
FROM (SELECT site, account FROM seen WHERE submit GROUP BY site, account) AS a
INNER JOIN label AS l ON l.site = a.site AND l.account = a.account
LEFT JOIN (
	SELECT site, account, max(kept) AS kept_any FROM owned GROUP BY site, account
) AS o ON o.site = a.site AND o.account = a.account
WHERE l.verdict = 'scalper'
`

// intents gives, of the scalpers' intents that stock and booking rules did not
// already refuse: how many there are, and how many were intercepted.
const intents = common + `
SELECT countIf(counted) AS intents, countIf(counted AND intercepted) AS intercepted_intents
FROM (
` + perIntent + `)
`

// labelCounts gives the accounts by their label's value and source, hints that do
// not suffice among them.
const labelCounts = common + `
SELECT verdict, origin, count() AS accounts FROM known GROUP BY verdict, origin ORDER BY verdict, origin
`

// coverage gives the accounts that tried to book without any mature label, and
// those whose labels are all immature.
const coverage = common + `
SELECT
	(SELECT count() FROM (SELECT site, account FROM seen WHERE submit GROUP BY site, account) AS a
		LEFT ANTI JOIN label AS l ON l.site = a.site AND l.account = a.account) AS unlabelled,
	(SELECT count() FROM (
		SELECT m.site AS site, m.account AS account FROM labels AS m FINAL
		WHERE ({site:String} = '' OR m.site = {site:String}) GROUP BY m.site, m.account) AS every
		LEFT ANTI JOIN known AS l ON l.site = every.site AND l.account = every.account) AS immature_accounts
`

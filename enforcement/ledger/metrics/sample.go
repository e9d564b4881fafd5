package metrics

import (
	"context"
	"fmt"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger/estimate"
)

// Basis says what the figures rest on.
type Basis string

// Bases of figures.
const (
	// FromSample: weighted estimates from the audit sample, good for all accounts
	// of the period.
	FromSample Basis = "sample"
	// FromLabels: plain shares of the accounts that happen to be labelled, because
	// none of them was drawn. They tell about those accounts only.
	FromLabels Basis = "labels"
)

// Valid reports whether b is a known basis.
func (b Basis) Valid() bool { return b == FromSample || b == FromLabels }

// drawn reads the sampled accounts of a period, alike ones as one row; any tells
// whether an account was drawn at all, also where its label is not mature.
func (r *Reader) drawn(ctx context.Context, params []any) (accounts []estimate.Account, some bool, err error) {
	var labels uint64
	if err := r.conn.QueryRow(ctx, drawnAtAll, params...).Scan(&labels); err != nil {
		return nil, false, fmt.Errorf("count the sample: %w", err)
	}
	if labels == 0 {
		return nil, false, nil
	}
	rows, err := r.conn.Query(ctx, units, params...)
	if err != nil {
		return nil, false, fmt.Errorf("read the sample: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a estimate.Account
		var label string
		err := rows.Scan(&label, &a.Probability, &a.Share, &a.Attempted, &a.Harmed, &a.Challenged, &a.Kept,
			&a.Intents, &a.Intercepted, &a.Count)
		if err != nil {
			return nil, false, fmt.Errorf("read the sample: %w", err)
		}
		a.Label = enforcement.LabelValue(label)
		accounts = append(accounts, a)
	}
	return accounts, true, rows.Err()
}

// sampled are the expressions about the audit sample.
//
//   - exposed: in which weeks of the period an account could have been drawn.
//   - unit: the account-weeks that were, with their probability and the share
//     of the account that each stands for. A census stands for all of it.
const sampled = `,
exposed AS (
	SELECT site, account, groupUniqArray(toDate32(toMonday(moment.1))) AS weeks
	FROM seen
	WHERE blocked OR challenged OR (startsWith(kind, 'order.') AND kind != 'order.read')
	GROUP BY site, account
),
unit AS (
	SELECT site, account, drawn.1 AS probability, drawn.2 AS share
	FROM (
		SELECT d.site AS site, d.account AS account,
			arrayJoin(if(maxIf(d.probability, d.census) > 0, [(maxIf(d.probability, d.census), 1.)],
				groupArrayIf((d.probability, 1 / length(x.weeks)), has(x.weeks, d.week)))) AS drawn
		FROM (
			SELECT m.site AS site, m.account AS account, m.week AS week, m.week <= toDate32('1970-01-01') AS census,
				max(m.inclusion) AS probability
			FROM labels AS m FINAL
			WHERE m.inclusion > 0 AND ({site:String} = '' OR m.site = {site:String})
			GROUP BY m.site, m.account, m.week
		) AS d
		INNER JOIN exposed AS x ON x.site = d.site AND x.account = d.account
		GROUP BY d.site, d.account
	)
)
`

// drawnAtAll counts the labels of drawn accounts that could count in the period.
const drawnAtAll = `
SELECT count() FROM labels AS m FINAL
WHERE m.inclusion > 0 AND ({site:String} = '' OR m.site = {site:String})
	AND (m.week <= toDate32('1970-01-01') OR (m.week >= toDate32(toMonday({from:DateTime64(3, 'UTC')}))
		AND m.week < {to:DateTime64(3, 'UTC')}))
`

// units gives the sampled accounts with mature labels and what became of them. An
// intent of several sampled accounts counts once, in equal parts.
const units = common + sampled + `
SELECT CAST(l.verdict AS String) AS verdict, u.probability AS probability, u.share AS share,
	p.attempted OR p.harmed AS tried, p.harmed AS harmed, p.challenged_ever AS challenged, p.kept_any AS kept,
	ifNull(i.intents, 0.) AS intents, ifNull(i.intercepted, 0.) AS intercepted, count() AS accounts
FROM unit AS u
INNER JOIN label AS l ON l.site = u.site AND l.account = u.account
INNER JOIN (
	SELECT a.site AS site, a.account AS account, a.attempted AS attempted, a.challenged_ever AS challenged_ever,
		a.blocked_ever OR a.gave_up OR w.withdrawn_ever AS harmed, w.kept_any AS kept_any
	FROM (` + perAccount + `) AS a
	LEFT JOIN (
		SELECT site, account, max(withdrawn) AS withdrawn_ever, max(kept) AS kept_any FROM owned GROUP BY site, account
	) AS w ON w.site = a.site AND w.account = a.account
) AS p ON p.site = u.site AND p.account = u.account
LEFT JOIN (
	SELECT m.site AS site, m.account AS account, sum(1 / q.sampled_accounts) AS intents,
		sumIf(1 / q.sampled_accounts, q.intercepted) AS intercepted
	FROM (
		SELECT s.site AS site, s.account AS account, any(b.stands_behind) AS operator, s.pool AS pool, s.day AS day
		FROM seen AS s
		INNER JOIN label AS b ON b.site = s.site AND b.account = s.account
		INNER JOIN (SELECT DISTINCT site, account FROM unit) AS n ON n.site = s.site AND n.account = s.account
		WHERE s.submit AND b.verdict = 'scalper'
		GROUP BY site, account, pool, day
	) AS m
	INNER JOIN (
		SELECT t.site AS site, t.operator AS operator, t.pool AS pool, t.day AS day, t.counted AS counted,
			t.intercepted AS intercepted, k.n AS sampled_accounts
		FROM (` + perIntent + `) AS t
		INNER JOIN (
			SELECT s.site AS site, b.stands_behind AS operator, s.pool AS pool, s.day AS day, uniqExact(s.account) AS n
			FROM seen AS s
			INNER JOIN label AS b ON b.site = s.site AND b.account = s.account
			INNER JOIN (SELECT DISTINCT site, account FROM unit) AS n ON n.site = s.site AND n.account = s.account
			WHERE s.submit AND b.verdict = 'scalper'
			GROUP BY site, operator, pool, day
		) AS k ON k.site = t.site AND k.operator = t.operator AND k.pool = t.pool AND k.day = t.day
	) AS q ON q.site = m.site AND q.operator = m.operator AND q.pool = m.pool AND q.day = m.day
	WHERE q.counted
	GROUP BY m.site, m.account
) AS i ON i.site = u.site AND i.account = u.account
GROUP BY verdict, probability, share, tried, harmed, challenged, kept, intents, intercepted
`

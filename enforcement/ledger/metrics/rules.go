package metrics

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement/ledger/database"
)

// RuleQuality is whom the requests belonged to that a rule fired on and that were
// refused with a block. Several rules may have fired on one request.
type RuleQuality struct {
	Rule string `json:"rule"`
	// People is human accounts blocked with this rule ÷ human accounts that tried
	// to book; Scalpers the same of scalpers.
	People   Figure `json:"blocked_human_rate"`
	Scalpers Figure `json:"blocked_scalper_rate"`
	// Unlabelled accounts were blocked, and nobody can say what they are.
	Unlabelled uint64 `json:"unlabelled_accounts"`
}

const ruleCounts = labelled + `
SELECT rule, countIf(verdict = 'human') AS people, countIf(verdict = 'scalper') AS hostile, countIf(verdict NOT IN ('human', 'scalper')) AS others
FROM (
	SELECT b.rule AS rule, l.verdict AS verdict
	FROM (
		SELECT site, account, arrayJoin(fired) AS rule FROM (` + rows + `) WHERE weight = 0 AND blocked
		GROUP BY site, account, rule
	) AS b
	LEFT JOIN label AS l ON l.site = b.site AND l.account = b.account
)
GROUP BY rule
ORDER BY rule
`

// Rules gives the figures of a period by rule, in order of name. It fails with
// ErrInvalidPeriod, or when the ledger cannot be read.
func (r *Reader) Rules(ctx context.Context, period Period, filter Filter) ([]RuleQuality, error) {
	if err := period.validate(); err != nil {
		return nil, fmt.Errorf("quality by rule: %w", err)
	}
	from, err := r.source(ctx, period, "")
	if err != nil {
		return nil, fmt.Errorf("quality by rule: %w", err)
	}
	params := append(r.params(period, filter), from.params...)
	f, err := r.facts(ctx, from, params)
	if err != nil {
		return nil, fmt.Errorf("quality by rule: %w", err)
	}
	all := f.tally(whole())[slot{}]
	tried, hostile := all.tried, all.hostile
	out, err := database.Read(ctx, r.conn, "rules", from.query(ruleCounts), params, func(rows driver.Rows, q *RuleQuality) error {
		var blockedPeople, blockedScalpers uint64
		err := rows.Scan(&q.Rule, &blockedPeople, &blockedScalpers, &q.Unlabelled)
		q.People = NewFigure(blockedPeople, max(tried, blockedPeople), tried)
		// Scalpers who never came to booking were blocked, too.
		q.Scalpers = NewFigure(blockedScalpers, max(hostile, blockedScalpers), hostile)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("quality by rule: %w", err)
	}
	return out, nil
}

// Funnel is what became of the accounts that were challenged, by what they are
// known to be. Solved and abandoned ones are shown ones; the rest did neither:
// they went on trying without a pass, or were let through when the rule no longer
// asked.
type Funnel struct {
	Verdict   string `json:"verdict" enum:"human,scalper,unknown,unlabelled"`
	Shown     uint64 `json:"shown" doc:"Accounts that were challenged"`
	Solved    uint64 `json:"solved" doc:"Of those, that later showed a pass"`
	Abandoned uint64 `json:"abandoned" doc:"Of those, that showed no pass and sent no request that reached the booking system after their last challenge"`
}

const funnels = labelled + `,
shown AS (
	SELECT site, account, first, last, passed, reached, challenged FROM (` + rows + `) WHERE weight = 0 AND challenged AND kind != 'beacon'
)
SELECT if(l.verdict = '', 'unlabelled', l.verdict) AS known, count() AS shown_to, countIf(c.solved) AS solved_ones, countIf(NOT c.solved AND c.gave_up) AS abandoned
FROM (
	SELECT site, account, minIf(first, challenged) AS first_challenge, maxIf(last, challenged) AS last_challenge,
		maxIf(last, passed) > first_challenge AS solved, maxIf(last, reached) < last_challenge AS gave_up
	FROM (
		SELECT * FROM shown
		UNION ALL
		SELECT site, account, first, last, passed, reached, toUInt8(0) FROM (` + rows + `)
		WHERE (reached OR passed) AND kind != 'beacon' AND (site, account) IN (SELECT site, account FROM shown)
	)
	GROUP BY site, account
) AS c
LEFT JOIN label AS l ON l.site = c.site AND l.account = c.account
GROUP BY known
ORDER BY known
`

// Challenges gives the funnel of a period. It fails with ErrInvalidPeriod, or
// when the ledger cannot be read.
func (r *Reader) Challenges(ctx context.Context, period Period, filter Filter) ([]Funnel, error) {
	if err := period.validate(); err != nil {
		return nil, fmt.Errorf("challenge funnel: %w", err)
	}
	from, err := r.source(ctx, period, "")
	if err != nil {
		return nil, fmt.Errorf("challenge funnel: %w", err)
	}
	params := append(r.params(period, filter), from.params...)
	out, err := database.Read(ctx, r.conn, "challenges", from.query(funnels), params, func(rows driver.Rows, f *Funnel) error {
		return rows.Scan(&f.Verdict, &f.Shown, &f.Solved, &f.Abandoned)
	})
	if err != nil {
		return nil, fmt.Errorf("challenge funnel: %w", err)
	}
	return out, nil
}

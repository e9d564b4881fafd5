package metrics

import (
	"context"
	"fmt"
	"time"
)

// Boot is one run of one gateway, as its events' sequence numbers tell it.
type Boot struct {
	Gateway string `json:"gateway"`
	Boot    string `json:"boot"`
	// First and Last are the lowest and highest sequence numbers seen in the
	// period; First is 1 for a boot that began in it.
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
	// Received events are in the ledger; Lost ones are the numbers from First
	// to Last that are not.
	Received uint64    `json:"received"`
	Lost     uint64    `json:"lost"`
	Began    time.Time `json:"began"` // time of the first event in the period
	Ended    time.Time `json:"ended"` // and of the last
}

// gaps looks at whole boots, so that one that began before the period is not
// taken for one whose beginning was lost. Repeats have the same number.
const gaps = `
SELECT gateway, boot,
	if(countIf(before) > 0, minIf(seq, NOT before), 1) AS first,
	maxIf(seq, NOT before) AS last,
	uniqExactIf(seq, NOT before) AS received,
	minIf(time, NOT before) AS began,
	maxIf(time, NOT before) AS ended
FROM (
	SELECT gateway, boot, seq, time, time < {from:DateTime64(3, 'UTC')} AS before
	FROM events
	WHERE time < {to:DateTime64(3, 'UTC')} AND seq > 0 AND (gateway, boot) IN (
		SELECT gateway, boot FROM events
		WHERE time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')}
	)
)
GROUP BY gateway, boot
ORDER BY gateway, began, boot
`

// Gaps counts, for each boot of a gateway with events in the period, the
// events that never reached the ledger. What a boot lost after its last event
// cannot be seen, and what is still on its way looks lost: end the period a
// minute ago. Events without a number (replayed logs) are passed over.
func (r *Reader) Gaps(ctx context.Context, period Period) ([]Boot, error) {
	if err := period.validate(); err != nil {
		return nil, fmt.Errorf("gaps: %w", err)
	}
	rows, err := r.conn.Query(ctx, gaps, period.params()...)
	if err != nil {
		return nil, fmt.Errorf("gaps: %w", err)
	}
	defer func() { _ = rows.Close() }()
	boots := []Boot{}
	for rows.Next() {
		var b Boot
		if err := rows.Scan(&b.Gateway, &b.Boot, &b.First, &b.Last, &b.Received, &b.Began, &b.Ended); err != nil {
			return nil, fmt.Errorf("gaps: %w", err)
		}
		b.Began, b.Ended = b.Began.UTC(), b.Ended.UTC()
		if expected := b.Last - b.First + 1; expected > b.Received {
			b.Lost = expected - b.Received
		}
		boots = append(boots, b)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("gaps: %w", err)
	}
	return boots, nil
}

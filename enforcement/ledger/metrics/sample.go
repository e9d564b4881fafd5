package metrics

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger/database"
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

// drawn are the sampled accounts of a period with mature labels and what became of
// them; some tells whether an account was drawn at all, also where its label is
// not mature. An intent of several sampled accounts counts once, in equal parts.
func (r *Reader) drawn(ctx context.Context, f facts, params []any) (accounts []estimate.Account, some bool, err error) {
	var labels uint64
	if err := r.conn.QueryRow(ctx, drawnAtAll, params...).Scan(&labels); err != nil {
		return nil, false, fmt.Errorf("count the sample: %w", err)
	}
	if labels == 0 {
		return nil, false, nil
	}
	draws, err := database.Read(ctx, r.conn, "the sample", drawnText, params, func(rows driver.Rows, d *draw) error {
		return rows.Scan(&d.site, &d.account, &d.week, (*flag)(&d.census), &d.probability)
	})
	if err != nil {
		return nil, false, err
	}
	return f.units(draws), true, nil
}

// draw is an account that was drawn in a week, or in a census of all.
type draw struct {
	accountKey
	week        int64 // its Monday, in days since 1970
	census      bool
	probability float64
}

// drawnText gives the draws, those of an account together.
const drawnText = `
SELECT m.site, m.account, toInt64(toInt32(m.week)) AS monday, m.week <= toDate32('1970-01-01') AS census, max(m.inclusion)
FROM labels AS m FINAL
WHERE m.inclusion > 0 AND ({site:String} = '' OR m.site = {site:String})
GROUP BY m.site, m.account, m.week
ORDER BY m.site, m.account, monday
`

// drawnAtAll counts the labels of drawn accounts that could count in the period.
const drawnAtAll = `
SELECT count() FROM labels AS m FINAL
WHERE m.inclusion > 0 AND ({site:String} = '' OR m.site = {site:String})
	AND (m.week <= toDate32('1970-01-01') OR (m.week >= toDate32(toMonday({from:DateTime64(3, 'UTC')}))
		AND m.week < {to:DateTime64(3, 'UTC')}))
`

// units are the account-weeks that were drawn, with their probability and the
// share of the account that each stands for: an account could have been drawn in
// each week in which it was refused, or asked for something about an order. A
// census stands for all of it.
func (f facts) units(draws []draw) []estimate.Account {
	weeks := map[accountKey]map[int64]bool{}
	for _, q := range f.requests {
		if weeks[q.accountKey] == nil {
			weeks[q.accountKey] = map[int64]bool{}
		}
		weeks[q.accountKey][mondayOf(q.at)] = true
	}
	census := map[accountKey]float64{}
	for _, d := range draws {
		if d.census {
			census[d.accountKey] = max(census[d.accountKey], d.probability)
		}
	}
	units, in := []draw{}, map[accountKey]bool{}
	for _, d := range draws {
		exposed := weeks[d.accountKey]
		if whole := census[d.accountKey]; exposed == nil || whole > 0 && !d.census || whole == 0 && !exposed[d.week] {
			continue
		}
		in[d.accountKey] = true
		units = append(units, d)
	}
	wanted, stopped := f.shared(in)
	all := f.met(whole())
	out := make([]estimate.Account, 0, len(units))
	for _, u := range units {
		m, share := all[metKey{accountKey: u.accountKey}], 1.
		if !u.census {
			share = 1 / float64(len(weeks[u.accountKey]))
		}
		harmed, verdict := m.harmed(), f.accounts[u.accountKey].verdict
		out = append(out, estimate.Account{
			Label: verdict, Probability: u.probability, Share: share,
			Attempted: m.attempted || harmed && verdict != enforcement.LabelScalper, Harmed: harmed, Challenged: m.challenged, Kept: m.kept,
			Intents: wanted[u.accountKey], Intercepted: stopped[u.accountKey], Count: 1,
		})
	}
	return out
}

// shared gives the intents of the sampled accounts, and those intercepted. An
// intent of several accounts counts once, in equal parts: of all that are known
// to be its operator's, drawn or not. Were it shared by those drawn alone, an
// intent would count the more the more accounts it has, as any of them may be
// drawn.
func (f facts) shared(sampled map[accountKey]bool) (wanted, stopped map[accountKey]float64) {
	owners := map[intentKey][]accountKey{}
	had := map[accountKey]map[intentKey]bool{}
	for _, q := range f.requests {
		key, scalper := f.intentOf(q.accountKey, q.pool, q.day)
		if !q.submit || !scalper || had[q.accountKey][key] {
			continue
		}
		if had[q.accountKey] == nil {
			had[q.accountKey] = map[intentKey]bool{}
		}
		had[q.accountKey][key] = true
		owners[key] = append(owners[key], q.accountKey)
	}
	wanted, stopped = map[accountKey]float64{}, map[accountKey]float64{}
	counts := map[accountKey]map[int][2]uint64{} // by how many share, so that sums do not depend on an order
	for key, i := range f.intents() {
		if !i.counted() {
			continue
		}
		n := len(owners[key])
		for _, a := range owners[key] {
			if !sampled[a] {
				continue
			}
			if counts[a] == nil {
				counts[a] = map[int][2]uint64{}
			}
			c := counts[a][n]
			c[0]++
			c[1] += one(i.intercepted())
			counts[a][n] = c
		}
	}
	for a, by := range counts {
		for _, n := range slices.Sorted(maps.Keys(by)) {
			wanted[a] += float64(by[n][0]) / float64(n)
			stopped[a] += float64(by[n][1]) / float64(n)
		}
	}
	return wanted, stopped
}

// mondayOf is the Monday of a moment's week in UTC, in days since 1970, which
// began on a Thursday.
func mondayOf(at instant) int64 {
	day := at.ms / (24 * 3600 * 1000)
	return day - (day+3)%7
}

package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"fairgate/enforcement/ledger/chdb"
	"fairgate/enforcement/ledger/database"
	"fairgate/enforcement/ledger/dossier"
	"fairgate/enforcement/ledger/live"
	"fairgate/enforcement/ledger/lookup"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/enforcement/ledger/rulehits"
)

// example is an order of the ledger's last day, from which questions start.
type example struct{ id, account, device, receipt, phone, order string }

const exampleText = `
SELECT id, account, device, receipt, phone, order_id FROM events
WHERE site = '` + benchSite + `' AND time >= fromUnixTimestamp64Milli(toInt64(%d)) AND time < fromUnixTimestamp64Milli(toInt64(%d)) AND kind = 'order.submit' AND %s
ORDER BY time LIMIT 1`

func exampleOf(ctx context.Context, conn database.Conn, now time.Time, which string) (example, error) {
	var e example
	text := fmt.Sprintf(exampleText, now.Add(-48*time.Hour).UnixMilli(), now.UnixMilli(), which)
	if err := conn.QueryRow(ctx, text).Scan(&e.id, &e.account, &e.device, &e.receipt, &e.phone, &e.order); err != nil {
		return e, fmt.Errorf("find an example where %s: %w", which, err)
	}
	return e, nil
}

// examples are a person's order that was accepted, and a machine's that was not.
func examples(ctx context.Context, conn database.Conn, now time.Time) (person, machine example, err error) {
	if person, err = exampleOf(ctx, conn, now, "startsWith(account, 'u') AND order_id != ''"); err != nil {
		return person, machine, err
	}
	machine, err = exampleOf(ctx, conn, now, "startsWith(account, 'm') AND receipt != ''")
	return person, machine, err
}

// consoleQuestions are those of the console's endpoints that read the ledger.
func consoleQuestions(ctx context.Context, engine *chdb.Supervisor, now time.Time, plain bool) (_ []question, closeAll func() error, err error) {
	var closers []io.Closer
	closeAll = func() error {
		var errs []error
		for _, c := range closers {
			errs = append(errs, c.Close())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll())
		}
	}()
	clock := func() time.Time { return now }
	figures, err := metrics.Open(engine.Reader(), metrics.Options{Now: clock})
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, figures)
	events, err := metrics.Open(engine.Reader(), metrics.Options{Now: clock, Plain: true})
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, events)
	hits, err := rulehits.Open(engine.Reader())
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, hits)
	accounts, err := dossier.Open(engine.Reader(), clock)
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, accounts)
	found, err := lookup.Open(engine.Reader())
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, found)
	seconds, err := live.Open(engine.Reader())
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, seconds)
	conn, err := database.Open(engine.Reader())
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, conn)
	person, machine, err := examples(ctx, conn, now)
	if err != nil {
		return nil, nil, err
	}
	all := append(figureQuestions(figures, now, ""), ledgerQuestions(hits, seconds, now)...)
	all = append(all, accountQuestions(accounts, found, now, person, machine)...)
	if plain {
		for _, q := range figureQuestions(events, now, ", of the events") {
			q.once = true
			all = append(all, q)
		}
	}
	return all, closeAll, nil
}

// lastDays are the last days at the venue, as the console asks for them: from
// midnight to the end of the present hour.
func lastDays(now time.Time, days int) metrics.Period {
	end := now.Truncate(time.Hour).Add(time.Hour)
	zone := time.FixedZone("venue", 8*3600)
	y, m, d := now.In(zone).Date()
	return metrics.Period{From: time.Date(y, m, d-days+1, 0, 0, 0, 0, zone), To: end}
}

func figureQuestions(r *metrics.Reader, now time.Time, how string) []question {
	filter := metrics.Filter{Site: benchSite}
	series := func(days int, step metrics.Step, byPool bool) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := r.Series(ctx, lastDays(now, days), metrics.SeriesFilter{Filter: filter, Step: step, ByPool: byPool, Zone: "Asia/Shanghai"})
			return err
		}
	}
	var out []question
	for _, days := range []int{1, 7, 30} {
		out = append(out, question{endpoint: fmt.Sprintf("GET /quality, %d days%s", days, how), ask: func(ctx context.Context) error {
			_, err := r.Quality(ctx, lastDays(now, days), filter)
			return err
		}})
	}
	return append(out,
		question{endpoint: "GET /quality/series, 1 day by hour" + how, ask: series(1, metrics.Hourly, false)},
		question{endpoint: "GET /quality/series, 7 days by day" + how, ask: series(7, metrics.Daily, false)},
		question{endpoint: "GET /quality/series, 30 days by day" + how, ask: series(30, metrics.Daily, false)},
		question{endpoint: "GET /quality/series, 30 days by pool" + how, ask: series(30, metrics.Daily, true)},
		question{endpoint: "GET /quality/rules, 30 days" + how, ask: func(ctx context.Context) error {
			_, err := r.Rules(ctx, lastDays(now, 30), filter)
			return err
		}},
		question{endpoint: "GET /quality/challenges, 30 days" + how, ask: func(ctx context.Context) error {
			_, err := r.Challenges(ctx, lastDays(now, 30), filter)
			return err
		}})
}

func ledgerQuestions(hits *rulehits.Reader, seconds *live.Reader, now time.Time) []question {
	sample := func(q rulehits.Asked) func(context.Context) error {
		q.From, q.To, q.Limit = now.Add(-24*time.Hour), now, 20
		return func(ctx context.Context) error {
			_, err := hits.Samples(ctx, benchSite, q)
			return err
		}
	}
	return []question{
		{endpoint: "GET /rule-hits, 24 hours", ask: func(ctx context.Context) error {
			_, err := hits.Rules(ctx, benchSite, now.Add(-24*time.Hour), now)
			return err
		}},
		{endpoint: "GET /rule-hits, 30 days", ask: func(ctx context.Context) error {
			_, err := hits.Rules(ctx, benchSite, now.AddDate(0, 0, -30), now)
			return err
		}},
		{endpoint: "GET /event-samples", ask: sample(rulehits.Asked{})},
		{endpoint: "GET /event-samples, blocked", ask: sample(rulehits.Asked{Action: "block"})},
		{endpoint: "GET /event-samples, of an unknown rule", ask: sample(rulehits.Asked{Rule: "no-such-rule"})},
		{endpoint: "GET /live/history", ask: func(ctx context.Context) error {
			_, err := seconds.Seconds(ctx, benchSite, live.Last(now, 10*time.Minute))
			return err
		}},
		{endpoint: "GET /engines (ledger)", ask: seconds.Ping},
	}
}

func accountQuestions(accounts *dossier.Reader, found *lookup.Reader, now time.Time, person, machine example) []question {
	var out []question
	for _, one := range []struct {
		name string
		example
	}{{"a person", person}, {"a machine", machine}} {
		name, e := one.name, one.example
		out = append(out,
			question{endpoint: "GET /accounts/{id}/timeline, " + name, ask: func(ctx context.Context) error {
				_, err := accounts.Timeline(ctx, benchSite, e.account, now, 300)
				return err
			}},
			question{endpoint: "GET /links, 7 days, " + name, ask: func(ctx context.Context) error {
				_, err := accounts.Links(ctx, benchSite, []string{e.account}, 7)
				return err
			}},
			question{endpoint: "GET /links, 31 days, " + name, ask: func(ctx context.Context) error {
				_, err := accounts.Links(ctx, benchSite, []string{e.account}, 31)
				return err
			}},
			question{endpoint: "GET /fingerprints/{id}, 7 days, " + name, ask: func(ctx context.Context) error {
				_, err := accounts.Fingerprint(ctx, benchSite, e.device, 7)
				return err
			}},
			question{endpoint: "GET /events/{id}/explanation, " + name, ask: func(ctx context.Context) error {
				_, err := found.Find(ctx, benchSite, e.id)
				return err
			}})
	}
	search := func(by lookup.Key, value string) question {
		return question{endpoint: "GET /search by " + string(by), ask: func(ctx context.Context) error {
			_, err := found.Timeline(ctx, benchSite, lookup.Search{By: by, Values: []string{value}, Before: now})
			return err
		}}
	}
	return append(out, search(lookup.ByAccount, person.account), search(lookup.ByAccount, "nobody"), search(lookup.ByReceipt, machine.receipt),
		search(lookup.ByOrder, person.order), search(lookup.ByPhone, person.phone))
}

package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Options of a booking benchmark.
type Options struct {
	Exe     string // the fairgate binary
	DSN     string // of a PostgreSQL to use; empty: one of its own
	Places  int
	Clients int
	Rate    float64 // bookings a second of the open loop
	Kill    bool    // kill -9 in the middle, and restart
	Out     io.Writer
}

// Report is what was measured.
type Report struct {
	Places int `json:"places"`
	// Accepted bookings stand in SQL at the end; Confirmed ones a client was
	// told of. A booking may be accepted and its answer lost with the process.
	Accepted  int `json:"accepted"`
	Confirmed int `json:"confirmed"`
	Oversold  int `json:"oversold"`
	Lost      int `json:"lost"` // confirmed to a client and absent in SQL
	// AcceptedPerSecond is the closed loop's, until sold out.
	AcceptedPerSecond float64 `json:"accepted_per_second"`
	// P50Ms and P99Ms are of the open loop, from when a booking was due.
	P50Ms float64 `json:"p50_ms"`
	P99Ms float64 `json:"p99_ms"`
	// Offered and Achieved are the open loop's bookings a second.
	Offered  float64 `json:"offered_per_second"`
	Achieved float64 `json:"achieved_per_second"`
	// Refused bookings came after the last place was gone; Failed ones had no
	// usable answer.
	Refused           int     `json:"refused"`
	RefusalsPerSecond float64 `json:"refusals_per_second"`
	Failed            int     `json:"failed"`
	Killed            bool    `json:"killed"`
}

// Booking sells Places places of one day over HTTP with demand without end,
// then measures latency open loop on another day, then counts in SQL.
func Booking(ctx context.Context, o Options) (_ *Report, err error) {
	g, err := newRig(ctx, o.Exe, o.DSN, o.Out)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	l, err := newLoad(ctx, g.Ticketing, o)
	if err != nil {
		return nil, err
	}
	r := &Report{Places: o.Places, Killed: o.Kill}
	g.say("closed loop: %d clients, %d places", o.Clients, o.Places)
	if err := l.sell(ctx, r, o, g.Ticketing); err != nil {
		return nil, err
	}
	g.say("sold out: %.0f accepted/s, then %.0f refusals/s", r.AcceptedPerSecond, r.RefusalsPerSecond)
	g.say("open loop: %.0f bookings/s", o.Rate)
	r.P50Ms, r.P99Ms, r.Achieved = openLoop(ctx, o.Out, o.Rate, openLoopLength, 4*o.Clients, func(int) bool {
		order, _ := l.book(ctx, l.second)
		return order != ""
	})
	r.Offered = o.Rate
	return r, l.audit(ctx, r, g.dsn)
}

// openLoopLength is how long the open loop of bookings lasts.
const openLoopLength = 5 * time.Second

// sell runs the closed loop until sold out, and half a second beyond.
func (l *load) sell(ctx context.Context, r *Report, o Options, t *Ticketing) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	var accepted, refused, failed atomic.Int64
	var soldOut atomic.Int64 // Unix nanoseconds
	var clients sync.WaitGroup
	start := time.Now()
	for range o.Clients {
		clients.Go(func() {
			for ctx.Err() == nil {
				switch order, code := l.book(ctx, l.first); {
				case order != "":
					accepted.Add(1)
				case code == "sold_out":
					soldOut.CompareAndSwap(0, time.Now().UnixNano())
					refused.Add(1)
				default:
					failed.Add(1)
				}
				if at := soldOut.Load(); at != 0 && time.Now().UnixNano()-at > int64(500*time.Millisecond) {
					return
				}
			}
		})
	}
	var watchers sync.WaitGroup
	watchers.Go(func() { progress(ctx, o.Out, "accepted", &accepted) })
	defer watchers.Wait()
	killed := make(chan error, 1)
	go func() {
		killed <- killOnce(ctx, o.Kill, t, o.Out, func() bool { return int(accepted.Load()) >= o.Places/2 })
	}()
	clients.Wait()
	cancel()
	if err := <-killed; err != nil {
		return err
	}
	end := time.Unix(0, soldOut.Load())
	if soldOut.Load() == 0 {
		return errors.New("the places were not sold within five minutes")
	}
	r.AcceptedPerSecond = float64(accepted.Load()) / end.Sub(start).Seconds()
	r.Refused, r.Failed = int(refused.Load()), int(failed.Load())
	r.RefusalsPerSecond = float64(refused.Load()) / time.Since(end).Seconds()
	return nil
}

// progress prints a count once a second until the context ends.
func progress(ctx context.Context, out io.Writer, what string, count *atomic.Int64) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var before int64
	for {
		select {
		case <-tick.C:
			now := count.Load()
			_, _ = fmt.Fprintf(out, "  %d %s, %d in the last second\n", now, what, now-before)
			before = now
		case <-ctx.Done():
			return
		}
	}
}

// killOnce kills the process once it is half-way, and starts it again.
func killOnce(ctx context.Context, kill bool, t *Ticketing, out io.Writer, halfWay func() bool) error {
	if !kill {
		return nil
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !halfWay() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("half of it was never done")
		}
	}
	_, _ = fmt.Fprintln(out, "kill -9 half-way")
	if err := t.Kill(); err != nil {
		return fmt.Errorf("kill: %w", err)
	}
	return t.Start(context.WithoutCancel(ctx))
}

// openLoop does something so often a second, each when it is due, and measures
// each from then. It gives quantiles in milliseconds, and how many a second did
// what they should.
func openLoop(ctx context.Context, out io.Writer, rate float64, length time.Duration, senders int, do func(i int) bool) (p50, p99, achieved float64) {
	pace := NewPace(rate, length)
	took := make([]time.Duration, pace.n)
	var done atomic.Int64
	var group, watchers sync.WaitGroup
	watching, stop := context.WithCancel(ctx)
	watchers.Go(func() { progress(watching, out, "done", &done) })
	defer watchers.Wait()
	defer stop()
	for range senders {
		group.Go(func() {
			for i, due := range pace.Due(ctx) {
				if do(i) {
					done.Add(1)
				}
				took[i] = time.Since(due)
			}
		})
	}
	group.Wait()
	return QuantileMs(took, 0.5), QuantileMs(took, 0.99), float64(done.Load()) / pace.Elapsed().Seconds()
}

// audit counts in SQL what is true.
func (l *load) audit(ctx context.Context, r *Report, dsn string) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return fmt.Errorf("open postgres: %w", err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(ctx, `SELECT id FROM orders WHERE pool_id = $1 AND day = $2 AND state IN ('held', 'provisional', 'confirmed')`, l.pool, l.first)
	if err != nil {
		return fmt.Errorf("count the orders: %w", err)
	}
	defer func() { _ = rows.Close() }()
	stored := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("count the orders: %w", err)
		}
		stored[id] = true
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("count the orders: %w", err)
	}
	r.Accepted, r.Oversold = len(stored), max(0, len(stored)-r.Places)
	for _, id := range l.confirmed {
		r.Confirmed++
		if !stored[id] {
			r.Lost++
		}
	}
	return nil
}

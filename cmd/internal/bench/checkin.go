package bench

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// CheckInOptions are those of a check-in benchmark.
type CheckInOptions struct {
	Exe       string // the fairgate binary
	DSN       string // of a PostgreSQL to use; empty: one of its own
	Tickets   int    // of the closed loop
	Terminals int
	Clients   int
	Rate      float64       // scans a second of the open loop
	Length    time.Duration // of the open loop
	Kill      bool          // kill -9 in the middle, and restart
	Out       io.Writer
}

// CheckInReport is what was measured.
type CheckInReport struct {
	Tickets   int `json:"tickets"`
	Terminals int `json:"terminals"`
	// Entered tickets stand in SQL at the end; Accepted ones a terminal was told
	// of. With the process an answer may be lost, but not for good: the terminal
	// asks again with the same nonce.
	Entered  int `json:"entered"`
	Accepted int `json:"accepted"`
	Twice    int `json:"twice"`   // tickets that entered more than once
	Lost     int `json:"lost"`    // a terminal was told of, and absent in SQL
	Refused  int `json:"refused"` // first scans that were answered otherwise than accepted
	Repeated int `json:"repeated"`
	Failed   int `json:"failed"` // tries without a usable answer
	// ScansPerSecond is the closed loop's.
	ScansPerSecond float64 `json:"scans_per_second"`
	// P50Ms and P99Ms are of the open loop, from when a scan was due.
	P50Ms float64 `json:"p50_ms"`
	P99Ms float64 `json:"p99_ms"`
	// Offered and Achieved are the open loop's scans a second.
	Offered  float64 `json:"offered_per_second"`
	Achieved float64 `json:"achieved_per_second"`
	Killed   bool    `json:"killed"`
}

// CheckIn books tickets for today over HTTP, scans those of one part as fast as
// they go and of another open loop, every tenth by its document, then counts in
// SQL.
func CheckIn(ctx context.Context, o CheckInOptions) (_ *CheckInReport, err error) {
	rig, err := newRig(ctx, o.Exe, o.DSN, o.Out)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rig.close()) }()
	paced := int(o.Rate * o.Length.Seconds())
	rig.say("booking %d tickets, signing %d terminals in", o.Tickets+paced, o.Terminals)
	g, err := newGates(ctx, rig.Ticketing, o, o.Tickets+paced)
	if err != nil {
		return nil, err
	}
	r := &CheckInReport{Tickets: len(g.tickets), Terminals: o.Terminals, Killed: o.Kill}
	rig.say("closed loop: %d clients, %d tickets", o.Clients, o.Tickets)
	if err := g.closedLoop(ctx, r, o, rig.Ticketing); err != nil {
		return nil, err
	}
	rig.say("%.0f scans/s; open loop: %.0f scans/s", r.ScansPerSecond, o.Rate)
	r.P50Ms, r.P99Ms, r.Achieved = openLoop(ctx, o.Out, o.Rate, o.Length, 4*o.Clients, func(i int) bool { return g.enter(ctx, o.Tickets+i) })
	r.Offered = o.Rate
	r.Accepted, r.Refused = int(g.accepted.Load()), int(g.refused.Load())
	r.Repeated, r.Failed = int(g.repeated.Load()), int(g.failed.Load())
	return r, g.audit(ctx, r, rig.dsn)
}

// closedLoop scans the tickets of the first part, every client one after
// another.
func (g *gates) closedLoop(ctx context.Context, r *CheckInReport, o CheckInOptions, t *Ticketing) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	var next atomic.Int64
	var clients sync.WaitGroup
	start := time.Now()
	for range o.Clients {
		clients.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= o.Tickets {
					return
				}
				g.enter(ctx, i)
			}
		})
	}
	killed := make(chan error, 1)
	go func() {
		killed <- killOnce(ctx, o.Kill, t, o.Out, func() bool { return int(g.accepted.Load()) >= o.Tickets/2 })
	}()
	clients.Wait()
	r.ScansPerSecond = float64(o.Tickets) / time.Since(start).Seconds()
	if ctx.Err() != nil {
		return errors.New("the tickets were not scanned within five minutes")
	}
	return <-killed
}

// enter scans a ticket, again with the same nonce until there is an answer, and
// reports whether it was accepted.
func (g *gates) enter(ctx context.Context, i int) bool {
	ticket, terminal := &g.tickets[i], g.terminals[i%len(g.terminals)]
	body := map[string]any{"nonce": uuid.NewString(), "scanned_at": time.Now().UTC()}
	if i%10 == 9 {
		body["document"] = map[string]string{"type": "passport", "nationality": "DEU", "number": ticket.document}
	} else {
		body["code"] = ticket.code
	}
	for ctx.Err() == nil {
		status, answer, err := g.post("/terminal/v1/scans", terminal, body)
		var got struct {
			Accepted bool `json:"accepted"`
			Repeated bool `json:"repeated"`
		}
		if err != nil || status != http.StatusOK || json.Unmarshal(answer, &got) != nil {
			g.failed.Add(1)
			Pause(ctx, 5*time.Millisecond) // the process may be restarting
			continue
		}
		if got.Repeated {
			g.repeated.Add(1)
		}
		if !got.Accepted {
			g.refused.Add(1)
			return false
		}
		g.accepted.Add(1)
		ticket.accepted.Store(true)
		return true
	}
	return false
}

// audit counts in SQL what is true.
func (g *gates) audit(ctx context.Context, r *CheckInReport, dsn string) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return fmt.Errorf("open postgres: %w", err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(ctx, `SELECT s.position_id, max(s.entries), count(*) FROM checkin_states s
		JOIN orders o ON o.id = s.order_id JOIN checkin_scans c ON c.position_id = s.position_id AND c.accepted = 1
		WHERE o.pool_id = $1 GROUP BY s.position_id`, g.pool)
	if err != nil {
		return fmt.Errorf("count the entries: %w", err)
	}
	defer func() { _ = rows.Close() }()
	entered := map[string]bool{}
	for rows.Next() {
		var (
			id             string
			entries, scans int
		)
		if err := rows.Scan(&id, &entries, &scans); err != nil {
			return fmt.Errorf("count the entries: %w", err)
		}
		entered[id] = true
		if entries != 1 || scans != 1 {
			r.Twice++
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("count the entries: %w", err)
	}
	r.Entered = len(entered)
	for i := range g.tickets {
		if g.tickets[i].accepted.Load() && !entered[g.tickets[i].position] {
			r.Lost++
		}
	}
	return nil
}

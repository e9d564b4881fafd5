package lookup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement/ledger/database"
	"fairgate/ingest"
)

// Reach is how far back events are looked for, unless said: as long as receipts
// and counters reach.
const Reach = 31 * 24 * time.Hour

// MaxTimeline is the most events that one reading gives.
const MaxTimeline = 500

// Key is what events are looked for by.
type Key string

// Keys.
const (
	ByAccount  Key = "account"
	ByReceipt  Key = "receipt"
	ByOrder    Key = "order"
	ByPhone    Key = "phone"    // its HMAC
	ByDocument Key = "document" // its HMAC
)

// Valid reports whether k is a known key.
func (k Key) Valid() bool { return k.condition() != "" }

// condition is the part of the query that an index serves.
func (k Key) condition() string {
	switch k {
	case ByAccount:
		return "account IN {values:Array(String)}"
	case ByReceipt:
		return "receipt IN {values:Array(String)}"
	case ByOrder:
		return "order_id IN {values:Array(String)}"
	case ByPhone:
		return "phone IN {values:Array(String)}"
	case ByDocument:
		return "hasAny(documents, {values:Array(String)})"
	default:
		return ""
	}
}

// ErrInvalidSearch reports a key that is not known, or nothing to look for.
var ErrInvalidSearch = errors.New("invalid search")

// Seen is one event in short.
type Seen struct {
	ID      string        `json:"event_id"`
	Time    time.Time     `json:"time"`
	Kind    ingest.Kind   `json:"kind"`
	Account string        `json:"account,omitempty"`
	Device  string        `json:"device,omitempty"`
	Subnet  string        `json:"subnet,omitempty" doc:"The address's network"`
	ASOrg   string        `json:"as_org,omitempty" doc:"Who runs that network"`
	Order   string        `json:"order_id,omitempty"`
	Pool    string        `json:"pool,omitempty"`
	Day     string        `json:"day,omitempty"`
	Action  ingest.Action `json:"action"`
	// Observed is what would have been done, in observe mode.
	Observed    ingest.Action      `json:"observed,omitempty"`
	Rules       []string           `json:"rules"`
	Score       float64            `json:"score"`
	Receipt     string             `json:"receipt,omitempty"`
	Disposition ingest.Disposition `json:"disposition"`
	Status      uint16             `json:"status"`
	OrderState  string             `json:"order_state,omitempty"`
}

// Search says which events are wanted, the newest first.
type Search struct {
	By Key
	// Values are one or, where a key was rotated, several spellings of one value.
	Values []string
	// Before is where the page before ended; zero: now.
	Before time.Time
	// Since is how far back to look; zero: Reach before Before.
	Since time.Time
	Limit int // at most MaxTimeline; 0: 50
}

const timeline = `
SELECT id, time, kind, account, device, subnet, as_org, order_id, pool, day, action, observed, rules, score, receipt, disposition, status, order_state
FROM events
WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')} AND `

// One id has several rows where it was delivered again; the fullest is taken.
const timelineOrder = `
ORDER BY time DESC, id DESC, completeness DESC
LIMIT 1 BY id
LIMIT {limit:UInt32}
`

// Timeline gives events by a key, the newest first. It fails with
// ErrInvalidSearch, or when the ledger cannot be read.
func (r *Reader) Timeline(ctx context.Context, site string, s Search) ([]Seen, error) {
	if !s.By.Valid() || len(s.Values) == 0 || s.Limit < 0 || s.Limit > MaxTimeline {
		return nil, fmt.Errorf("%w: by %q, %d values, limit %d (at most %d)", ErrInvalidSearch, s.By, len(s.Values), s.Limit, MaxTimeline)
	}
	to := s.Before
	if to.IsZero() {
		to = time.Now().Add(slack) // a gateway's clock may be ahead
	}
	from := s.Since
	if from.IsZero() {
		from = to.Add(-Reach)
	}
	limit := s.Limit
	if limit == 0 {
		limit = 50
	}
	params := []any{
		clickhouse.Named("site", site), clickhouse.Named("values", s.Values), clickhouse.Named("limit", limit),
		clickhouse.DateNamed("from", from.UTC(), clickhouse.MilliSeconds), clickhouse.DateNamed("to", to.UTC(), clickhouse.MilliSeconds),
	}
	return database.Read(ctx, r.conn, "a timeline", timeline+s.By.condition()+timelineOrder, params, func(rows driver.Rows, e *Seen) error {
		err := rows.Scan(&e.ID, &e.Time, (*string)(&e.Kind), &e.Account, &e.Device, &e.Subnet, &e.ASOrg, &e.Order, &e.Pool, &e.Day,
			(*string)(&e.Action), (*string)(&e.Observed), &e.Rules, &e.Score, &e.Receipt, (*string)(&e.Disposition), &e.Status, &e.OrderState)
		e.Time = e.Time.UTC()
		return err
	})
}

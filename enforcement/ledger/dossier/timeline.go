package dossier

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/ingest"
	"fairgate/ingest/outcome"
)

// MaxMoments is the largest page of a timeline.
const MaxMoments = 1000

// Source says where a moment was told.
type Source string

// Sources of moments.
const (
	FromRequest Source = "request" // of the account itself
	FromHouse   Source = "house"   // a report of the booking system
	FromAction  Source = "action"  // done by enforcement or an operator
)

// Valid reports whether s is a known source.
func (s Source) Valid() bool { return s == FromRequest || s == FromHouse || s == FromAction }

// Moment is one thing that happened to, or was done by, an account.
type Moment struct {
	ID     string    `json:"id"`
	Source Source    `json:"source" enum:"request,house,action"`
	Time   time.Time `json:"time"`
	// Kind is the request's, the report's type, or the action's.
	Kind      string `json:"kind"`
	Order     string `json:"order_id,omitempty"`
	Pool      string `json:"pool,omitempty"`
	Day       string `json:"day,omitempty"`
	Positions uint32 `json:"positions,omitempty"`
	Device    string `json:"device,omitempty"`
	Subnet    string `json:"subnet,omitempty"`
	Network   string `json:"network,omitempty"` // who runs it
	Country   string `json:"country,omitempty"`
	// State is what the booking system said of the order.
	State string `json:"state,omitempty"`

	// What Fairgate held against it and did. Everything below is folded for who
	// has still to judge the account.

	Action  ingest.Action `json:"action,omitempty"`
	Rules   []string      `json:"rules,omitempty"`
	Score   float64       `json:"score,omitempty"`
	Receipt string        `json:"receipt,omitempty"`
	Status  uint16        `json:"status,omitempty"` // of the answer
	Code    string        `json:"code,omitempty"`   // the booking system's reason
	Actor   string        `json:"actor,omitempty"`
	Detail  string        `json:"detail,omitempty"`
}

// Folded is the moment without what was held against it; ok is false where
// nothing else is left of it.
func (m Moment) Folded() (folded Moment, ok bool) {
	taken := m.Kind == string(outcome.Withdrawn) || m.Kind == string(outcome.Reinstated)
	if m.Source == FromAction || taken {
		return Moment{}, false
	}
	m.Action, m.Rules, m.Score, m.Receipt, m.Status, m.Code, m.Actor, m.Detail = "", nil, 0, "", 0, "", "", ""
	if m.Source == FromRequest {
		m.State, m.Order = "", "" // only a request that was let through has them
	}
	return m, true
}

// A request is there twice, as intent and with its answer; the completer one
// counts.
const requestsText = `
SELECT id, time, kind, order_id, pool, day, positions, device, subnet, as_org, country, order_state,
	action, rules, score, receipt, status, code
FROM events
WHERE site = {site:String} AND account = {account:String} AND time < {before:DateTime64(3, 'UTC')} AND kind IN {kinds:Array(String)}
ORDER BY time DESC, id DESC, completeness DESC
LIMIT 1 BY id
LIMIT {most:UInt32}
`

const reportsText = `
SELECT id, occurred_at, type, order_id, pool, day, positions, state
FROM outcomes FINAL
WHERE site = {site:String} AND account = {account:String} AND occurred_at < {before:DateTime64(3, 'UTC')}
ORDER BY occurred_at DESC, id DESC
LIMIT {most:UInt32}
`

const actionsText = `
SELECT id, time, kind, order_id, rule, actor, detail
FROM actions FINAL
WHERE site = {site:String} AND entity = 'account' AND key = {account:String} AND time < {before:DateTime64(3, 'UTC')}
ORDER BY time DESC, id DESC
LIMIT {most:UInt32}
`

// Timeline lists what an account did and what was done to it before a moment
// (zero: until now), the newest first, at most limit. The time of the last is
// where the next page begins. It fails with ErrBadInput, or when the ledger
// cannot be read.
func (r *Reader) Timeline(ctx context.Context, site, account string, before time.Time, limit int) ([]Moment, error) {
	if account == "" || limit < 1 || limit > MaxMoments {
		return nil, fmt.Errorf("%w: account %q, limit %d, want 1 to %d", ErrBadInput, account, limit, MaxMoments)
	}
	if before.IsZero() {
		before = r.now().Add(24 * time.Hour) // clocks differ
	}
	params := []any{
		clickhouse.Named("site", site), clickhouse.Named("account", account), moment("before", before),
		clickhouse.Named("kinds", asked()), clickhouse.Named("most", uint32(limit)),
	}
	all, err := read(ctx, r.conn, "the requests of an account", requestsText, params, func(rows driver.Rows, m *Moment) error {
		m.Source = FromRequest
		err := rows.Scan(&m.ID, &m.Time, &m.Kind, &m.Order, &m.Pool, &m.Day, &m.Positions, &m.Device, &m.Subnet, &m.Network, &m.Country, &m.State,
			(*string)(&m.Action), &m.Rules, &m.Score, &m.Receipt, &m.Status, &m.Code)
		m.Time = m.Time.UTC()
		return err
	})
	if err != nil {
		return nil, err
	}
	reports, err := read(ctx, r.conn, "the reports about an account", reportsText, params, func(rows driver.Rows, m *Moment) error {
		m.Source = FromHouse
		err := rows.Scan(&m.ID, &m.Time, &m.Kind, &m.Order, &m.Pool, &m.Day, &m.Positions, &m.State)
		m.Time = m.Time.UTC()
		return err
	})
	if err != nil {
		return nil, err
	}
	actions, err := read(ctx, r.conn, "the actions on an account", actionsText, params, func(rows driver.Rows, m *Moment) error {
		m.Source = FromAction
		var rule string
		err := rows.Scan(&m.ID, &m.Time, &m.Kind, &m.Order, &rule, &m.Actor, &m.Detail)
		if rule != "" {
			m.Rules = []string{rule}
		}
		m.Time = m.Time.UTC()
		return err
	})
	if err != nil {
		return nil, err
	}
	all = append(append(all, reports...), actions...)
	slices.SortFunc(all, func(a, b Moment) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.ID, a.ID))
	})
	return all[:min(limit, len(all))], nil
}

// asked are the kinds that a request asks for; the others are told elsewhere.
func asked() []string {
	var kinds []string
	for _, k := range ingest.Kinds() {
		if k.Asked() || k == ingest.KindRequestRefused {
			kinds = append(kinds, string(k))
		}
	}
	return kinds
}

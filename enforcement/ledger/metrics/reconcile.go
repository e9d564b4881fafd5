package metrics

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"

	"fairgate/ingest/outcome"
)

// Reconciliation is what the booking system and the ledger do not both know.
type Reconciliation struct {
	Reports uint64 `json:"reports"` // of the booking system, compared
	Orders  uint64 `json:"orders"`  // distinct ones among them

	// EventsMissing are reports caused by a request of which the ledger has no
	// event: their request ids.
	EventsMissing Missing `json:"events_missing"`
	// OrdersMissing are the booking system's orders that no event in the
	// ledger names, and of which it has no request behind a report either (a
	// gateway that was killed between intent and answer knows no order id):
	// their order ids.
	OrdersMissing Missing `json:"orders_missing"`
	// OutcomesMissing are reports that the ledger was not told of: their ids.
	OutcomesMissing Missing `json:"outcomes_missing"`
	// OrdersUnknown are orders of the period that the ledger's events saw
	// accepted and the booking system has no report of: their order ids.
	OrdersUnknown Missing `json:"orders_unknown"`
}

// Complete reports that nothing is missing on either side.
func (r Reconciliation) Complete() bool {
	return r.EventsMissing.Count+r.OrdersMissing.Count+r.OutcomesMissing.Count+r.OrdersUnknown.Count == 0
}

// Missing counts ids and keeps the first of them.
type Missing struct {
	Count    uint64   `json:"count"`
	Examples []string `json:"examples,omitempty"`
}

const (
	maxExamples    = 20
	reconcileChunk = 1_000 // ids a query; over HTTP they travel in the URL
)

func (m *Missing) add(id string) {
	m.Count++
	if len(m.Examples) < maxExamples {
		m.Examples = append(m.Examples, id)
	}
}

// Reconcile compares the booking system's reports (all of those about orders
// placed in the period, in any order, repeats allowed) with the ledger. It
// holds the order ids in memory. It fails with ErrInvalidPeriod, with the
// first error of reports, or when the ledger cannot be read.
func (r *Reader) Reconcile(ctx context.Context, period Period, reports iter.Seq2[outcome.Record, error]) (Reconciliation, error) {
	if err := period.validate(); err != nil {
		return Reconciliation{}, fmt.Errorf("reconcile: %w", err)
	}
	c := comparison{reader: r, ids: map[string]bool{}, requests: map[string]string{}, orders: map[string]bool{}}
	for report, err := range reports {
		if err != nil {
			return Reconciliation{}, fmt.Errorf("reconcile: read the booking system's reports: %w", err)
		}
		if err := c.take(ctx, report); err != nil {
			return Reconciliation{}, fmt.Errorf("reconcile: %w", err)
		}
	}
	if err := c.flush(ctx); err != nil {
		return Reconciliation{}, fmt.Errorf("reconcile: %w", err)
	}
	if err := c.compareOrders(ctx, period); err != nil {
		return Reconciliation{}, fmt.Errorf("reconcile: %w", err)
	}
	return c.found, nil
}

// comparison is one run of Reconcile.
type comparison struct {
	reader   *Reader
	ids      map[string]bool   // reports not looked up yet
	requests map[string]string // requests not looked up yet, with their order
	orders   map[string]bool   // all orders reported; true: the ledger has a request behind a report
	found    Reconciliation
}

// byVisitor reports whether a visitor's request causes reports of a type. What
// the house or time does to an order leaves no event.
func byVisitor(t outcome.Type) bool {
	switch t {
	case outcome.Held, outcome.Provisional, outcome.Confirmed, outcome.Paid, outcome.Cancelled, outcome.Changed, outcome.Transferred:
		return true
	default:
		return false
	}
}

func (c *comparison) take(ctx context.Context, report outcome.Record) error {
	if _, seen := c.orders[report.OrderID]; !seen {
		c.orders[report.OrderID] = false
	}
	c.ids[report.ID] = true
	if report.RequestID != "" && byVisitor(report.Type) {
		c.requests[report.RequestID] = report.OrderID
	}
	if len(c.ids) < reconcileChunk {
		return nil
	}
	return c.flush(ctx)
}

// flush looks up what was gathered.
func (c *comparison) flush(ctx context.Context) error {
	c.found.Reports += uint64(len(c.ids))
	_, err := lookUp(ctx, c, c.ids, "SELECT DISTINCT id FROM outcomes WHERE id IN {ids:Array(String)}", &c.found.OutcomesMissing)
	if err != nil {
		return fmt.Errorf("look up outcomes: %w", err)
	}
	known, err := lookUp(ctx, c, c.requests, "SELECT DISTINCT id FROM events WHERE id IN {ids:Array(String)}", &c.found.EventsMissing)
	if err != nil {
		return fmt.Errorf("look up events: %w", err)
	}
	for id := range known {
		c.orders[c.requests[id]] = true
	}
	clear(c.ids)
	clear(c.requests)
	return nil
}

// lookUp adds those of the ids to missing that the query does not find, and
// returns those that it does.
func lookUp[V any](ctx context.Context, c *comparison, ids map[string]V, query string, missing *Missing) (known map[string]bool, err error) {
	known = map[string]bool{}
	if len(ids) == 0 {
		return known, nil
	}
	list := slices.Sorted(maps.Keys(ids))
	if err := c.each(ctx, func(id string) { known[id] = true }, query, clickhouse.Named("ids", list)); err != nil {
		return nil, err
	}
	for _, id := range list {
		if !known[id] {
			missing.add(id)
		}
	}
	return known, nil
}

// compareOrders compares the orders themselves, both ways.
func (c *comparison) compareOrders(ctx context.Context, period Period) error {
	c.found.Orders = uint64(len(c.orders))
	named := map[string]bool{}
	query := `SELECT order_id FROM events FINAL
		WHERE time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')} AND order_id != ''
		GROUP BY order_id`
	if err := c.each(ctx, func(id string) { named[id] = true }, query, period.params()...); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(c.orders)) {
		if !named[id] && !c.orders[id] {
			c.found.OrdersMissing.add(id)
		}
	}
	query = `SELECT order_id FROM events FINAL
		WHERE time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')} AND order_id != ''
			AND kind = 'order.submit' AND disposition = 'forwarded' AND status BETWEEN 200 AND 299
		GROUP BY order_id ORDER BY order_id`
	err := c.each(ctx, func(id string) {
		if _, reported := c.orders[id]; !reported {
			c.found.OrdersUnknown.add(id)
		}
	}, query, period.params()...)
	if err != nil {
		return fmt.Errorf("read accepted orders: %w", err)
	}
	return nil
}

// each runs a query for one column of ids.
func (c *comparison) each(ctx context.Context, do func(id string), query string, params ...any) error {
	rows, err := c.reader.conn.Query(ctx, query, params...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		do(id)
	}
	return rows.Err()
}

package lookup

import (
	"context"
	"errors"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement"
	"fairgate/enforcement/explain"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

// A verdict has its event's time, which leads to it in the sorting key.
const findVerdicts = `
SELECT stage, observe, action, decision, receipt, score, hits, ruleset, snapshot_names, snapshot_values
FROM verdicts FINAL
WHERE site = {site:String} AND time = {from:DateTime64(3, 'UTC')} AND event_id = {id:String}
ORDER BY stage DESC
LIMIT 10
`

func (r *Reader) verdicts(ctx context.Context, e *ingest.Event) (_ []scoring.Verdict, err error) {
	var out []scoring.Verdict
	err = r.each(ctx, findVerdicts, e, func(rows driver.Rows) error {
		v := scoring.Verdict{EventID: e.ID, Time: e.Time, Site: e.Site, Kind: e.Kind, Subject: e.Subject, Order: e.Order}
		var hits string
		if err := rows.Scan((*string)(&v.Stage), &v.Observe, (*string)(&v.Action), (*string)(&v.Decision), &v.Receipt, &v.Score, &hits,
			&v.Ruleset, &v.Snapshot.Names, &v.Snapshot.Values); err != nil {
			return err
		}
		v.Hits, err = hitsOf(hits)
		out = append(out, v)
		return err
	})
	return out, err
}

// An event acts soon after it, or not at all: what an operator does to the
// account later is not this event's doing.
const findActions = `
SELECT id, time, kind, entity, key, order_id, rule, ruleset, actor, detail
FROM actions FINAL
WHERE site = {site:String} AND event_id = {id:String}
	AND time >= {from:DateTime64(3, 'UTC')} - INTERVAL 1 HOUR AND time < {from:DateTime64(3, 'UTC')} + INTERVAL 31 DAY
ORDER BY time, id
LIMIT {most:UInt32}
`

func (r *Reader) actions(ctx context.Context, e *ingest.Event) ([]enforcement.Action, error) {
	var out []enforcement.Action
	err := r.each(ctx, findActions, e, func(rows driver.Rows) error {
		a := enforcement.Action{Site: e.Site, EventID: e.ID}
		var entity string
		if err := rows.Scan(&a.ID, &a.Time, (*string)(&a.Kind), &entity, &a.Target.Key, &a.Order, &a.Rule, &a.Ruleset, &a.Actor, &a.Detail); err != nil {
			return err
		}
		a.Time, a.Target.Entity = a.Time.UTC(), rules.Entity(entity)
		out = append(out, a)
		return nil
	})
	return out, err
}

const findFates = `
SELECT occurred_at, type, state
FROM outcomes FINAL
WHERE site = {site:String} AND order_id = {order:String}
ORDER BY occurred_at, id
LIMIT {most:UInt32}
`

func (r *Reader) fates(ctx context.Context, e *ingest.Event) ([]explain.Fate, error) {
	if e.Order.ID == "" {
		return nil, nil
	}
	var out []explain.Fate
	err := r.each(ctx, findFates, e, func(rows driver.Rows) error {
		f := explain.Fate{Order: e.Order.ID}
		if err := rows.Scan(&f.Time, &f.Type, &f.State); err != nil {
			return err
		}
		f.Time = f.Time.UTC()
		out = append(out, f)
		return nil
	})
	return out, err
}

// each runs a query about an event and hands on every row.
func (r *Reader) each(ctx context.Context, query string, e *ingest.Event, row func(driver.Rows) error) (err error) {
	rows, err := r.conn.Query(ctx, query,
		clickhouse.Named("site", e.Site), clickhouse.Named("id", e.ID), clickhouse.Named("order", e.Order.ID),
		clickhouse.DateNamed("from", e.Time.UTC().Truncate(time.Millisecond), clickhouse.MilliSeconds),
		clickhouse.Named("most", uint32(maxFollowed)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

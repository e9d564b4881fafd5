// Package lookup finds one event in the ledger, with what was judged of it and
// what followed from it. It reads through the database user that cannot write,
// owns no table, and explains nothing: that is enforcement/explain.
package lookup

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"

	"fairgate/enforcement/explain"
	"fairgate/enforcement/ledger/database"
	"fairgate/ingest"
)

// Reader finds events. It is safe for concurrent use.
type Reader struct{ conn database.Conn }

var _ explain.Ledger = (*Reader)(nil)

// Open prepares to read from the ClickHouse that client names; its user needs
// no more than to select. No connection is made yet.
func Open(client *clickhouse.Options) (*Reader, error) {
	conn, err := database.Open(client)
	if err != nil {
		return nil, err
	}
	return &Reader{conn: conn}, nil
}

// Close gives the connections up.
func (r *Reader) Close() error {
	return r.conn.Close()
}

// maxFollowed bounds what followed from one event.
const maxFollowed = 200

// Find reads the event of a site with all that is known of it. It fails with
// explain.ErrUnknownEvent where the ledger does not have it (any more), or
// when the ledger cannot be read.
func (r *Reader) Find(ctx context.Context, site, id string) (explain.Record, error) {
	e, err := r.event(ctx, site, id)
	if err != nil {
		return explain.Record{}, fmt.Errorf("find event: %w", err)
	}
	out := explain.Record{Event: *e}
	if out.Verdicts, err = r.verdicts(ctx, e); err != nil {
		return explain.Record{}, fmt.Errorf("find the verdicts on an event: %w", err)
	}
	if out.Actions, err = r.actions(ctx, e); err != nil {
		return explain.Record{}, fmt.Errorf("find the actions on an event: %w", err)
	}
	if out.Fates, err = r.fates(ctx, e); err != nil {
		return explain.Record{}, fmt.Errorf("find what became of an order: %w", err)
	}
	return out, nil
}

// slack is how far the time inside an event's id may be from the event's.
const slack = time.Hour

// event looks around the time that a UUIDv7 tells, then, as ids of replayed
// logs tell another, everywhere, by the index on ids.
func (r *Reader) event(ctx context.Context, site, id string) (*ingest.Event, error) {
	if made, ok := madeAt(id); ok {
		e, err := r.eventWithin(ctx, site, id, made.Add(-slack), made.Add(slack))
		if !errors.Is(err, explain.ErrUnknownEvent) {
			return e, err
		}
	}
	return r.eventWithin(ctx, site, id, time.Unix(0, 0), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC))
}

// madeAt is the time inside a UUIDv7.
func madeAt(id string) (time.Time, bool) {
	u, err := uuid.Parse(id)
	if err != nil || u.Version() != 7 {
		return time.Time{}, false
	}
	ms := int64(u[0])<<40 | int64(u[1])<<32 | int64(u[2])<<24 | int64(u[3])<<16 | int64(u[4])<<8 | int64(u[5])
	return time.UnixMilli(ms), true
}

// The delivery with the highest completeness is the one that FINAL would leave;
// without FINAL the index on ids is used.
const findEvent = `
SELECT id, time, site, gateway, boot, seq, kind, route, method, path,
	account, claimed, session, device, device_issued, device_fresh, documents, phone,
	ip, subnet, asn, as_org, country, hosting, user_agent, automation, headers, tls, language,
	order_id, pool, day, positions,
	action, observed, reason, receipt, ruleset, hits, score, snapshot_names, snapshot_values, degraded, passed,
	disposition, status, order_state, code, latency, screening
FROM events
WHERE id = {id:String} AND site = {site:String}
	AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')}
ORDER BY completeness DESC
LIMIT 1
`

func (r *Reader) eventWithin(ctx context.Context, site, id string, from, to time.Time) (*ingest.Event, error) {
	var e ingest.Event
	s, c, d, o := &e.Subject, &e.Client, &e.Decision, &e.Outcome
	var address, hits string
	var positions uint32
	var status uint16
	var latency, screening int64
	row := r.conn.QueryRow(ctx, findEvent,
		clickhouse.Named("id", id), clickhouse.Named("site", site),
		clickhouse.DateNamed("from", from.UTC(), clickhouse.MilliSeconds), clickhouse.DateNamed("to", to.UTC(), clickhouse.MilliSeconds))
	err := row.Scan(&e.ID, &e.Time, &e.Site, &e.Gateway, &e.Boot, &e.Seq, (*string)(&e.Kind), &e.Route, &e.Method, &e.Path,
		&s.Account, &s.Claimed, &s.Session, &s.Device, &s.DeviceIssued, &s.DeviceFresh, &s.Documents, &s.Phone,
		&address, &c.Subnet, &c.ASN, &c.ASOrg, &c.Country, &c.Hosting, &c.UserAgent, &c.Automation, &c.Headers, &c.TLS, &c.Language,
		&e.Order.ID, &e.Order.Pool, &e.Order.Day, &positions,
		(*string)(&d.Action), (*string)(&d.Observed), (*string)(&d.Reason), &d.Receipt, &d.Ruleset, &hits, &d.Score,
		&d.Snapshot.Names, &d.Snapshot.Values, &d.Degraded, &d.Passed,
		(*string)(&o.Disposition), &status, &o.OrderState, &o.Code, &latency, &screening)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: %q", explain.ErrUnknownEvent, id)
	}
	if err != nil {
		return nil, err
	}
	if d.Hits, err = hitsOf(hits); err != nil {
		return nil, err
	}
	e.Time = e.Time.UTC()
	if s.DeviceIssued = s.DeviceIssued.UTC(); s.DeviceIssued.Unix() == 0 {
		s.DeviceIssued = time.Time{}
	}
	if address != "" {
		if c.IP, err = netip.ParseAddr(address); err != nil {
			return nil, fmt.Errorf("address of event %s: %w", id, err)
		}
	}
	e.Order.Positions, o.Status = int(positions), int(status)
	o.Latency, o.Screening = time.Duration(latency), time.Duration(screening)
	return &e, nil
}

func hitsOf(text string) ([]ingest.Hit, error) {
	if text == "" {
		return nil, nil
	}
	var hits []ingest.Hit
	if err := json.Unmarshal([]byte(text), &hits); err != nil {
		return nil, fmt.Errorf("decode hits: %w", err)
	}
	return hits, nil
}

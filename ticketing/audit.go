package ticketing

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"
)

// Change is one entry of a pool's audit: who changed what, when, and how it was
// before and after. Before is null for what did not exist.
type Change struct {
	Seq    int64           `json:"seq"`            // within the pool or channel, without gaps
	Pool   string          `json:"pool,omitempty"` // absent in a channel's audit
	At     Millis          `json:"at"`
	Who    string          `json:"who"`
	What   string          `json:"what"` // "pool", "plan", "release", "allotment"; of a channel "channel", "key"
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// maxActor bounds the name of who changes something, in bytes.
const maxActor = 128

// actor is who the call says is changing something.
func (c Call) actor() (string, error) {
	if c.Actor == "" {
		return "operations", nil
	}
	if len(c.Actor) > maxActor || !utf8.ValidString(c.Actor) || bytes.ContainsFunc([]byte(c.Actor), unicode.IsControl) {
		return "", invalidField("X-Operator", "want at most %d bytes of text", maxActor)
	}
	return c.Actor, nil
}

// record writes a change to a pool's audit, unless nothing changed.
func (w *work) record(ctx context.Context, pool, what string, before, after any) error {
	change, err := w.changeOf(what, before, after)
	if err != nil || change == nil {
		return err
	}
	change.Pool = pool
	return w.RecordChange(ctx, *change)
}

// changeOf is an entry of an audit; nil where nothing changed.
func (w *work) changeOf(what string, before, after any) (*Change, error) {
	who, err := w.call.actor()
	if err != nil {
		return nil, err
	}
	was, err := json.Marshal(before)
	if err != nil {
		return nil, fmt.Errorf("record change of %s: %w", what, err)
	}
	is, err := json.Marshal(after)
	if err != nil {
		return nil, fmt.Errorf("record change of %s: %w", what, err)
	}
	if bytes.Equal(was, is) {
		return nil, nil
	}
	return &Change{At: Millis{w.now}, Who: who, What: what, Before: was, After: is}, nil
}

// poolRecord is a pool as its audit shows it, with the days a change names.
type poolRecord struct {
	Kind          PoolKind    `json:"kind,omitempty"`
	NameEN        string      `json:"name_en,omitempty"`
	Activity      *Activity   `json:"activity,omitempty"`
	Name          string      `json:"name"`
	PriceFen      int64       `json:"price_fen"`
	LimitPerOrder int         `json:"limit_per_order"`
	HoldSeconds   int64       `json:"hold_seconds"`
	CutoffSeconds int64       `json:"provisional_cutoff_seconds"`
	OpensAt       *time.Time  `json:"opens_at,omitempty"`
	Rules         Rules       `json:"rules"`
	Products      []Product   `json:"products,omitempty"`
	Days          []dayRecord `json:"days,omitempty"`
}

type dayRecord struct {
	Date     Date         `json:"date"`
	Capacity int          `json:"capacity"`
	Slots    []slotRecord `json:"slots,omitempty"`
	OpensAt  *time.Time   `json:"opens_at,omitempty"`
}

type slotRecord struct {
	Start    Clock `json:"start"`
	End      Clock `json:"end"`
	Capacity int   `json:"capacity"`
}

// recordOf is the pool as it stands, with some of its days; nil if there is
// none.
func recordOf(p Pool, days []dayRecord) *poolRecord {
	if p.ID == "" {
		return nil
	}
	r := &poolRecord{
		Name: p.Name, PriceFen: p.PriceFen, LimitPerOrder: p.LimitPerOrder, HoldSeconds: int64(p.Hold / time.Second),
		CutoffSeconds: int64(p.Cutoff / time.Second), Rules: p.Rules, Products: p.Products, Days: days,
		Kind: p.Kind, NameEN: p.NameEN, Activity: p.Activity,
	}
	if !p.OpensAt.IsZero() {
		r.OpensAt = &p.OpensAt
	}
	return r
}

// dayRecords reads the pool's days that are among the named ones.
func dayRecords(ctx context.Context, r PoolReader, pool string, named []DayCapacity) ([]dayRecord, error) {
	if len(named) == 0 {
		return nil, nil
	}
	wanted, first := map[Date]bool{}, Date(named[0].Date)
	for _, d := range named {
		wanted[Date(d.Date)] = true
		first = min(first, Date(d.Date))
	}
	days, err := r.Days(ctx, pool, first)
	if err != nil {
		return nil, err
	}
	var out []dayRecord
	for _, d := range days {
		if wanted[d.Date] {
			out = append(out, d.record())
		}
	}
	return out, nil
}

func (d Day) record() dayRecord {
	r := dayRecord{Date: d.Date, Capacity: d.Capacity}
	if !d.OpensAt.IsZero() {
		r.OpensAt = &d.OpensAt
	}
	for _, s := range d.Slots {
		r.Slots = append(r.Slots, slotRecord{Start: s.Start, End: s.End, Capacity: s.Capacity})
	}
	return r
}

// Changes reads a pool's audit after a sequence number.
func (s *Service) Changes(ctx context.Context, pool string, after int64, limit int) ([]Change, error) {
	if limit < 1 || limit > maxEvents {
		return nil, invalidField("limit", "want 1 to %d, got %d", maxEvents, limit)
	}
	var changes []Change
	err := s.store.View(ctx, func(ctx context.Context, r Reader) error {
		if _, err := r.Pool(ctx, pool); err != nil {
			return err
		}
		var err error
		changes, err = r.Changes(ctx, pool, after, limit)
		return err
	})
	return changes, err
}

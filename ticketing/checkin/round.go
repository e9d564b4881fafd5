package checkin

import (
	"context"
	"maps"
	"slices"
	"time"

	"fairgate/ticketing"
)

// round is one transaction's judging. It reads for all items together, judges
// them in memory one after another, so that a later one sees what an earlier
// one did, and writes what came of them together.
type round struct {
	s   *Service
	tx  Tx
	now time.Time

	terminals map[string]Terminal
	known     map[string][]Scan // by key, parts in order
	booked    map[string]*Booked
	documents map[string][]*Booked // by document key
	orders    map[string][]*Booked // positions in order, of orders that were read whole
	pools     map[string]*ticketing.Pool

	scans  []Scan
	states map[string]State // that changed, by position
	counts map[Count]Count  // by what names the line
	events []ticketing.Event
}

func newRound(s *Service, tx Tx) *round {
	return &round{
		s: s, tx: tx, now: s.now(), terminals: map[string]Terminal{}, known: map[string][]Scan{}, booked: map[string]*Booked{},
		documents: map[string][]*Booked{}, orders: map[string][]*Booked{}, pools: map[string]*ticketing.Pool{},
		states: map[string]State{}, counts: map[Count]Count{},
	}
}

// load reads what judging the items takes.
func (r *round) load(ctx context.Context, items []*item) error {
	if err := r.loadTerminals(ctx, items); err != nil {
		return err
	}
	if err := r.loadKnown(ctx, items); err != nil {
		return err
	}
	if err := r.loadBooked(ctx, items); err != nil {
		return err
	}
	if err := r.loadPools(ctx); err != nil {
		return err
	}
	return r.loadOrders(ctx, items)
}

// loadTerminals refuses items whose session is not good any more.
func (r *round) loadTerminals(ctx context.Context, items []*item) error {
	ids := map[string]bool{}
	for _, it := range items {
		ids[it.by.terminalID] = true
	}
	found, err := r.tx.Terminals(ctx, sorted(ids))
	if err != nil {
		return err
	}
	for _, t := range found {
		r.terminals[t.ID] = t
	}
	for _, it := range items {
		t, known := r.terminals[it.by.terminalID]
		switch {
		case it.err != nil:
		case !known:
			it.err = ErrUnauthenticated
		default:
			it.err = t.admits(it.by, r.now)
		}
	}
	return nil
}

func (r *round) loadKnown(ctx context.Context, items []*item) error {
	keys := map[string]bool{}
	for _, it := range items {
		if it.err == nil {
			keys[it.key] = true
		}
	}
	if len(keys) == 0 {
		return nil
	}
	scans, err := r.tx.Scans(ctx, sorted(keys))
	for _, scan := range scans {
		r.known[scan.Key] = append(r.known[scan.Key], scan)
	}
	return err
}

// loadBooked reads the positions that items or earlier answers name.
func (r *round) loadBooked(ctx context.Context, items []*item) error {
	ids, documents := map[string]bool{}, map[string]bool{}
	for _, it := range items {
		if it.err != nil {
			continue
		}
		if earlier := r.known[it.key]; earlier != nil {
			for _, scan := range earlier {
				if scan.PositionID != "" {
					ids[scan.PositionID] = true
				}
			}
			continue
		}
		if it.read.position != "" {
			ids[it.read.position] = true
		}
		if it.read.document != nil {
			documents[string(it.read.document)] = true
		}
	}
	if len(ids) > 0 {
		if err := r.keep(ctx, Wanted{Positions: sorted(ids)}, nil); err != nil {
			return err
		}
	}
	if len(documents) == 0 {
		return nil
	}
	// Grace may reach over midnight; the other days are read to say so.
	today := ticketing.DateOf(r.now)
	wanted := Wanted{Days: []ticketing.Date{ticketing.DateOf(r.now.AddDate(0, 0, -1)), today, ticketing.DateOf(r.now.AddDate(0, 0, 1))}}
	for _, key := range sorted(documents) {
		wanted.Documents = append(wanted.Documents, []byte(key))
	}
	return r.keep(ctx, wanted, func(b *Booked) {
		r.documents[string(b.DocumentKey)] = append(r.documents[string(b.DocumentKey)], b)
	})
}

// keep reads positions and keeps each once, so that all items see one state.
func (r *round) keep(ctx context.Context, w Wanted, each func(*Booked)) error {
	found, err := r.tx.Booked(ctx, w)
	if err != nil {
		return err
	}
	for i := range found {
		b, known := r.booked[found[i].ID]
		if !known {
			b = &found[i]
			r.booked[b.ID] = b
		}
		if each != nil {
			each(b)
		}
	}
	return nil
}

func (r *round) loadPools(ctx context.Context) error {
	ids := map[string]bool{}
	for _, b := range r.booked {
		ids[b.Pool] = true
	}
	if len(ids) == 0 {
		return nil
	}
	pools, err := r.tx.PoolsByID(ctx, sorted(ids))
	for _, p := range pools {
		r.pools[p.ID] = &p
	}
	return err
}

// loadOrders reads the orders whose other positions matter: where everybody
// enters at once, where a minor's adult must be inside, and where a document is
// compared with everybody's.
func (r *round) loadOrders(ctx context.Context, items []*item) error {
	ids := map[string]bool{}
	for _, it := range items {
		if it.err != nil || it.offline != nil || r.known[it.key] != nil {
			continue
		}
		candidates := r.documents[string(it.read.document)]
		if b := r.booked[it.read.position]; b != nil {
			candidates = append(candidates, b)
		}
		for _, b := range candidates {
			rules := r.rules(b.Pool)
			if b.OrderSize > 1 && (it.read.holder != nil || it.attempt.WholeOrder || rules.Together || rules.AdultFirst && b.AdultID != "") {
				ids[b.OrderID] = true
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return r.keep(ctx, Wanted{Orders: sorted(ids)}, func(b *Booked) {
		r.orders[b.OrderID] = append(r.orders[b.OrderID], b)
	})
}

// rules are what a pool asks at its gates.
func (r *round) rules(pool string) ticketing.CheckInRules {
	if p := r.pools[pool]; p != nil && p.Rules.CheckIn != nil {
		return *p.Rules.CheckIn
	}
	return ticketing.CheckInRules{}
}

// write writes what came of the round.
func (r *round) write(ctx context.Context) error {
	if len(r.scans) == 0 {
		return nil
	}
	states := make([]State, 0, len(r.states))
	for _, id := range slices.Sorted(maps.Keys(r.states)) {
		states = append(states, r.states[id])
	}
	counts := slices.Collect(maps.Values(r.counts))
	if err := r.tx.Record(ctx, r.scans, states, counts); err != nil {
		return err
	}
	for _, e := range r.events {
		if err := r.tx.Append(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

package metrics

import "fairgate/enforcement"

// slot is what a figure is counted for: a stretch of a series and a pool, or the
// whole period.
type slot struct {
	at   int64 // seconds since 1970
	pool string
}

// slots say to which slot something belongs.
type slots struct {
	stretch func(instant) int64
	byPool  bool
}

// whole puts everything into one slot.
func whole() slots { return slots{stretch: func(instant) int64 { return 0 }} }

func (s slots) of(at instant, pool string) slot {
	if !s.byPool {
		pool = ""
	}
	return slot{s.stretch(at), pool}
}

// first is the slot of the first of several moments.
func (s slots) first(all []instant, pool string) slot {
	out := s.of(all[0], pool)
	for _, at := range all[1:] {
		out.at = min(out.at, s.stretch(at))
	}
	return out
}

// counts are those of the figures of a slot.
type counts struct {
	tried, harmed, challenged uint64 // people
	hostile, kept             uint64 // scalpers
	wanted, intercepted       uint64 // scalpers' intents
}

// met is what an account met in a slot.
type met struct {
	attempted, blocked, challenged, withdrawn, kept bool

	pending map[string]passage // by kind of request
}

// passage is how far an account came with one kind of request.
type passage struct{ challenged, reached instant }

// harmed: blocked, kept from booking by a challenge, or deprived of a place.
func (m *met) harmed() bool {
	if m.blocked || m.withdrawn {
		return true
	}
	for _, p := range m.pending {
		if p.challenged.after(p.reached) {
			return true
		}
	}
	return false
}

type metKey struct {
	slot
	accountKey
}

// met gives what each account met, by slot.
func (f facts) met(s slots) map[metKey]*met {
	out := map[metKey]*met{}
	note := func(q request) {
		key := metKey{s.of(q.at, q.pool), q.accountKey}
		m := out[key]
		if m == nil {
			m = &met{pending: map[string]passage{}}
			out[key] = m
		}
		m.attempted, m.blocked, m.challenged = m.attempted || q.submit, m.blocked || q.blocked, m.challenged || q.challenged
		p := m.pending[q.kind]
		if q.challenged && q.at.after(p.challenged) {
			p.challenged = q.at
		}
		if q.reached && q.at.after(p.reached) {
			p.reached = q.at
		}
		m.pending[q.kind] = p
	}
	for _, q := range f.requests {
		note(q)
	}
	for _, q := range f.came {
		note(q)
	}
	for _, o := range f.orders {
		if m := out[metKey{s.first(o.at, o.pool), o.accountKey}]; m != nil {
			m.kept, m.withdrawn = m.kept || o.kept, m.withdrawn || o.withdrawn
		}
	}
	return out
}

// tally counts the figures of each slot.
func (f facts) tally(s slots) map[slot]counts {
	out := map[slot]counts{}
	for key, m := range f.met(s) {
		c := out[key.slot]
		switch f.accounts[key.accountKey].verdict {
		case enforcement.LabelHuman:
			harmed := m.harmed()
			if !m.attempted && !harmed {
				continue
			}
			c.tried++
			c.harmed += one(harmed)
			c.challenged += one(m.challenged)
		case enforcement.LabelScalper:
			if !m.attempted {
				continue
			}
			c.hostile++
			c.kept += one(m.kept)
		default:
			continue
		}
		out[key.slot] = c
	}
	for key, i := range f.intents() {
		if !i.counted() {
			continue
		}
		at := s.first(i.at, key.pool)
		c := out[at]
		c.wanted++
		c.intercepted += one(i.intercepted())
		out[at] = c
	}
	return out
}

func one(yes bool) uint64 {
	if yes {
		return 1
	}
	return 0
}

// intentKey is one operator and one day of one pool.
type intentKey struct{ site, operator, pool, day string }

// intent is what a scalper met with it.
type intent struct {
	at                          []instant
	refused, accepted, declined bool
	kept, undone                bool
}

func (i *intent) counted() bool     { return i.refused || i.accepted || !i.declined }
func (i *intent) intercepted() bool { return !i.kept && (i.refused || i.undone) }

func (f facts) intentOf(a accountKey, pool, day string) (intentKey, bool) {
	k := f.accounts[a]
	return intentKey{a.site, k.behind, pool, day}, k.verdict == enforcement.LabelScalper
}

// intents are those of the labelled scalpers.
func (f facts) intents() map[intentKey]*intent {
	out := map[intentKey]*intent{}
	for _, q := range f.requests {
		key, scalper := f.intentOf(q.accountKey, q.pool, q.day)
		if !q.submit || !scalper {
			continue
		}
		i := out[key]
		if i == nil {
			i = &intent{}
			out[key] = i
		}
		i.at = append(i.at, q.at)
		i.refused, i.accepted, i.declined = i.refused || q.blocked, i.accepted || q.accepted, i.declined || q.declined
	}
	for _, o := range f.orders {
		if key, scalper := f.intentOf(o.accountKey, o.pool, o.day); scalper && out[key] != nil {
			i := out[key]
			i.kept, i.undone = i.kept || o.kept, i.undone || o.undone
		}
	}
	return out
}

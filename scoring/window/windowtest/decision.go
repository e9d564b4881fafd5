package windowtest

import (
	"fmt"
	"time"

	"fairgate/rules"
	"fairgate/scoring"
)

// Decision is the touch that one decision about an order makes for a ruleset of
// fifteen features: six entities with a mark each, eleven series, one of which
// is only read, windows from a minute to a day. Of fills it.
type Decision struct{ Touch scoring.Touch }

// NewDecision returns a decision that is about nobody yet.
func NewDecision() *Decision {
	const limit, day = 256, 24 * time.Hour
	counts := func(id string, windows ...time.Duration) *scoring.Series {
		s := &scoring.Series{ID: id, Limit: limit}
		for _, w := range windows {
			s.Reads, s.Keep = append(s.Reads, count(w)), max(s.Keep, w)
		}
		return s
	}
	values := func(id string, w time.Duration) *scoring.Series {
		return &scoring.Series{
			ID: id, Limit: limit, Keep: w, Shape: scoring.ShapeValues,
			Reads: []scoring.Read{{Window: w, Aggregate: rules.AggDistinct}},
		}
	}
	d := new(Decision)
	add := func(e rules.Entity, series ...*scoring.Series) {
		et := scoring.EntityTouch{Entity: e, ReadMark: true}
		for _, s := range series {
			addSeries(&et, s)
			et.Keep = max(et.Keep, s.Keep)
		}
		d.Touch.Entities = append(d.Touch.Entities, et)
	}
	orders := "0f1e2d3c4b5a"
	add(rules.EntityAccount, counts(orders, time.Minute, 10*time.Minute, time.Hour, day),
		counts("112233445566", time.Minute, time.Hour), values("a1b2c3d4e5f6", day))
	add(rules.EntityDevice, counts(orders, 10*time.Minute), values("0123456789ab", time.Hour))
	add(rules.EntityIP, counts(orders, time.Minute))
	add(rules.EntitySubnet, values("0123456789ab", time.Hour), counts(orders, 10*time.Minute))
	add(rules.EntityDocument, counts(orders, day), values("0123456789ab", day))
	add(rules.EntityPhone, counts(orders, day))
	d.Touch.Entities[0].Series[1].Members = nil
	return d
}

// Of makes d the decision about another event, of an account whose device,
// address, document and phone are its own; the subnet is shared.
func (d *Decision) Of(id, account, subnet string, when time.Time) *scoring.Touch {
	d.Touch.EventID, d.Touch.Time = id, when
	for i := range d.Touch.Entities {
		et := &d.Touch.Entities[i]
		et.Key = account
		if et.Entity == rules.EntitySubnet {
			et.Key = subnet
		}
		for j := range et.Series {
			switch st := &et.Series[j]; {
			case len(st.Members) == 0:
			case st.Series.Shape == scoring.ShapeValues:
				st.Members[0] = account
			default:
				st.Members[0] = id
			}
		}
	}
	return &d.Touch
}

// Crowd names the accounts and subnets of a benchmark.
type Crowd struct{ Accounts, Subnets []string }

// NewCrowd returns a crowd whose names begin with run.
func NewCrowd(run string, accounts, subnets int) Crowd {
	var c Crowd
	for i := range accounts {
		c.Accounts = append(c.Accounts, fmt.Sprintf("%s%024x", run, i))
	}
	for i := range subnets {
		c.Subnets = append(c.Subnets, fmt.Sprintf("%s-%d/24", run, i))
	}
	return c
}

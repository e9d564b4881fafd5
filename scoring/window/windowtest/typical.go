package windowtest

import (
	"time"

	"fairgate/rules"
	"fairgate/scoring"
)

// Typical returns the touch that benchmarks measure: four entities with a mark
// each, eight counts over four series, three distinct counts. Reuse fills it.
func Typical() *scoring.Touch {
	entities := []rules.Entity{rules.EntityAccount, rules.EntityDevice, rules.EntityIP, rules.EntityPhone}
	tc := &scoring.Touch{Entities: make([]scoring.EntityTouch, len(entities))}
	for i, e := range entities {
		et := &tc.Entities[i]
		et.Entity, et.ReadMark = e, true
		addSeries(et, events(64, count(10*time.Second), count(time.Minute)))
		if i < 3 {
			addSeries(et, distinct(64, 10*time.Minute))
		}
	}
	return tc
}

// Reuse makes tc the touch of another event. Actor tells the keys apart.
func Reuse(tc *scoring.Touch, id, actor string, when time.Time) {
	tc.EventID, tc.Time = id, when
	for i := range tc.Entities {
		et := &tc.Entities[i]
		et.Key = actor
		for j := range et.Series {
			et.Series[j].Members[0] = id
			if et.Series[j].Series.Shape == scoring.ShapeValues {
				et.Series[j].Members[0] = actor
			}
		}
	}
}

func addSeries(et *scoring.EntityTouch, s *scoring.Series) {
	et.Series = append(et.Series, scoring.SeriesTouch{
		Series: s, Members: []string{""}, Values: make([]float64, len(s.Reads)),
	})
}

package simulate

import (
	"context"
	"fmt"
	"time"
)

// Sizes of one farm.
const (
	farmDevices  = 2
	farmAccounts = 8 // per device
)

// deviceFarm is S4: an operator's few phones, each of which works through many
// accounts at a person's pace.
func deviceFarm() Scenario {
	s := Scenario{ID: "S4", Hostile: true, Books: true, About: "books from a few phones with many accounts each"}
	s.Populate = func(w *World, n int) []*Actor {
		var out []*Actor
		for range n {
			w.next++
			operator := fmt.Sprintf("%s-farm-%d", s.ID, w.next)
			for range farmDevices {
				device, ip := NewDevice(), w.Address()
				arrive := w.Opens + time.Duration(w.rng.Float64()*0.15*float64(w.Duration))
				for range farmAccounts {
					a := w.Actor(s)
					a.Operator, a.Device, a.Traits.IP = operator, device, ip
					a.Days = []string{w.Day()}
					a.Parties = [][]Person{w.Party(1 + w.rng.IntN(2))}
					a.Arrive = arrive
					arrive += time.Duration((0.5 + w.rng.Float64()) * 0.04 * float64(w.Duration))
					out = append(out, a)
				}
			}
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) {
		if v.browse(ctx) {
			v.book(ctx)
		}
	}
	s.Requests = func(time.Duration) float64 { return 5.5 }
	return s
}

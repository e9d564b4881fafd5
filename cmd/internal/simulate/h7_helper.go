package simulate

import "time"

// helper is H7: somebody at a community centre who books for elderly
// neighbours, each with an account of their own, on one device, with names and
// numbers pasted from a list.
func helper() Scenario {
	many := Param{"h7.accounts", Count, logNormal(9, 0.5, 4, 30), "neighbours that one helper books for"}
	gap := Param{"h7.gap", Seconds, logNormal(420, 0.8, 90, 5400), "from one neighbour's booking to the next"}
	s := Scenario{ID: "H7", Books: true, About: "a helper who books for elderly neighbours on one device", Params: []Param{many, gap}}
	s.Populate = func(w *World, n int) []*Actor {
		var out []*Actor
		for len(out) < n {
			device, left := NewDevice(), w.count(many, 2)
			first := w.wish(0, w.runDays(), nil)
			var helper *Actor
			for ; left > 0 && len(out) < n; left-- {
				a := w.Actor(s)
				if helper == nil {
					helper = a
				}
				phone, password := a.Traits.Phone, a.Traits.Password
				a.Traits = helper.Traits
				a.Traits.Phone, a.Traits.Password = phone, password
				a.Device, a.pastes, a.Contact = device, true, helper.Traits.Phone
				wish := first
				wish.Party = w.party(a.Traits.Guise, 1+w.rng.IntN(2))
				a.want(wish)
				out = append(out, a)
				first.At += w.time(gap)
				if !w.Long {
					first.At -= w.time(gap) * 99 / 100
				}
				if w.Long && first.At%day > 21*time.Hour { // tomorrow, then
					first.At += 12 * time.Hour
				}
			}
		}
		return out
	}
	s.Play = playVisitor
	s.Requests = aVisit(1)
	return s
}

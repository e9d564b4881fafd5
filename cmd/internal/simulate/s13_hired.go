package simulate

import "context"

// hiredBooking is S13: books by hand, with a few accounts, for many buyers who
// know nothing of each other and gave their own documents.
func hiredBooking() Scenario {
	accounts := Param{"s13.accounts", Count, logNormal(3, 0.4, 2, 8), "accounts of one operator"}
	jobs := Param{"s13.jobs", Count, logNormal(9, 0.4, 4, 30), "bookings of one account"}
	size := Param{"s13.party", Count, logNormal(1.9, 0.5, 1, 5), "persons of one buyer's booking"}
	s := Scenario{
		ID: "S13", Hostile: true, Books: true, Long: true, AlertOnly: true, About: "hired to book for strangers with their own documents, by hand",
		Signals: []Property{PropertyParty, PropertyContact}, Params: []Param{accounts, jobs, size},
	}
	s.Populate = func(w *World, n int) []*Actor {
		var out []*Actor
		for range n {
			c := w.ring(s, 1)
			device := NewDevice()
			home := w.traits(w.guise())
			for range w.count(accounts, 1) {
				a := w.hire(c, s)
				a.Traits.clone(home)
				a.Device, a.Traits.IP, a.Traits.Network, a.pastes = device, home.IP, home.Network, true
				for range w.count(jobs, 1) {
					// Buyers are of all kinds.
					a.want(w.wish(0, w.runDays(), w.party(w.guise(), w.count(size, 1))))
				}
				sortWishes(a)
				out = append(out, a)
			}
		}
		return out
	}
	s.Play = func(ctx context.Context, v *Visit) { playByHand(ctx, v) }
	s.Requests = func(*World) float64 { return 130 }
	return s
}

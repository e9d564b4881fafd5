package simulate

import "fmt"

// simBank is S9: accounts on numbers of virtual operators, bought by the block;
// the codes of their text messages are read by a machine, which takes the same
// time for each.
func simBank() Scenario {
	size := Param{"s9.accounts", Count, logNormal(14, 0.5, 5, 60), "accounts of one bank"}
	mixed := Param{"s9.ordinary_number", Share, chance(0.12), "has an ordinary number after all"}
	latency := Param{"s9.code", Seconds, uniform(3.5, 5), "until a code is typed in"}
	hands := Param{"s9.accounts_per_device", Count, logNormal(3, 0.5, 1, 12), "accounts of one device"}
	s := Scenario{
		ID: "S9", Hostile: true, Books: true, Long: true, About: "accounts on blocks of virtual operators' numbers, codes read by a machine",
		Signals: []Property{PropertyPhone, PropertyContact, PropertyMember}, Params: []Param{size, mixed, latency, hands},
	}
	s.Populate = func(w *World, n int) []*Actor {
		var out []*Actor
		for range n {
			c := w.ring(s, 0)
			prefix := virtualPrefixes[w.rng.IntN(len(virtualPrefixes))]
			block := w.rng.IntN(10_000)
			var device *Device
			left := 0
			for range w.count(size, 2) {
				a := w.hire(c, s)
				if left--; left <= 0 {
					device, left = NewDevice(), w.count(hands, 1)
				}
				a.Device, a.Member, a.ByCode, a.codeDelay = device, false, true, &latency
				if !w.happens(mixed) {
					a.Traits.Phone = w.inBlock(prefix, block)
				}
				a.want(w.aim(a, w.runDays()))
				out = append(out, a)
			}
		}
		return out
	}
	s.Play = playByHand
	s.Requests = aVisit(1.1)
	return s
}

// inBlock draws a number of a block of ten thousand.
func (w *World) inBlock(prefix string, block int) string {
	for n := w.rng.IntN(10_000); ; n++ {
		phone := fmt.Sprintf("%s%04d%04d", prefix, (block+n/10_000)%10_000, n%10_000)
		if !w.used[phone] {
			w.used[phone] = true
			return phone
		}
	}
}

package simulate

import (
	"net/netip"
	"time"
)

// deviceFarm is S4: an operator's phones or cloud phones, all of one image and
// in one subnet, each of which works through many accounts at a person's pace,
// all by one schedule.
func deviceFarm() Scenario {
	phones := Param{"s4.devices", Count, logNormal(3, 0.5, 2, 12), "phones of one farm"}
	accounts := Param{"s4.accounts", Count, logNormal(8, 0.35, 4, 25), "accounts of one phone"}
	gap := Param{"s4.gap", Seconds, logNormal(240, 0.5, 60, 1800), "from one account to the next on a phone"}
	step := Param{"s4.step", Seconds, logNormal(1.5, 0.6, 0.1, 15), "by how much the phones are out of step"}
	s := Scenario{
		ID: "S4", Hostile: true, Books: true, Short: true, Units: 14, About: "books from a few phones of one image with many accounts each",
		Params: []Param{phones, accounts, gap, step},
	}
	s.Populate = func(w *World, n int) []*Actor {
		var out []*Actor
		for range n {
			c := w.ring(s, 2)
			image := w.traits(w.guise())
			begin := w.wish(0, w.runDays(), nil)
			if late := w.Duration - 4*time.Hour; w.Long && begin.At > late {
				begin.At = late
			}
			many := w.count(accounts, 2)
			for at := range w.count(phones, 1) {
				device := NewDevice()
				ip := beside(image.Network, image.IP, at)
				arrive := begin.At + w.time(step)
				if !w.Long {
					arrive = w.Opens + time.Duration(w.rng.Float64()*0.15*float64(w.Duration))
				}
				for range many {
					a := w.hire(c, s)
					a.Traits.clone(image)
					a.Device, a.Traits.IP, a.Traits.Network = device, ip, image.Network
					a.want(w.scheduled(begin, arrive, w.party(image.Guise, w.partySize())))
					out = append(out, a)
					if !w.Long {
						arrive += time.Duration((0.5 + w.rng.Float64()) * 0.04 * float64(w.Duration))
					} else {
						arrive += w.time(gap)
					}
				}
			}
		}
		return out
	}
	s.Play = playByHand
	s.Requests = aVisit(0.9)
	return s
}

// scheduled is what one account of a farm takes at its moment: the day that the
// farm is after, or what else the day offers.
func (w *World) scheduled(farm Wish, at time.Duration, party []Person) Wish {
	if !w.Long {
		wish := w.wish(0, 1, party)
		wish.At = at
		return wish
	}
	wish := farm
	wish.At, wish.Party = at, party
	if farm.Opens < farm.At && w.rng.Float64() < 0.6 {
		wish.Day, wish.Opens = w.Days[min(int(at/day)+1+w.soon(Ahead-1), len(w.Days)-1)], 0
	}
	return wish
}

// beside is another address of the same subnet.
func beside(n Network, ip netip.Addr, i int) netip.Addr {
	b := ip.AsSlice()
	b[len(b)-1] += byte(i) //nolint:gosec // wraps around within the subnet
	out, _ := netip.AddrFromSlice(b)
	if !n.Prefix.Contains(out) {
		return ip
	}
	return out
}

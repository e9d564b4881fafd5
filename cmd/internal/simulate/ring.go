package simulate

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"fairgate/ingest/fingerprint/collector"
)

// Ring is an operator with several accounts: what they have in common, and
// what they tell each other while the run goes on. It is safe for concurrent
// use.
type Ring struct {
	Name string
	// Contacts are the phone numbers at which buyers reach the operator; they
	// stand in the orders.
	Contacts []string
	// Members are the accounts.
	Members []*Actor

	mu      sync.Mutex
	refused map[string]int // times, by account
	// recording is a beacon that is sent again and again.
	recording *collector.Beacon
	next      int // which of the members goes on
}

// ring makes an operator with so many contact numbers.
func (w *World) ring(s Scenario, contacts int) *Ring {
	w.next++
	c := &Ring{Name: fmt.Sprintf("%s-ring-%d", s.ID, w.next), refused: map[string]int{}}
	for range contacts {
		c.Contacts = append(c.Contacts, w.phone(GuiseLocal))
	}
	return c
}

// hire adds an account to the ring. It writes one of the ring's numbers into
// its orders where the ring has some.
func (w *World) hire(c *Ring, s Scenario) *Actor {
	a := w.Actor(s)
	a.Operator, a.Ring = c.Name, c
	if len(c.Contacts) > 0 {
		a.Contact = c.Contacts[w.rng.IntN(len(c.Contacts))]
	}
	c.Members = append(c.Members, a)
	return a
}

// refuse notes that one of its accounts was refused; refusals says how often.
func (c *Ring) refuse(a *Actor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused[a.Traits.Phone]++
}

func (c *Ring) refusals(a *Actor) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused[a.Traits.Phone]
}

// turnOf gives the members one after the other.
func (c *Ring) turnOf() *Actor {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	return c.Members[c.next%len(c.Members)]
}

// sortWishes puts an actor's wishes in order of time.
func sortWishes(a *Actor) {
	slices.SortStableFunc(a.Wishes, func(x, y Wish) int { return cmp.Compare(x.At, y.At) })
	a.Arrive = a.Wishes[0].At
}

// booked is the actor's last attempt that was taken.
func (a *Actor) booked() Attempt {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, at := range slices.Backward(a.seen.Attempts) {
		if at.Result == ResultAccepted {
			return at
		}
	}
	return Attempt{}
}

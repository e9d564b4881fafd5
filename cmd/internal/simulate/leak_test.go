package simulate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestStaticPropertiesTellNobodyApart holds fair play: whatever single property
// one looks at that the catalogue does not name as the attack's signal, ordering
// actors by how hostile its value was in one population must not separate those
// of another.
func TestStaticPropertiesTellNobodyApart(t *testing.T) {
	t.Parallel()
	for _, leak := range Leaks(5, 0) {
		if !leak.Signal {
			assert.LessOrEqual(t, leak.AUC, MostLeak, "%s: %s", leak.Scenario, leak.Property)
		}
	}
}

// TestLeakIsFound shows that the test above can fail: attackers of whom some
// have a trait that few people have, in one property after the other.
func TestLeakIsFound(t *testing.T) {
	t.Parallel()
	train, test := newCrowd(13, 0), newCrowd(14, 0)
	all := properties()
	leaks := map[Property]func(w *World, a *Actor){
		PropertyAgent:    func(_ *World, a *Actor) { a.Traits.Agent = "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/130.0" },
		PropertyPassword: func(_ *World, a *Actor) { a.Traits.Password = "pw-0123456789abcdef" },
		PropertyBeacons:  func(_ *World, a *Actor) { a.Traits.Beacons = false },
		PropertyNetwork:  func(w *World, a *Actor) { a.Traits.Network = w.networks[0] },
		PropertyArrival:  func(_ *World, a *Actor) { a.Wishes = nil; a.Arrive = 4 * time.Hour },
		PropertyDocument: func(_ *World, a *Actor) {
			for _, x := range a.Wishes {
				x.Party[0].Type = "passport"
			}
		},
		PropertyDay: func(w *World, a *Actor) {
			for i, x := range a.Wishes {
				a.Wishes[i].Day = w.Days[int(x.At/day)+1]
			}
		},
	}
	for name, leak := range leaks {
		s := direct()
		leaky := func(c crowd) []*Actor {
			out := c.attackers(s)
			for i, a := range out {
				if i%3 == 0 { // a third is enough
					leak(c.world, a)
				}
			}
			return out
		}
		assert.Greater(t, separation(train, leaky(train), test, leaky(test), all[name]), MostLeak, "%s", name)
	}
}

// TestSeparation is the measure itself.
func TestSeparation(t *testing.T) {
	t.Parallel()
	crowdOf := func(languages ...string) (out []*Actor) {
		for range 100 {
			for _, l := range languages {
				out = append(out, &Actor{Traits: Traits{Language: l}})
			}
		}
		return out
	}
	read := properties()[PropertyLanguage]
	c := crowd{people: crowdOf("zh", "zh", "zh", "en")}
	require.InDelta(t, 0.5, separation(c, crowdOf("zh", "zh", "zh", "en"), c, crowdOf("zh", "zh", "zh", "en"), read), 1e-9)
	require.InDelta(t, 0.75, separation(c, crowdOf("zh", "en", "en", "en"), c, crowdOf("zh", "en", "en", "en"), read), 1e-9)
	require.InDelta(t, 1, separation(c, crowdOf("fr"), c, crowdOf("fr"), read), 1e-9)
}

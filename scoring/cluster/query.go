package cluster

import (
	"maps"
	"time"
)

// Of is the cluster of an account; ok is false where it is in none.
func (g *Graph) Of(account string, now time.Time) (s State, ok bool) {
	a, known := g.accounts[account]
	if !known {
		return State{}, false
	}
	c := g.clusters[g.root(a)]
	if c.id == "" {
		return State{}, false
	}
	return State{ID: c.id, Size: c.size, Growth: c.growth(now.UnixMilli()), Confirmed: c.confirmed}, true
}

// Joins is the cluster that an account without one would be in once the links of
// an event were known; ok is false where they connect it with nobody. Of several
// clusters that they would make one it is the first that they lead to.
func (g *Graph) Joins(account string, links []Link, now time.Time) (s State, ok bool) {
	a, known := g.accounts[account]
	for i := range links {
		k, there := g.keys[links[i].id()]
		if !there || g.shared[k].n == 0 || g.shared[k].n >= g.shared[k].bridge {
			continue
		}
		other := g.root(g.shared[k].first)
		if known && other == g.root(a) {
			continue
		}
		c := g.clusters[other]
		s = State{ID: c.id, Size: c.size + 1, Growth: c.growth(now.UnixMilli()) + 1, Confirmed: c.confirmed}
		if c.id == "" { // the two make it, and it is named as join names it
			s.ID, s.Growth, s.Other = g.freeID(other), 2, g.nodes[other].name
		}
		return s, true
	}
	return State{}, false
}

// Members lists accounts of a cluster, at most limit; nil for an unknown one.
func (g *Graph) Members(id string, limit int) []string {
	root, ok := g.roots[id]
	if !ok {
		return nil
	}
	var out []string
	for m := root; len(out) < limit; {
		out = append(out, g.nodes[m].name)
		if m = g.nodes[m].next; m == root {
			break
		}
	}
	return out
}

// Seen is when a link was last seen, zero where it is not known.
func (g *Graph) Seen(l Link) time.Time {
	a, known := g.accounts[l.Account]
	k, shared := g.keys[l.id()]
	if !known || !shared {
		return time.Time{}
	}
	at, ok := g.links[pair(a, k)]
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(at).UTC()
}

// Size says how much the graph holds.
func (g *Graph) Size() (accounts, links, clusters int) {
	return len(g.nodes), len(g.links), len(g.roots)
}

// Refused counts, by reason, the links that were not taken so far.
func (g *Graph) Refused() map[Refusal]int { return maps.Clone(g.refused) }

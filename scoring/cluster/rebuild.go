package cluster

import (
	"cmp"
	"slices"
	"time"
)

// edge is one link that outlives a rebuild.
type edge struct {
	account, key int32
	at           int64
}

// Rebuild forgets the links that are older than the window at now, and with
// them what they alone connected; keys that have become too widely shared
// connect nobody any more. A cluster that falls apart leaves its id to its
// largest part. It takes about a second for a million links.
func (g *Graph) Rebuild(now time.Time) {
	if now.After(g.newest) {
		g.newest = now
	}
	edges := g.alive(g.newest.Add(-g.o.Window).UnixMilli())
	old := *g
	sharers := make([]int32, len(old.shared))
	for _, e := range edges {
		sharers[e.key]++
	}
	ids := make([]keyID, len(old.shared))
	for id, k := range old.keys {
		ids[k] = id
	}
	g.clear()
	g.refused = map[Refusal]int{} // what is kept apart again is not refused anew
	for _, e := range edges {
		name := old.nodes[e.account].name
		a, known := g.accounts[name]
		if !known {
			a = g.account(name)
		}
		k, known := g.keys[ids[e.key]]
		if !known {
			k = g.key(ids[e.key], old.shared[e.key].bridge)
		}
		if sharers[e.key] > old.shared[e.key].bridge {
			g.links[pair(a, k)] = e.at
			g.shared[k].n, g.shared[k].first = g.shared[k].n+1, a
			continue
		}
		g.link(a, k, e.at)
	}
	g.refused = old.refused
	g.inherit(&old)
}

// alive lists the links that are later than since, in the order of time.
func (g *Graph) alive(since int64) []edge {
	edges := make([]edge, 0, len(g.links))
	for p, at := range g.links {
		if at > since {
			edges = append(edges, edge{account: int32(p >> 32), key: int32(uint32(p)), at: at}) //nolint:gosec // see pair
		}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.account, b.account), cmp.Compare(a.key, b.key))
	})
	return edges
}

// inherit gives the clusters the ids and the growth of those that they were.
func (g *Graph) inherit(old *Graph) {
	was := func(name string) string {
		if a, ok := old.accounts[name]; ok {
			return old.clusters[old.root(a)].id
		}
		return ""
	}
	roots := make([]int32, 0, len(g.roots))
	for _, root := range g.roots {
		roots = append(roots, root)
	}
	slices.SortFunc(roots, func(a, b int32) int {
		return cmp.Or(cmp.Compare(g.clusters[b].size, g.clusters[a].size), cmp.Compare(a, b))
	})
	g.roots = make(map[string]int32, len(roots))
	var nameless []int32
	for _, root := range roots {
		id := g.heir(root, was)
		if id == "" {
			nameless = append(nameless, root)
			continue
		}
		before := old.clusters[old.roots[id]]
		c := g.clusters[root]
		c.id, c.hours, c.head = id, before.hours, before.head
		g.roots[id] = root
	}
	for _, root := range nameless {
		c := g.clusters[root]
		c.id, c.hours = g.freeID(root), [24]int32{}
		g.roots[c.id] = root
	}
}

// heir is the id that most of a cluster's accounts had, if it is still free.
func (g *Graph) heir(root int32, was func(string) string) string {
	votes := map[string]int{}
	for m := root; ; {
		if id := was(g.nodes[m].name); id != "" {
			votes[id]++
		}
		if m = g.nodes[m].next; m == root {
			break
		}
	}
	best := ""
	for id, n := range votes {
		if _, taken := g.roots[id]; !taken && (best == "" || n > votes[best] || (n == votes[best] && id < best)) {
			best = id
		}
	}
	return best
}

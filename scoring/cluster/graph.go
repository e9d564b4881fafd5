package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// State is what is known about one cluster.
type State struct {
	ID   string
	Size int // accounts
	// Growth is how many accounts came to it in the last 24 hours, by the hour
	// of their event; when two clusters meet, those of the smaller one came.
	Growth int
	// Confirmed is how many of them were confirmed as scalpers by a person.
	Confirmed int
	// Other is an account of it, where the group is only about to be (Joins).
	Other string
}

// Refusal says why a link was not taken.
type Refusal string

// Refusals.
const (
	RefusedOld      Refusal = "old"      // beyond the window
	RefusedAccounts Refusal = "accounts" // MaxAccounts
	RefusedLinks    Refusal = "links"    // MaxLinks
	RefusedSize     Refusal = "size"     // taken, but MaxSize kept two clusters apart
	RefusedInvalid  Refusal = "invalid"  // no account, key, time, or an unknown kind
)

// Graph holds the links of the window and the clusters that they make. It is
// not safe for concurrent use: it has one owner.
type Graph struct {
	o        Options
	newest   time.Time
	accounts map[string]int32
	nodes    []node
	keys     map[keyID]int32
	shared   []key
	links    map[uint64]int64 // account<<32 | key → Unix ms last seen
	clusters map[int32]*component
	scalpers map[string]struct{} // confirmed
	roots    map[string]int32    // of clusters, by id
	refused  map[Refusal]int
}

// node is an account in the forest of the union.
type node struct {
	name   string
	parent int32
	next   int32 // ring of the members of its cluster
}

// key is what accounts share.
type key struct {
	bridge int32
	n      int32 // accounts that are linked to it
	first  int32 // one of them
}

// component is what a root knows.
type component struct {
	id        string // "" while it has one account
	size      int
	confirmed int
	hours     [24]int32 // accounts that came, by hour
	head      int64     // the newest hour, since 1970
}

// New returns an empty Graph.
func New(o Options) *Graph {
	g := &Graph{o: o.withDefaults(), refused: map[Refusal]int{}, scalpers: map[string]struct{}{}}
	g.clear()
	return g
}

// clear forgets everything but what was refused.
func (g *Graph) clear() {
	g.accounts, g.nodes = map[string]int32{}, nil
	g.keys, g.shared = map[keyID]int32{}, nil
	g.links, g.clusters, g.roots = map[uint64]int64{}, map[int32]*component{}, map[string]int32{}
}

// Add takes a link. Links may come late, twice and in any order: the clusters
// are the same after a Rebuild, except where a bound refused one.
func (g *Graph) Add(l Link) {
	if l.Account == "" || l.Key == "" || l.At.IsZero() || !l.Kind.Valid() {
		g.refused[RefusedInvalid]++
		return
	}
	if l.At.After(g.newest) {
		g.newest = l.At
	}
	if !l.At.After(g.newest.Add(-g.o.Window)) {
		g.refused[RefusedOld]++
		return
	}
	a, known := g.accounts[l.Account]
	if !known && len(g.nodes) >= g.o.MaxAccounts {
		g.refused[RefusedAccounts]++
		return
	}
	id := l.id()
	k, shared := g.keys[id]
	at := l.At.UnixMilli()
	if known && shared {
		if seen, ok := g.links[pair(a, k)]; ok {
			g.links[pair(a, k)] = max(seen, at)
			return
		}
	}
	if len(g.links) >= g.o.MaxLinks {
		g.refused[RefusedLinks]++
		return
	}
	if !known {
		a = g.account(l.Account)
	}
	if !shared {
		k = g.key(id, int32(g.o.Bridges[l.Kind])) //nolint:gosec // a small setting
	}
	g.link(a, k, at)
}

func pair(account, key int32) uint64 { return uint64(uint32(account))<<32 | uint64(uint32(key)) } //nolint:gosec // bits

func (g *Graph) account(name string) int32 {
	a := int32(len(g.nodes)) //nolint:gosec // MaxAccounts
	g.nodes = append(g.nodes, node{name: name, parent: a, next: a})
	g.accounts[name] = a
	c := &component{size: 1}
	if _, confirmed := g.scalpers[name]; confirmed {
		c.confirmed = 1
	}
	g.clusters[a] = c
	return a
}

func (g *Graph) key(id keyID, bridge int32) int32 {
	k := int32(len(g.shared)) //nolint:gosec // MaxLinks
	g.shared = append(g.shared, key{bridge: bridge})
	g.keys[id] = k
	return k
}

// link notes a new link and joins what it connects.
func (g *Graph) link(a, k int32, at int64) {
	g.links[pair(a, k)] = at
	shared := &g.shared[k]
	shared.n++
	switch {
	case shared.n == 1:
		shared.first = a
	case shared.n <= shared.bridge:
		g.join(g.root(shared.first), g.root(a), at)
	}
}

// Drop forgets a link. What it alone connected falls apart at the next Rebuild,
// which also forgets an account that has no link any more.
func (g *Graph) Drop(account string, kind Kind, key string) {
	l := Link{Account: account, Kind: kind, Key: key}
	a, known := g.accounts[account]
	k, shared := g.keys[l.id()]
	if !known || !shared {
		return
	}
	if _, linked := g.links[pair(a, k)]; linked {
		delete(g.links, pair(a, k))
		g.shared[k].n--
	}
}

// Confirm notes that a person confirmed the account as a scalper's, or took
// that back. It holds however long the account is not seen.
func (g *Graph) Confirm(account string, scalper bool) {
	_, was := g.scalpers[account]
	if was == scalper {
		return
	}
	by := -1
	if scalper {
		if len(g.scalpers) >= g.o.MaxAccounts {
			g.refused[RefusedAccounts]++
			return
		}
		g.scalpers[account], by = struct{}{}, 1
	} else {
		delete(g.scalpers, account)
	}
	if a, known := g.accounts[account]; known {
		g.clusters[g.root(a)].confirmed += by
	}
}

// root finds the account that stands for a's cluster.
func (g *Graph) root(a int32) int32 {
	for g.nodes[a].parent != a {
		g.nodes[a].parent = g.nodes[g.nodes[a].parent].parent
		a = g.nodes[a].parent
	}
	return a
}

// join makes one cluster of two. The larger keeps its id; of equals a does, which
// had the key first: what it did with orders was counted under that name, and
// who comes to it has as a rule done nothing yet.
func (g *Graph) join(a, b int32, at int64) {
	if a == b {
		return
	}
	large, small := a, b
	if g.clusters[a].size < g.clusters[b].size {
		large, small = b, a
	}
	into, from := g.clusters[large], g.clusters[small]
	if into.size+from.size > g.o.MaxSize {
		g.refused[RefusedSize]++
		return
	}
	came := from.size
	if into.size == 1 {
		into.id = g.freeID(large)
		came++ // the two made it
	}
	delete(g.roots, from.id)
	g.roots[into.id] = large
	into.grow(at, int32(came)) //nolint:gosec // MaxSize
	into.size, into.confirmed = into.size+from.size, into.confirmed+from.confirmed
	g.nodes[small].parent = large
	g.nodes[small].next, g.nodes[large].next = g.nodes[large].next, g.nodes[small].next
	delete(g.clusters, small)
}

// freeID names a cluster after the account that it began with. One that the
// account began earlier, and that goes on without it, keeps its name.
func (g *Graph) freeID(founder int32) string {
	for n := 0; ; n++ {
		id := clusterID(g.nodes[founder].name, n)
		if _, taken := g.roots[id]; !taken {
			return id
		}
	}
}

func clusterID(founder string, n int) string {
	sum := sha256.Sum256([]byte("cluster\x00" + strconv.Itoa(n) + "\x00" + founder))
	return hex.EncodeToString(sum[:8])
}

const hour = int64(time.Hour / time.Millisecond)

// grow counts accounts that came at a time.
func (c *component) grow(at int64, n int32) {
	h := at / hour
	c.turn(h)
	if h > c.head-int64(len(c.hours)) {
		c.hours[h%int64(len(c.hours))] += n
	}
}

// turn empties the hours that are over at h.
func (c *component) turn(h int64) {
	if c.head == 0 || h-c.head >= int64(len(c.hours)) {
		c.hours, c.head = [24]int32{}, max(h, c.head)
		return
	}
	for c.head < h {
		c.head++
		c.hours[c.head%int64(len(c.hours))] = 0
	}
}

// growth is how many accounts came in the last 24 hours at now.
func (c *component) growth(now int64) int {
	c.turn(now / hour)
	return c.sum()
}

func (c *component) sum() (n int) {
	for _, came := range c.hours {
		n += int(came)
	}
	return n
}

package cluster_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/scoring/cluster"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func link(account string, kind cluster.Kind, key string, at time.Time) cluster.Link {
	return cluster.Link{Account: account, Kind: kind, Key: key, At: at}
}

// partition lists the clusters of accounts, each and all sorted.
func partition(clusterOf map[string]string) [][]string {
	byID := map[string][]string{}
	for account, id := range clusterOf {
		byID[id] = append(byID[id], account)
	}
	var out [][]string
	for _, accounts := range byID {
		if len(accounts) > 1 {
			slices.Sort(accounts)
			out = append(out, accounts)
		}
	}
	slices.SortFunc(out, slices.Compare)
	return out
}

// naive finds the clusters by spreading labels until nothing changes.
func naive(links []cluster.Link, bridges map[cluster.Kind]int, now time.Time, window time.Duration) [][]string {
	sharers := map[string]map[string]bool{}
	label := map[string]string{}
	for _, l := range links {
		if l.At.After(now.Add(-window)) {
			key := string(l.Kind) + " " + l.Key
			if sharers[key] == nil {
				sharers[key] = map[string]bool{}
			}
			sharers[key][l.Account] = true
			label[l.Account] = l.Account
		}
	}
	for changed := true; changed; {
		changed = false
		for key, accounts := range sharers {
			var kind cluster.Kind
			_, _ = fmt.Sscan(key, &kind)
			if len(accounts) > bridges[kind] {
				continue
			}
			least := ""
			for a := range accounts {
				if least == "" || label[a] < least {
					least = label[a]
				}
			}
			for a := range accounts {
				if label[a] != least {
					label[a], changed = least, true
				}
			}
		}
	}
	return partition(label)
}

// TestGraphAgainstNaive drives random links, late and repeated, and compares
// the clusters with the naive model.
func TestGraphAgainstNaive(t *testing.T) {
	t.Parallel()
	const window = 48 * time.Hour
	bridges := cluster.DefaultBridges()
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 7))
		g := cluster.New(cluster.Options{Window: window})
		var links []cluster.Link
		now := noon
		for step := range 400 {
			now = now.Add(time.Duration(r.IntN(3600)) * time.Second)
			kind := cluster.Kinds()[r.IntN(len(cluster.Kinds()))]
			l := link(fmt.Sprintf("a%d", r.IntN(60)), kind, fmt.Sprint(r.IntN(40)), now.Add(-time.Duration(r.IntN(7200))*time.Second))
			if len(links) > 0 && r.IntN(10) == 0 {
				l = links[r.IntN(len(links))]
			}
			links = append(links, l)
			g.Add(l)
			if step%40 == 39 {
				g.Rebuild(now)
				clusters, states := map[string]string{}, map[string]int{}
				for account := range 60 {
					name := fmt.Sprint("a", account)
					if s, ok := g.Of(name, now); ok {
						clusters[name], states[s.ID] = s.ID, s.Size
					}
				}
				require.Equal(t, naive(links, bridges, now, window), partition(clusters), "seed %d step %d", seed, step)
				for id, size := range states {
					members := g.Members(id, 100)
					require.Len(t, members, size)
					for _, m := range members {
						require.Equal(t, id, clusters[m])
					}
				}
			}
		}
	}
}

func TestIDsOutliveGrowthAndDecay(t *testing.T) {
	t.Parallel()
	g := cluster.New(cluster.Options{Window: 24 * time.Hour})
	for i := range 5 {
		g.Add(link(fmt.Sprint("a", i), cluster.Device, "d", noon))
	}
	first, ok := g.Of("a0", noon)
	require.True(t, ok)
	assert.Equal(t, cluster.State{ID: first.ID, Size: 5, Growth: 5}, first)

	// Two more, linked to each other, are linked to the five a day later.
	later := noon.Add(20 * time.Hour)
	g.Add(link("b0", cluster.Phone, "p", later))
	g.Add(link("b1", cluster.Phone, "p", later))
	other, _ := g.Of("b0", later)
	assert.NotEqual(t, first.ID, other.ID)
	g.Add(link("a4", cluster.Phone, "p", later))
	joined, _ := g.Of("b1", later)
	assert.Equal(t, cluster.State{ID: first.ID, Size: 7, Growth: 7}, joined)

	// When the device is forgotten the largest part keeps the id.
	over := noon.Add(25 * time.Hour)
	g.Rebuild(over)
	_, ok = g.Of("a0", over)
	assert.False(t, ok, "the device is forgotten")
	rest, _ := g.Of("a4", over)
	assert.Equal(t, cluster.State{ID: first.ID, Size: 3, Growth: 2}, rest)
}

func TestSharedByStrangers(t *testing.T) {
	t.Parallel()
	g := cluster.New(cluster.Options{})
	for i := range 300 { // a carrier's address
		g.Add(link(fmt.Sprint("a", i), cluster.IP, "203.0.113.7", noon))
	}
	s, ok := g.Of("a0", noon)
	require.True(t, ok, "nobody knows yet that it is one")
	assert.LessOrEqual(t, s.Size, 4)
	g.Rebuild(noon)
	_, ok = g.Of("a0", noon)
	assert.False(t, ok)
}

func TestBounds(t *testing.T) {
	t.Parallel()
	g := cluster.New(cluster.Options{MaxAccounts: 10, MaxLinks: 12, MaxSize: 4, Window: time.Hour})
	for i := range 20 {
		g.Add(link(fmt.Sprint("a", i), cluster.Device, fmt.Sprint("d", i/2), noon))
	}
	for i := range 10 {
		g.Add(link(fmt.Sprint("a", i), cluster.Payee, "one for all", noon))
	}
	g.Add(link("a0", cluster.Device, "d0", noon.Add(-2*time.Hour)))
	g.Add(link("a0", cluster.Kind("shoe"), "42", noon))
	g.Add(cluster.Link{})
	accounts, links, _ := g.Size()
	assert.Equal(t, 10, accounts)
	assert.Equal(t, 12, links)
	for i := range 10 {
		s, _ := g.Of(fmt.Sprint("a", i), noon)
		assert.LessOrEqual(t, s.Size, 4)
	}
	refused := g.Refused()
	assert.Equal(t, 10, refused[cluster.RefusedAccounts])
	assert.Equal(t, 8, refused[cluster.RefusedLinks])
	assert.Equal(t, 1, refused[cluster.RefusedOld])
	assert.Equal(t, 2, refused[cluster.RefusedInvalid])

	g.Rebuild(noon.Add(2 * time.Hour))
	accounts, links, clusters := g.Size()
	assert.Zero(t, accounts+links+clusters, "what is forgotten makes room")
}

// TestOneClusterOfEverybody: a million accounts on one device are no more than
// the bound allows, and cost no more than their links.
func TestOneClusterOfEverybody(t *testing.T) {
	t.Parallel()
	g := cluster.New(cluster.Options{MaxSize: 1000, Bridges: map[cluster.Kind]int{cluster.Device: 1 << 30}})
	for i := range 1_000_000 {
		g.Add(link(fmt.Sprint(i), cluster.Device, "d", noon))
	}
	s, _ := g.Of("0", noon)
	assert.Equal(t, 1000, s.Size)
	assert.Equal(t, 999_000, g.Refused()[cluster.RefusedSize])
	g.Rebuild(noon.Add(time.Minute))
	s, _ = g.Of("0", noon)
	assert.Equal(t, 1000, s.Size)
	assert.Equal(t, 999_000, g.Refused()[cluster.RefusedSize], "refused once")
}

func BenchmarkAdd(b *testing.B) {
	g := cluster.New(cluster.Options{})
	r := rand.New(rand.NewPCG(1, 2))
	links := make([]cluster.Link, 1<<16)
	for i := range links {
		links[i] = link(fmt.Sprint(r.IntN(200_000)), cluster.Device, fmt.Sprint(r.IntN(100_000)), noon)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		g.Add(links[i%len(links)])
	}
}

func TestWhatLinks(t *testing.T) {
	t.Parallel()
	e := &ingest.Event{Time: noon}
	e.Subject = ingest.Subject{Device: "d", Documents: []string{"x", "y"}, Phone: "p"}
	e.Client.IP = netip.MustParseAddr("::ffff:203.0.113.7")
	assert.Empty(t, cluster.AppendLinks(nil, e), "nobody is signed in")
	e.Subject.Account = "a"
	seen := []cluster.Link{link("a", cluster.Device, "d", noon), link("a", cluster.IP, "203.0.113.7", noon)}
	assert.Equal(t, seen, cluster.AppendLinks(nil, e), "what is merely typed links nobody")
	e.Outcome = ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201}
	assert.Equal(t, append(seen, link("a", cluster.Document, "x", noon), link("a", cluster.Document, "y", noon),
		link("a", cluster.Phone, "p", noon)), cluster.AppendLinks(nil, e))
}

// Like devices link in one place, and payees once they have paid.
func TestFamiliesAndPayeesLink(t *testing.T) {
	t.Parallel()
	e := &ingest.Event{Kind: ingest.KindOrderPay, Time: noon, Telemetry: ingest.Telemetry{Family: "f1"}}
	e.Subject = ingest.Subject{Account: "a", Payee: "card"}
	assert.Empty(t, cluster.AppendLinks(nil, e), "phones of one model are everywhere")
	e.Client.Subnet = "203.0.113.0/24"
	family := []cluster.Link{link("a", cluster.Family, "f1@203.0.113.0/24", noon)}
	assert.Equal(t, family, cluster.AppendLinks(nil, e))
	e.Outcome = ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 200}
	assert.Equal(t, append(family, link("a", cluster.Payee, "card", noon)), cluster.AppendLinks(nil, e))
	e.Client.Mobile = true
	assert.Equal(t, []cluster.Link{link("a", cluster.Payee, "card", noon)}, cluster.AppendLinks(nil, e), "a carrier's address is no place")
	e.Kind = ingest.KindHoldExpired
	assert.Empty(t, cluster.AppendLinks(nil, e), "a report shows nobody's device")
}

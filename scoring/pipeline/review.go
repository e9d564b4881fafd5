package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"math/bits"
	"strconv"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"fairgate/ingest"
	"fairgate/ingest/stream"
	"fairgate/scoring"
	"fairgate/scoring/cluster"
)

// What a group of accounts is shows only once it is large, and those that came
// first have booked by then. So all its accounts are looked at again whenever
// it has doubled, from reviewFrom on, when a person has confirmed one of them,
// and when a rule of this stage blocks one of them and others have come to it
// since that was last so: an event of kind account.review for each, which goes through the log
// like any other, so that rules, the ledger and backtests see it. Over a
// group's life the first is about two for each account, the last at most thirty.
const (
	reviewFrom = 8
	// reviewMost bounds how many accounts one growth asks for.
	reviewMost = 2000
	// reviewsKept is how many groups are remembered, so as not to ask twice.
	reviewsKept = 1 << 16
)

// reviews remembers at which size each group was last looked at. It is safe
// for concurrent use.
type reviews struct {
	mu   sync.Mutex
	seen *lru.Cache[string, int]
	hit  *lru.Cache[string, int] // at which size one was blocked
}

func newReviews() *reviews {
	seen, err := lru.New[string, int](reviewsKept)
	if err != nil { // only of a size below one
		return &reviews{}
	}
	hit, err := lru.New[string, int](reviewsKept)
	if err != nil {
		return &reviews{}
	}
	return &reviews{seen: seen, hit: hit}
}

// blocked is due for a group of which an account was blocked: what it shares
// with the others holds for them, too, if the rule looks at that. Whoever joins
// later is looked at by itself, so it is asked again only once the group is larger:
// by one account or, from sixteen on, by a sixteenth.
func (r *reviews) blocked(s cluster.State) (step int, due bool) {
	if s.Size < 2 || r.hit == nil {
		return 0, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, known := r.hit.Get(s.ID); known && s.Size <= last+last/16 {
		return 0, false
	}
	r.hit.Add(s.ID, s.Size)
	return -s.Size, true
}

// due reports whether the group has reached a step that it had not.
func (r *reviews) due(s cluster.State) (step int, due bool) {
	if s.Size < reviewFrom || r.seen == nil {
		return 0, false
	}
	step = 2 * bits.Len(uint(s.Size))
	if s.Confirmed > 0 {
		step++
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, known := r.seen.Get(s.ID); known && last >= step {
		return 0, false
	}
	r.seen.Add(s.ID, step)
	return step, true
}

// review asks for a look at every account of a group that has grown, but that
// of the event itself. The same step gives the same events.
func (p *Pipeline) review(e *ingest.Event, s cluster.State) []stream.Message {
	step, due := p.reviews.due(s)
	if !due {
		return nil
	}
	return p.ask(e, s, step)
}

// reviewBlocked asks for the same where the asynchronous stage blocks.
func (p *Pipeline) reviewBlocked(it *item, v *scoring.Verdict) []stream.Message {
	e := &it.event
	if p.o.Clusters == nil || v.Action != ingest.Block || e.Subject.Cluster == "" {
		return nil
	}
	s := cluster.State{ID: e.Subject.Cluster, Size: e.Subject.ClusterSize, Other: it.other}
	step, due := p.reviews.blocked(s)
	if !due {
		return nil
	}
	return p.ask(e, s, step)
}

// ask writes the events that ask for a look at a group's accounts.
func (p *Pipeline) ask(e *ingest.Event, s cluster.State, step int) []stream.Message {
	members := p.o.Clusters.Members(s.ID, reviewMost)
	if len(members) == 0 && s.Other != "" {
		members = []string{s.Other}
	}
	var out []stream.Message
	for _, account := range members {
		if account == e.Subject.Account {
			continue
		}
		sum := sha256.Sum256([]byte("review\x00" + e.Site + "\x00" + s.ID + "\x00" + strconv.Itoa(step) + "\x00" + account))
		asked := ingest.Event{
			ID: hex.EncodeToString(sum[:16]), Time: e.Time, Site: e.Site, Kind: ingest.KindAccountReview,
			Subject: ingest.Subject{Account: account},
		}
		value, err := asked.AppendJSON(nil)
		if err != nil { // texts and a time: it cannot fail
			continue
		}
		out = append(out, stream.Message{Topic: p.topics.Events, Key: account, Value: value})
	}
	return out
}

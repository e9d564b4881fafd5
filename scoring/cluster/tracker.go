package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"fairgate/ingest"
)

// ErrBadRecord is wrapped by the errors about records that nobody here wrote.
var ErrBadRecord = errors.New("bad record of links")

// Record is one entry of the log of links: a link, or what a person said about
// an account.
//
// The log is one partition that every tracker reads from its beginning, in the
// same order, so that all of them hold the same clusters under the same ids and
// none needs to own them. It is compacted by Record.Key: of each link the newest
// entry stays.
type Record struct {
	Account string    `json:"account"`
	Kind    Kind      `json:"kind,omitempty"`
	Key     string    `json:"key,omitempty"`
	Scalper *bool     `json:"scalper,omitempty"`
	At      time.Time `json:"at"`
}

// CompactionKey is the same for records of which only the last one counts. An
// entry of the log without a value takes the record with its key back.
func (r Record) CompactionKey() string {
	if r.Scalper != nil {
		return label + "\x00" + r.Account
	}
	return string(r.Kind) + "\x00" + r.Key + "\x00" + r.Account
}

// label stands for the kind in the keys of what people said.
const label = "label"

// ParseKey tells what a CompactionKey is of: its account, and the kind and key
// of a link, both empty for what a person said.
func ParseKey(compaction string) (account string, kind Kind, key string, err error) {
	head, rest, _ := strings.Cut(compaction, "\x00")
	if head == label {
		account = rest
	} else if end := strings.LastIndexByte(rest, 0); end > 0 {
		account, kind, key = rest[end+1:], Kind(head), rest[:end]
	}
	if account == "" || head != label && !kind.Valid() {
		return "", "", "", fmt.Errorf("%w: key %.40q is none of the log of links", ErrBadRecord, compaction)
	}
	return account, kind, key, nil
}

// maxField bounds what a record may hold.
const maxField = 256

// Validate reports what makes a record unusable.
func (r Record) Validate() error {
	switch {
	case r.Account == "" || len(r.Account) > maxField:
		return fmt.Errorf("%w: account has %d bytes, want 1 to %d", ErrBadRecord, len(r.Account), maxField)
	case r.At.IsZero():
		return fmt.Errorf("%w: at is missing", ErrBadRecord)
	case r.Scalper != nil && (r.Kind != "" || r.Key != ""):
		return fmt.Errorf("%w: a label has neither kind nor key", ErrBadRecord)
	case r.Scalper == nil && !r.Kind.Valid():
		return fmt.Errorf("%w: kind %.20q is unknown", ErrBadRecord, r.Kind)
	case r.Scalper == nil && (r.Key == "" || len(r.Key) > maxField):
		return fmt.Errorf("%w: key has %d bytes, want 1 to %d", ErrBadRecord, len(r.Key), maxField)
	}
	return nil
}

// Refresh is how old a link may become before it is written to the log again.
const Refresh = 6 * time.Hour

// rebuildEvery is how often, in the time of the log, the graph forgets.
const rebuildEvery = time.Hour

// Tracker keeps the graph up to date from the log of links. It is safe for
// concurrent use.
type Tracker struct {
	mu      sync.Mutex
	graph   *Graph
	now     time.Time // of the newest record
	rebuilt time.Time
	ready   bool
}

// NewTracker returns a Tracker that has read nothing yet.
func NewTracker(o Options) *Tracker { return &Tracker{graph: New(o)} }

// Apply takes the next entry of the log, by its compaction key: a record, or no
// value where one was taken back.
func (t *Tracker) Apply(compaction string, value []byte) error {
	if len(value) == 0 {
		return t.takeBack(compaction)
	}
	var r Record
	if err := json.Unmarshal(value, &r); err != nil {
		return fmt.Errorf("%w: %w", ErrBadRecord, err)
	}
	if err := r.Validate(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.At.After(t.now) {
		t.now = r.At
		// Judged by the log's own time, so that every tracker forgets the same
		// between the same two records.
		if turn := r.At.Truncate(rebuildEvery); turn.After(t.rebuilt) {
			t.graph.Rebuild(turn)
			t.rebuilt = turn
		}
	}
	if r.Scalper != nil {
		t.graph.Confirm(r.Account, *r.Scalper)
		return nil
	}
	t.graph.Add(Link{Account: r.Account, Kind: r.Kind, Key: r.Key, At: r.At})
	return nil
}

// takeBack forgets a link or what a person said.
func (t *Tracker) takeBack(compaction string) error {
	account, kind, key, err := ParseKey(compaction)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if kind == "" {
		t.graph.Confirm(account, false)
	} else {
		t.graph.Drop(account, kind, key)
	}
	return nil
}

// CaughtUp says that the log has been read up to where it ended when reading
// began; before that no cluster is known.
func (t *Tracker) CaughtUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ready = true
}

// Ready reports whether the log has been read so far that clusters are known.
func (t *Tracker) Ready() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ready
}

// Of is the cluster of an account at a time.
func (t *Tracker) Of(account string, at time.Time) (State, bool) {
	if account == "" {
		return State{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ready {
		return State{}, false
	}
	return t.graph.Of(account, at)
}

// Alone is the cluster of an account that is in none: itself, under the name that
// the cluster has which it will begin, so that what is counted for that begins
// with it.
func (t *Tracker) Alone(account string) (State, bool) {
	if account == "" || !t.Ready() {
		return State{}, false
	}
	return State{ID: clusterID(account, 0), Size: 1}, true
}

// Joins is the cluster that the account of an event is about to join, by what
// the event shows, where it is in none yet.
func (t *Tracker) Joins(e *ingest.Event) (State, bool) {
	links := AppendLinks(nil, e)
	if len(links) == 0 {
		return State{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ready {
		return State{}, false
	}
	return t.graph.Joins(e.Subject.Account, links, e.Time)
}

// Members lists accounts of a cluster, at most limit.
func (t *Tracker) Members(id string, limit int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.graph.Members(id, limit)
}

// Records lists what the event shows and the log does not know yet, or has not
// heard of for long.
func (t *Tracker) Records(e *ingest.Event) []Record {
	links := AppendLinks(nil, e)
	if len(links) == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Record
	for _, l := range links {
		if seen := t.graph.Seen(l); seen.IsZero() || !seen.After(l.At.Add(-Refresh)) {
			out = append(out, Record{Account: l.Account, Kind: l.Kind, Key: l.Key, At: l.At})
		}
	}
	return out
}

// Size says how much the graph holds.
func (t *Tracker) Size() (accounts, links, clusters int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.graph.Size()
}

// Refused counts, by reason, the links that were not taken so far.
func (t *Tracker) Refused() map[Refusal]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.graph.Refused()
}

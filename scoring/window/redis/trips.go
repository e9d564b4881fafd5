package redis

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	// mostTrips is how many round trips are under way at once: while Redis works
	// on one, the answers of another are read.
	mostTrips = 2
	// mostTogether is how many touches share a round trip at most, so that the
	// first answer does not wait for too many others.
	mostTogether = 32
)

// trips shares round trips between touches that come at the same time. With
// few callers each goes at once and alone; while mostTrips are under way the
// others gather, and go together as soon as one is back. On a busy gateway most
// of a touch's cost is the system calls of its round trip, on either side.
//
// Nobody works for the others but with a trip of its own: who comes first
// leads, and the next trip is led by one who waits. It is safe for concurrent
// use.
type trips struct {
	client goredis.UniversalClient
	// again says that commands may be sent a second time (Store.reuse).
	again bool

	mu       sync.Mutex
	underWay int
	waiting  []*passenger // only while mostTrips are under way
	spare    sync.Pool    // of *[]goredis.Cmder
}

// passenger is one touch's commands on their way.
type passenger struct {
	cmds     []goredis.Cmder
	deadline time.Time    // zero: none
	party    []*passenger // whom it leads, itself included; made as it departs
	leads    bool         // its turn comes, or has come, to lead; guarded by trips.mu
	turn     chan bool    // true: lead the party; false: the answers are there. Holds one
}

func newPassenger() *passenger { return &passenger{turn: make(chan bool, 1)} }

// carry sends p's commands and returns when each has its answer or its error.
// An error of carry itself says that there are none: ctx ended first. Unless
// free, others still work with the commands then, so their memory must be left
// alone.
func (t *trips) carry(ctx context.Context, p *passenger) (free bool, err error) {
	if err := ctx.Err(); err != nil {
		return true, err
	}
	p.deadline, _ = ctx.Deadline()
	t.mu.Lock()
	if t.underWay < mostTrips {
		t.underWay++
		t.mu.Unlock()
		t.travel(ctx, p)
		return true, nil
	}
	t.waiting = append(t.waiting, p)
	t.mu.Unlock()
	select {
	case lead := <-p.turn:
		if lead {
			t.travel(ctx, p)
		}
		return true, nil
	case <-ctx.Done():
		return t.giveUp(ctx, p)
	}
}

// giveUp takes p out of the queue. Where it has been chosen to lead already, it
// leads all the same.
func (t *trips) giveUp(ctx context.Context, p *passenger) (free bool, err error) {
	t.mu.Lock()
	at := slices.Index(t.waiting, p)
	if at >= 0 {
		t.waiting = slices.Delete(t.waiting, at, at+1)
	}
	leads := p.leads
	t.mu.Unlock()
	switch {
	case leads:
		<-p.turn
		t.travel(ctx, p)
		return true, nil
	case at >= 0:
		return true, ctx.Err()
	default:
		return false, ctx.Err()
	}
}

// board makes p's party of those who wait, the first to come first. Before it
// does, everybody who could run runs as far as to here: where there are many
// they go together, and where there is nobody it takes a tenth of a microsecond.
func (t *trips) board(p *passenger) {
	runtime.Gosched()
	t.mu.Lock()
	defer t.mu.Unlock()
	with := min(len(t.waiting), mostTogether-1)
	p.party = append(append(p.party[:0], t.waiting[:with]...), p)
	t.waiting = slices.Delete(t.waiting, 0, with)
}

// travel takes p and its party to Redis and back, and sends the next one off.
func (t *trips) travel(ctx context.Context, p *passenger) {
	t.board(p)
	// It goes on for the others when this one's caller has left.
	ctx = context.WithoutCancel(ctx)
	latest := p.deadline
	for _, other := range p.party {
		if other.deadline.IsZero() {
			latest = time.Time{}
			break
		}
		if other.deadline.After(latest) {
			latest = other.deadline
		}
	}
	if !latest.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, latest)
		defer cancel()
	}
	t.exec(ctx, p.party)
	t.next()
	for _, other := range p.party {
		if other != p {
			other.turn <- false // there is room: a passenger has one turn
		}
	}
	clear(p.party)
	p.party, p.leads = p.party[:0], false
}

// next has the one who came last lead those who wait when it departs: of those
// who are there its deadline is the latest.
func (t *trips) next() {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.waiting)
	if n == 0 {
		t.underWay--
		return
	}
	leader := t.waiting[n-1]
	t.waiting = slices.Delete(t.waiting, n-1, n)
	leader.leads = true
	leader.turn <- true // there is room: it has had none yet
}

// exec sends the commands of all in one pipeline; each command takes its own
// answer or error. A connection that broke beneath several is one failure, not
// as many as there were on it, which would look like a Redis that is gone: so
// they are sent once more, over another. Repeats count once.
func (t *trips) exec(ctx context.Context, party []*passenger) {
	room, _ := t.spare.Get().(*[]goredis.Cmder)
	if room == nil {
		room = new([]goredis.Cmder)
	}
	cmds := (*room)[:0]
	for _, p := range party {
		cmds = append(cmds, p.cmds...)
	}
	err := pipeline(ctx, t.client, cmds)
	if len(party) > 1 && t.again && broken(err) {
		for _, cmd := range cmds {
			cmd.SetErr(nil)
		}
		err = pipeline(ctx, t.client, cmds)
	}
	if err != nil {
		spread(cmds, err)
	}
	clear(cmds)
	*room = cmds
	t.spare.Put(room)
}

// broken reports that a connection ended, rather than that Redis refused
// something or took too long.
func broken(err error) bool {
	var timeout net.Error
	if err == nil || (errors.As(err, &timeout) && timeout.Timeout()) {
		return false
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// spread gives a failure of the whole pipeline, which go-redis may have told of
// no command, to all of them.
func spread(cmds []goredis.Cmder, err error) {
	for _, cmd := range cmds {
		if cmd.Err() != nil {
			return
		}
	}
	for _, cmd := range cmds {
		cmd.SetErr(err)
	}
}

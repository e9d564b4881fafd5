package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"fairgate/ticketing"
)

// sessionDeadline bounds one look-up of sessions.
const sessionDeadline = 5 * time.Second

// sessions looks sessions up. Every request asks for one, so those that are
// asked for at once share a statement: what arrives while one look-up is under
// way forms the next. A lone request waits for nobody, and none is answered
// with what was read before it asked.
type sessions struct {
	db   *sql.DB
	text *lookup

	mu      sync.Mutex
	waiting []*sessionAsked
	busy    bool
}

type sessionAsked struct {
	id    string
	found ticketing.Session
	err   error
	done  chan struct{}
}

func newSessions(db *sql.DB, d dialect) *sessions {
	// One text for what is found: a subquery gives one value.
	return &sessions{db: db, text: newLookup(d, "read session", `SELECT v.column1, (SELECT s.account_id || ' ' || s.created_at || ' ' || s.expires_at
		|| ' ' || s.revoked_at || ' ' || s.channel FROM sessions s WHERE s.id = v.column1) FROM VALUES`, "TEXT")}
}

// find looks one session up.
func (s *sessions) find(ctx context.Context, id string) (ticketing.Session, error) {
	if err := ctx.Err(); err != nil {
		return ticketing.Session{}, fmt.Errorf("read session: %w", err)
	}
	a := &sessionAsked{id: id, done: make(chan struct{})}
	s.mu.Lock()
	s.waiting = append(s.waiting, a)
	start := !s.busy
	s.busy = true
	s.mu.Unlock()
	if start {
		go s.run() //nolint:contextcheck // it serves other callers too
	}
	select {
	case <-a.done:
		return a.found, a.err
	case <-ctx.Done():
		return ticketing.Session{}, fmt.Errorf("read session: %w", ctx.Err())
	}
}

// run looks up what is waiting until nothing is.
func (s *sessions) run() {
	for {
		runtime.Gosched() // requests that are ready to ask join
		s.mu.Lock()
		asked := s.waiting
		s.waiting, s.busy = nil, len(asked) > 0
		s.mu.Unlock()
		if len(asked) == 0 {
			return
		}
		s.read(asked)
	}
}

func (s *sessions) read(asked []*sessionAsked) {
	ctx, cancel := context.WithTimeout(context.Background(), sessionDeadline)
	defer cancel()
	args, seen := []any{}, map[string]bool{}
	for _, a := range asked {
		once(seen, a.id, &args, a.id)
	}
	found := make(map[string]ticketing.Session, len(args))
	err := s.text.each(ctx, s.db, args, func(rows *sql.Rows) error {
		var id, said sql.NullString
		if err := rows.Scan(&id, &said); err != nil || !said.Valid {
			return err
		}
		r, err := sessionOf(id.String, said.String)
		found[r.ID] = r
		return err
	})
	for _, a := range asked {
		var known bool
		if a.found, known = found[a.id]; !known && err == nil {
			a.err = ticketing.ErrNotFound
		}
		if err != nil {
			a.err = err
		}
		close(a.done)
	}
}

// sessionOf reads what is found of a session. Neither ids nor channels have
// spaces.
func sessionOf(id, said string) (ticketing.Session, error) {
	fields := strings.Split(said, " ")
	if len(fields) != 5 {
		return ticketing.Session{}, fmt.Errorf("session has %d fields", len(fields))
	}
	r := ticketing.Session{ID: id, AccountID: fields[0], Channel: fields[4]}
	for i, at := range []*time.Time{&r.CreatedAt, &r.ExpiresAt, &r.RevokedAt} {
		ms, err := strconv.ParseInt(fields[i+1], 10, 64)
		if err != nil {
			return ticketing.Session{}, fmt.Errorf("session: %w", err)
		}
		*at = moment(ms)
	}
	return r, nil
}

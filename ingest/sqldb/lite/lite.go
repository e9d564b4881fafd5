// Package lite opens SQLite (modernc.org/sqlite) so that each connection keeps
// the statements that it has compiled. SQLite compiles a text anew at every
// call otherwise, which takes longer than most statements of this service run.
//
// It owns which statements are kept. Data sources, pragmas and pools are its
// callers'.
package lite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
	"modernc.org/sqlite"
)

// Options tune the connections. The zero value is usable.
type Options struct {
	// Patient statements that have begun run to their end whatever becomes of
	// their context; it is asked before. Watching it costs a goroutine for each
	// statement. It is for a process in which nobody waits for anybody else.
	Patient bool
}

// kept is how many statements a connection keeps compiled; of more the one used
// longest ago is dropped. Each takes a few kilobytes.
const kept = 256

// Open opens a data source of modernc.org/sqlite. As with sql.Open, nothing is
// connected to yet.
func Open(source string, o Options) (*sql.DB, error) {
	inner, err := sqlite.NewConnector(source)
	if err != nil {
		return nil, fmt.Errorf("open sqlite: %w", err)
	}
	return sql.OpenDB(connector{Connector: inner, o: o}), nil
}

// OpenVolatile opens a file, which no other connection may open meanwhile, with
// further pragmas and for a process in which nobody waits for anybody else: its
// one connection keeps the lock and what it has read, and no crash is survived.
// A rollback is still one.
func OpenVolatile(source string, pragmas ...string) (*sql.DB, error) {
	all := url.Values{"_txlock": {"immediate"}}
	for _, p := range append([]string{
		"locking_mode(EXCLUSIVE)", "journal_mode(MEMORY)", "synchronous(OFF)", "temp_store(MEMORY)", "cache_size(-65536)",
	}, pragmas...) {
		all.Add("_pragma", p)
	}
	db, err := Open(source+"?"+all.Encode(), Options{Patient: true})
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

type connector struct {
	driver.Connector
	o Options
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := inner.(engine)
	if !ok {
		return nil, errors.Join(errors.New("open sqlite: the driver lacks what database/sql asks for"), inner.Close())
	}
	cache, err := lru.NewWithEvict(kept, func(_ string, s *statement) { s.drop() })
	if err != nil {
		return nil, errors.Join(err, inner.Close())
	}
	return &conn{engine: full, statements: cache, o: c.o}, nil
}

// engine is what a connection of the driver can do.
type engine interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// conn is a connection that keeps its statements; database/sql gives it to one
// goroutine at a time.
type conn struct {
	engine
	statements *lru.Cache[string, *statement]
	o          Options
}

var (
	_ driver.QueryerContext = (*conn)(nil)
	_ driver.ExecerContext  = (*conn)(nil)
)

// Close closes the statements, too.
func (c *conn) Close() error {
	c.statements.Purge()
	return c.engine.Close()
}

// running is what a compiled statement of the driver can do.
type running interface {
	driver.Stmt
	driver.StmtQueryContext
	driver.StmtExecContext
}

// statement is a compiled text, of which one use at a time is under way.
type statement struct {
	running
	busy    bool
	dropped bool
}

// drop closes the statement as soon as nobody uses it. That it fails says only
// that its last use did, which was told then.
func (s *statement) drop() {
	s.dropped = true
	if !s.busy {
		_ = s.Close()
	}
}

func (s *statement) release() {
	s.busy = false
	if s.dropped {
		_ = s.Close()
	}
}

// statement gives the compiled text, which the caller must release. Where it is
// in use (rows of it are being read) there is a second one for this use.
func (c *conn) statement(ctx context.Context, text string) (*statement, error) {
	if s, ok := c.statements.Get(text); ok && !s.busy {
		s.busy = true
		return s, nil
	}
	made, err := c.PrepareContext(ctx, settled(text))
	if err != nil {
		return nil, err
	}
	whole, ok := made.(running)
	if !ok {
		return nil, errors.Join(errors.New("the driver's statement lacks contexts"), made.Close())
	}
	s := &statement{running: whole, busy: true}
	if c.statements.Contains(text) {
		s.dropped = true // closed after this use
	} else {
		c.statements.Add(text, s)
	}
	return s, nil
}

// bound is a place in a text that is filled at each call, with what makes it
// the bound of a result.
var bound = regexp.MustCompile(`(\bLIMIT )?(\$[0-9]+)`)

// settled is the text in a form whose plan does not depend on what is given at
// a call. SQLite looks at the values of LIMIT $1, and of a = $1 where an index is
// kept for a = 'x' only, as it plans; it then compiles the statement anew
// whenever a value is bound, which takes longer than running it. It does not
// look behind a cast or a sign.
func settled(text string) string {
	return bound.ReplaceAllStringFunc(text, func(place string) string {
		if n, ok := strings.CutPrefix(place, "LIMIT "); ok {
			return "LIMIT CAST(" + n + " AS INTEGER)"
		}
		return "+" + place
	})
}

// during is the context that the driver is to watch.
func (c *conn) during(ctx context.Context) (context.Context, error) {
	if !c.o.Patient {
		return ctx, nil
	}
	return context.WithoutCancel(ctx), ctx.Err()
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	ctx, err := c.during(ctx)
	if err != nil {
		return nil, err
	}
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	defer s.release()
	return s.ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	ctx, err := c.during(ctx)
	if err != nil {
		return nil, err
	}
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	inner, err := s.QueryContext(ctx, args)
	if err != nil {
		s.release()
		return nil, err
	}
	return &rows{Rows: inner, of: s}, nil
}

// rows give their statement back when they are closed.
type rows struct {
	driver.Rows
	of *statement
}

// Close implements driver.Rows.
func (r *rows) Close() error {
	err := r.Rows.Close()
	if r.of != nil {
		r.of.release()
		r.of = nil
	}
	return err
}

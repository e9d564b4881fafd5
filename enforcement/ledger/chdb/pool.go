package chdb

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// pool holds the connections of one user, made when first needed, up to its
// size. A request has a connection to itself. It is safe for concurrent use.
type pool struct {
	engine  *engine
	path    string
	session []setting // set once on every connection
	slots   chan *conn
}

// setting is one engine setting, its value as text.
type setting struct{ name, value string }

// newPool makes a pool of size connections, none opened yet.
func newPool(engine *engine, path string, size int, session []setting) *pool {
	p := &pool{engine: engine, path: path, session: session, slots: make(chan *conn, size)}
	for range size {
		p.slots <- nil
	}
	return p
}

// errBusy reports that no connection came free in time.
var errBusy = errors.New("no connection came free")

// with runs do on a connection, waiting for one until ctx ends. The goroutine
// stays on its thread meanwhile: the engine keeps state per thread between the
// calls of one insert. A connection left in doubt is replaced.
func (p *pool) with(ctx context.Context, do func(*conn) (healthy bool, err error)) error {
	var c *conn
	select {
	case c = <-p.slots:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errBusy, ctx.Err())
	}
	defer func() { p.slots <- c }()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if c == nil {
		opened, err := p.open()
		if err != nil {
			return err
		}
		c = opened
	}
	healthy, err := do(c)
	if !healthy {
		c.close()
		c = nil
	}
	return err
}

// open makes a connection and applies the session's settings to it.
func (p *pool) open() (*conn, error) {
	c, err := p.engine.open(p.path)
	if err != nil {
		return nil, err
	}
	if err := c.set(p.session); err != nil {
		c.close()
		return nil, fmt.Errorf("apply the session's settings: %w", err)
	}
	return c, nil
}

// close waits for the requests under way and closes every connection.
func (p *pool) close() {
	for range cap(p.slots) {
		if c := <-p.slots; c != nil {
			c.close()
		}
	}
}

// set applies settings to the connection's session.
func (c *conn) set(settings []setting) error {
	if len(settings) == 0 {
		return nil
	}
	clauses := make([]string, 0, len(settings))
	for _, s := range settings {
		clauses = append(clauses, s.name+" = "+quote(s.value))
	}
	_, err := c.query("SET "+strings.Join(clauses, ", "), "Null", nil)
	return err
}

// use switches the connection to a database.
func (c *conn) use(database string) error {
	if database == c.database {
		return nil
	}
	if _, err := c.query("USE `"+strings.ReplaceAll(database, "`", "``")+"`", "Null", nil); err != nil {
		return err
	}
	c.database = database
	return nil
}

// quote writes a SQL string literal.
func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

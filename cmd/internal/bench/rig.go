package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
)

// rig is a booking system under load and what it stands on.
type rig struct {
	*Ticketing

	dsn  string
	out  io.Writer
	ends []func() error // the last first
}

// newRig starts a booking system on the database dsn, or on one of its own
// where that is empty, with a receiver that takes every outcome. On an error
// what was started is ended.
func newRig(ctx context.Context, exe, dsn string, out io.Writer) (g *rig, err error) {
	g = &rig{dsn: dsn, out: out}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.close())
		}
	}()
	if g.dsn == "" {
		g.say("starting a PostgreSQL of its own")
		pg, err := StartPostgres(ctx)
		if err != nil {
			return g, err
		}
		g.ends = append(g.ends, pg.Stop)
		g.dsn = pg.DSN
	}
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	g.ends = append(g.ends, func() error { sink.Close(); return nil })
	if g.Ticketing, err = NewTicketing(ctx, exe, g.dsn, sink.URL, out); err != nil {
		return g, err
	}
	g.ends = append(g.ends, g.Stop) // a process that never became ready, too
	return g, g.Start(ctx)
}

func (g *rig) say(format string, args ...any) { _, _ = fmt.Fprintf(g.out, format+"\n", args...) }

// close ends everything.
func (g *rig) close() error {
	var errs []error
	for _, end := range slices.Backward(g.ends) {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}

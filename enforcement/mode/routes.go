package mode

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fairgate/ingest/sqldb"
)

// MaxRoutes is how many routes of a site may have been turned.
const MaxRoutes = 500

// ErrBadRoute is wrapped where a route cannot be turned.
var ErrBadRoute = errors.New("bad route")

// Route is the switch of one route that was turned.
type Route struct {
	Route   string    `json:"route"`
	Observe bool      `json:"observe"`
	Actor   string    `json:"actor"`
	Reason  string    `json:"reason"`
	Changed time.Time `json:"changed_at"`
}

// maxRouteID is the longest id that a route table takes, in bytes.
const maxRouteID = 64

// validRoute reports whether a route table could have such an id. Its file's
// lines are routes, so that what ends a line is refused.
func validRoute(id string) bool {
	return id != "" && len(id) <= maxRouteID && utf8.ValidString(id) &&
		!strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) })
}

// Routes lists the routes that were turned, by id.
func (s *Store) Routes(ctx context.Context) (routes []Route, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT route, observing, actor, reason, changed_ms FROM route_mode
		WHERE site = $1 ORDER BY route`, s.site)
	if err != nil {
		return nil, fmt.Errorf("read the modes of the routes of site %q: %w", s.site, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r Route
		var on, changed int64
		if err := rows.Scan(&r.Route, &on, &r.Actor, &r.Reason, &changed); err != nil {
			return nil, fmt.Errorf("read the mode of a route of site %q: %w", s.site, err)
		}
		r.Observe, r.Changed = on != 0, sqldb.Time(changed)
		routes = append(routes, r)
	}
	return routes, rows.Err()
}

// observed lists the ids of the routes that only observe, in order.
func (s *Store) observed(ctx context.Context) ([]string, error) {
	all, err := s.Routes(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range all {
		if r.Observe {
			ids = append(ids, r.Route)
		}
	}
	return ids, nil
}

// SetRoute turns the switch of one route, by its id in the route table. Whether
// there is such a route only the gateways know: an id that none has does
// nothing.
func (s *Store) SetRoute(ctx context.Context, route string, on bool, actor, reason string) error {
	if !validRoute(route) {
		return fmt.Errorf("%w: %.80q is no id of a route: 1 to %d bytes that can be printed", ErrBadRoute, route, maxRouteID)
	}
	value := 0
	if on {
		value = 1
	}
	result, err := s.db.Write.ExecContext(ctx, `INSERT INTO route_mode (site, route, observing, actor, reason, changed_ms)
		SELECT $1, $2, CAST($3 AS BIGINT), $4, $5, CAST($6 AS BIGINT) WHERE (SELECT COUNT(*) FROM route_mode WHERE site = $1 AND route <> $2) < $7
		ON CONFLICT (site, route) DO UPDATE SET observing = excluded.observing, actor = excluded.actor, reason = excluded.reason, changed_ms = excluded.changed_ms`,
		s.site, route, value, actor, reason, s.now().UnixMilli(), MaxRoutes)
	if err != nil {
		return fmt.Errorf("turn the mode of route %q: %w", route, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("%w: %d routes were turned already", ErrBadRoute, MaxRoutes))
	}
	return nil
}

package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairgate/ticketing"
)

// querier is what *sql.DB and *sql.Tx have in common.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// reader implements ticketing.Reader on a database or a transaction.
type reader struct {
	q        querier
	sessions *sessions // nil in a transaction
}

// millis and moment turn times to Unix milliseconds and back; zero stays zero.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// flag is how a truth is stored.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// failed names what was read and turns "no rows" into ErrNotFound.
func failed(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ticketing.ErrNotFound
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", doing, err)
	}
	return unavailable(doing, err)
}

// each runs a query and scans its rows one by one.
func (r reader) each(ctx context.Context, doing string, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := r.q.QueryContext(ctx, query, args...)
	if err != nil {
		return failed(doing, err)
	}
	defer func() { _ = rows.Close() }() // its error is rows.Err's
	for rows.Next() {
		if err := scan(rows); err != nil {
			return failed(doing, err)
		}
	}
	return failed(doing, rows.Err())
}

// list runs a query and gives its rows, each as scan reads it.
func list[T any](ctx context.Context, r reader, doing string, scan func(scan func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	var found []T
	err := r.each(ctx, doing, func(rows *sql.Rows) error {
		v, err := scan(rows.Scan)
		found = append(found, v)
		return err
	}, query, args...)
	return found, err
}

// value reads a row of one column.
func value[T any](scan func(...any) error) (v T, err error) {
	err = scan(&v)
	return v, err
}

// scanMoment reads a row of one time.
func scanMoment(scan func(...any) error) (time.Time, error) {
	ms, err := value[int64](scan)
	return moment(ms), err
}

const accountColumns = `SELECT id, phone_key, phone_sealed, phone_masked, password, created_at, phone_verified_at, erased_at FROM accounts`

func (r reader) Account(ctx context.Context, id string) (ticketing.Account, error) {
	return r.account(r.q.QueryRowContext(ctx, accountColumns+` WHERE id = $1`, id))
}

func (r reader) AccountByPhone(ctx context.Context, phoneKey []byte) (ticketing.Account, error) {
	return r.account(r.q.QueryRowContext(ctx, accountColumns+` WHERE phone_key = $1`, phoneKey))
}

func (r reader) account(row *sql.Row) (ticketing.Account, error) {
	var (
		a                         ticketing.Account
		created, verified, erased int64
	)
	err := row.Scan(&a.ID, &a.PhoneKey, &a.PhoneSealed, &a.PhoneMasked, &a.Password, &created, &verified, &erased)
	a.CreatedAt, a.PhoneVerifiedAt, a.ErasedAt = moment(created), moment(verified), moment(erased)
	if len(a.PhoneSealed) == 0 {
		a.PhoneKey, a.PhoneSealed = nil, nil // see phoneKey
	}
	return a, failed("read account", err)
}

func (r reader) Session(ctx context.Context, id string) (ticketing.Session, error) {
	if r.sessions != nil {
		return r.sessions.find(ctx, id)
	}
	var (
		s                         ticketing.Session
		created, expires, revoked int64
	)
	err := r.q.QueryRowContext(ctx, `SELECT id, account_id, created_at, expires_at, revoked_at, channel FROM sessions WHERE id = $1`, id).
		Scan(&s.ID, &s.AccountID, &created, &expires, &revoked, &s.Channel)
	s.CreatedAt, s.ExpiresAt, s.RevokedAt = moment(created), moment(expires), moment(revoked)
	return s, failed("read session", err)
}

const poolColumns = `SELECT id, name, price_fen, limit_per_order, hold_ms, cutoff_ms, opens_at, products, rules, kind, name_en, activity, allotted, version FROM pools`

func scanPool(scan func(...any) error) (ticketing.Pool, error) {
	var (
		p                   ticketing.Pool
		hold, cutoff, opens int64
		products, rules     string
		activity            string
		allotted            int
	)
	err := scan(&p.ID, &p.Name, &p.PriceFen, &p.LimitPerOrder, &hold, &cutoff, &opens, &products, &rules, &p.Kind, &p.NameEN, &activity, &allotted, &p.Version)
	if err != nil {
		return p, err
	}
	p.Allotted = allotted == 1
	p.Hold, p.Cutoff, p.OpensAt = time.Duration(hold)*time.Millisecond, time.Duration(cutoff)*time.Millisecond, moment(opens)
	if err := json.Unmarshal([]byte(products), &p.Products); err != nil {
		return p, fmt.Errorf("products of pool %q: %w", p.ID, err)
	}
	if len(p.Products) == 0 {
		p.Products = nil
	}
	if err := json.Unmarshal([]byte(rules), &p.Rules); err != nil {
		return p, fmt.Errorf("rules of pool %q: %w", p.ID, err)
	}
	if err := json.Unmarshal([]byte(activity), &p.Activity); err != nil {
		return p, fmt.Errorf("activity of pool %q: %w", p.ID, err)
	}
	return p, nil
}

func (r reader) Pools(ctx context.Context) ([]ticketing.Pool, error) {
	pools, err := list(ctx, r, "read pools", scanPool, poolColumns)
	// Sorted here, because the engines collate text differently.
	slices.SortFunc(pools, func(a, b ticketing.Pool) int { return strings.Compare(a.ID, b.ID) })
	return pools, err
}

func (r reader) Pool(ctx context.Context, id string) (ticketing.Pool, error) {
	p, err := scanPool(r.q.QueryRowContext(ctx, poolColumns+` WHERE id = $1`, id).Scan)
	return p, failed("read pool", err)
}

func (r reader) Events(ctx context.Context, after int64, limit int) ([]ticketing.Event, error) {
	return r.events(ctx, `WHERE seq > $1 ORDER BY seq LIMIT $2`, after, limit)
}

func (r reader) events(ctx context.Context, where string, args ...any) ([]ticketing.Event, error) {
	var events []ticketing.Event
	err := r.each(ctx, "read outbox", func(rows *sql.Rows) error {
		var (
			e        ticketing.Event
			occurred int64
		)
		err := rows.Scan(&e.Seq, &e.ID, &e.Type, &occurred, &e.OrderID, &e.AccountID, &e.FromAccountID,
			&e.Pool, &e.Date, &e.State, &e.Positions, &e.Channel, &e.RequestID)
		e.OccurredAt = ticketing.Millis{Time: moment(occurred)}
		events = append(events, e)
		return err
	}, `SELECT seq, id, type, occurred_at, order_id, account_id, from_account_id, pool_id, day, state, positions, channel, request_id FROM outbox `+where, args...)
	return events, err
}

// placeholders writes "($n, $n+1, …)" for so many values.
func placeholders(first, count int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range count {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	b.WriteByte(')')
	return b.String()
}

// in writes "($n, …)" for a list, filled up to a power of two with its last
// value, so that there are few texts and each stays prepared.
func in[T any](args []any, values []T) (text string, all []any) {
	size := 1
	for size < len(values) {
		size *= 2
	}
	first := len(args) + 1
	for i := range size {
		args = append(args, values[min(i, len(values)-1)])
	}
	return placeholders(first, size), args
}

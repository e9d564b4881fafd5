package store

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"fairgate/console"
	"fairgate/ingest/sqldb"
)

// forgetAfter is when a count is forgotten: no window is longer.
const forgetAfter = time.Hour

// maxTries bounds the rows that strangers can make the house keep.
const maxTries = 10_000

// count adds one to what a subject did within a window (fixed, from its first
// time) and returns how often that was.
const count = `INSERT INTO console_tries (subject, count, since_ms) VALUES ($1, 1, $2)
	ON CONFLICT (subject) DO UPDATE SET
		count = CASE WHEN console_tries.since_ms <= $3 THEN 1 ELSE console_tries.count + 1 END,
		since_ms = CASE WHEN console_tries.since_ms <= $3 THEN excluded.since_ms ELSE console_tries.since_ms END
	RETURNING count`

// try counts a try at a name from an address before it is known whether it is
// right, so that tries at the same moment count, too. Where there were too many
// it returns console.ErrTooManyTries, and the right password is of no use until
// the window is over. The name is kept as a hash: some people type their
// password into its field.
func (s *Store) try(ctx context.Context, name, address string, known bool) error {
	now := s.o.Now()
	if _, err := s.db.Write.ExecContext(ctx, `DELETE FROM console_tries WHERE since_ms <= $1`, now.Add(-max(forgetAfter, s.o.TriesWindow)).UnixMilli()); err != nil {
		return fmt.Errorf("forget old tries: %w", err)
	}
	if !known {
		var rows int
		if err := s.db.Read.QueryRowContext(ctx, `SELECT COUNT(*) FROM console_tries`).Scan(&rows); err != nil {
			return fmt.Errorf("count the tries: %w", err)
		}
		if rows >= maxTries {
			return nil // there is nothing to guess about this name
		}
	}
	for subject, most := range map[string]int{nameSubject(name): s.o.Tries, addressSubject(address): s.o.AddressTries} {
		if err := s.spend(ctx, subject, most, s.o.TriesWindow); err != nil {
			return err
		}
	}
	return nil
}

// Spend counts one dangerous operation of an operator; beyond
// Options.SensitivePerHour it returns console.ErrTooMany.
func (s *Store) Spend(ctx context.Context, operator, operation string) error {
	err := s.spend(ctx, operationSubject(operator, operation), s.o.SensitivePerHour, forgetAfter)
	if errors.Is(err, console.ErrTooManyTries) {
		return console.ErrTooMany
	}
	return err
}

// Refund takes back what Spend counted.
func (s *Store) Refund(ctx context.Context, operator, operation string) error {
	_, err := s.db.Write.ExecContext(ctx, `UPDATE console_tries SET count = count - 1 WHERE subject = $1 AND count > 0`, operationSubject(operator, operation))
	if err != nil {
		return fmt.Errorf("count the operation: %w", err)
	}
	return nil
}

func operationSubject(operator, operation string) string {
	return "operation:" + operation + ":" + digest(operator)
}

func (s *Store) spend(ctx context.Context, subject string, most int, window time.Duration) error {
	now := s.o.Now()
	var n int
	if err := s.db.Write.QueryRowContext(ctx, count, subject, now.UnixMilli(), now.Add(-window).UnixMilli()).Scan(&n); err != nil {
		return fmt.Errorf("count the tries: %w", err)
	}
	if n > most {
		return console.ErrTooManyTries
	}
	return nil
}

// settle forgets the tries of a name that turned out to be right, and the one of
// its address.
func (s *Store) settle(ctx context.Context, name, address string) error {
	for _, done := range []sqldb.Statement{
		sqldb.Do(`DELETE FROM console_tries WHERE subject = $1`, nameSubject(name)),
		sqldb.Do(`UPDATE console_tries SET count = count - 1 WHERE subject = $1 AND count > 0`, addressSubject(address)),
	} {
		if _, err := s.db.Write.ExecContext(ctx, done.Text, done.Args...); err != nil {
			return fmt.Errorf("forget the tries: %w", err)
		}
	}
	return nil
}

func nameSubject(name string) string { return "name:" + digest(name) }

// addressSubject is the address that tries are counted by: whoever has one
// address of an IPv6 network has 2^64 of them.
func addressSubject(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return "address:none"
	}
	if addr = addr.Unmap(); addr.Is4() {
		return "address:" + addr.String()
	}
	prefix, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return "address:none"
	}
	return "address:" + prefix.String()
}

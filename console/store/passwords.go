package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/alexedwards/argon2id"

	"fairgate/console"
	"fairgate/ingest/sqldb"
)

// A password has at least and at most so many characters.
const minPassword, maxPassword = 12, 256

// OneTimePassword makes a password to be changed at the first sign-in.
func OneTimePassword() string { return secret()[:20] }

// FirstAdministrator makes the user "admin" when there is no user at all, and
// reports whether it did. Only then is password asked for the one-time password
// to give; where that fails nobody is made, so that the only way in is never
// lost.
func (s *Store) FirstAdministrator(ctx context.Context, password func() (string, error)) (made bool, err error) {
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM console_users`).Scan(&n); err != nil || n > 0 {
			return err
		}
		text, err := password()
		if err != nil {
			return err
		}
		if len(text) < minPassword {
			return console.ErrWeakPassword
		}
		hash, err := s.hash(ctx, text)
		if err != nil {
			return err
		}
		made = true
		_, err = tx.ExecContext(ctx, `INSERT INTO console_users (name, role, password_hash, must_change, created_ms) VALUES ($1, $2, $3, 1, $4)`,
			"admin", string(console.Administrator), hash, s.o.Now().UnixMilli())
		return err
	})
	if err != nil {
		return false, fmt.Errorf("make the first administrator: %w", err)
	}
	return made, nil
}

// ChangePassword replaces a user's own password and ends all their sessions.
// The old one counts as a try at signing in.
func (s *Store) ChangePassword(ctx context.Context, name, address, old, replacement string) error {
	if n := len([]rune(replacement)); n < minPassword || n > maxPassword || replacement == old {
		return console.ErrWeakPassword
	}
	if _, err := s.prove(ctx, name, address, old); err != nil {
		return err
	}
	next, err := s.hash(ctx, replacement)
	if err != nil {
		return err
	}
	if err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		return sqldb.Exec(ctx, tx,
			sqldb.Do(`UPDATE console_users SET password_hash = $1, must_change = 0 WHERE name = $2`, next, name),
			sqldb.Do(`DELETE FROM console_sessions WHERE name = $1`, name))
	}); err != nil {
		return fmt.Errorf("store the password: %w", err)
	}
	return nil
}

// prove checks a name and a password, counts the try, and takes as long for a
// name that nobody has. The tries of the name are forgotten only by settle.
func (s *Store) prove(ctx context.Context, name, address, password string) (user, error) {
	u, err := s.user(ctx, name)
	if err != nil {
		return u, err
	}
	if err := s.try(ctx, name, address, u.Name != ""); err != nil {
		return user{}, s.failed(ctx, u.Name, address, err)
	}
	ok, err := s.compare(ctx, password, u.hash)
	if err != nil {
		return user{}, err
	}
	if !ok || u.Name == "" || u.disabled {
		return user{}, s.failed(ctx, u.Name, address, console.ErrBadCredentials)
	}
	return u, nil
}

// user is a row of console_users; without a name there is none.
type user struct {
	console.Principal
	hash     string
	disabled bool
	second   bool // there is a second factor
}

// user reads a user; a name that does not exist gives the decoy's hash and an
// empty principal, so that both cost the same time.
func (s *Store) user(ctx context.Context, name string) (user, error) {
	var u user
	err := s.db.Read.QueryRowContext(ctx, `SELECT u.name, u.role, u.must_change, u.disabled_ms, u.password_hash, COALESCE(t.sealed, '') <> ''
		FROM console_users u LEFT JOIN console_totp t ON t.name = u.name WHERE u.name = $1`, name).
		Scan(&u.Name, (*string)(&u.Role), asBool(&u.MustChange), asBool(&u.disabled), &u.hash, asBool(&u.second))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return user{hash: s.decoy}, nil
	case err != nil:
		return user{}, fmt.Errorf("read the user: %w", err)
	}
	u.MustEnrol = s.mustEnrol(u.Role, u.second)
	return u, nil
}

// mustEnrol: the house wants a second factor of this role, and there is none.
func (s *Store) mustEnrol(r console.Role, second bool) bool {
	return !second && slices.Contains(s.o.RequireTOTP, r)
}

func (s *Store) hash(ctx context.Context, password string) (hash string, err error) {
	err = s.inHasher(ctx, func() error {
		hash, err = argon2id.CreateHash(password, argon2id.DefaultParams)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash the password: %w", err)
	}
	return hash, nil
}

func (s *Store) compare(ctx context.Context, password, hash string) (same bool, err error) {
	err = s.inHasher(ctx, func() error {
		same, err = argon2id.ComparePasswordAndHash(password, hash)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("check the password: %w", err)
	}
	return same, nil
}

// inHasher waits for one of the places in which passwords are hashed.
func (s *Store) inHasher(ctx context.Context, do func() error) error {
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.hashing }()
	return do()
}

// flag scans a truth: SQLite, and columns, have numbers for it, PostgreSQL's
// comparisons have truths.
type flag struct{ to *bool }

func asBool(to *bool) flag { return flag{to} }

// Scan implements sql.Scanner.
func (f flag) Scan(v any) error {
	switch v := v.(type) {
	case int64:
		*f.to = v != 0
	case bool:
		*f.to = v
	default:
		return fmt.Errorf("neither a truth nor a number: %T", v)
	}
	return nil
}

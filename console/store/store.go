// Package store keeps the operators' users, sessions, API keys and audit log
// in SQL (SQLite or PostgreSQL). Passwords are argon2id hashes; session tokens
// and API keys are stored as SHA-256 and cannot be read back.
package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"

	"fairgate/console"
	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options of a Store. The zero value is usable.
type Options struct {
	// Session is how long a sign-in lasts. Default 12 h.
	Session time.Duration
	// Tries is how many failed sign-ins a name may have within TriesWindow.
	// Default 10 in 5 minutes, per process.
	Tries       int
	TriesWindow time.Duration
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Session <= 0 {
		o.Session = 12 * time.Hour
	}
	if o.Tries <= 0 {
		o.Tries = 10
	}
	if o.TriesWindow <= 0 {
		o.TriesWindow = 5 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Store is safe for concurrent use.
type Store struct {
	db *sqldb.DB
	o  Options

	mu    sync.Mutex
	tries map[string][]time.Time // failed sign-ins by name

	audit sync.Mutex // serialises Append

	decoy string // a hash to compare with when there is no such user
}

// Open migrates the tables and returns the store.
func Open(ctx context.Context, db *sqldb.DB, o Options) (*Store, error) {
	if err := db.Migrate(ctx, migrations, "console_goose_version"); err != nil {
		return nil, err
	}
	decoy, err := argon2id.CreateHash(secret(), argon2id.DefaultParams)
	if err != nil {
		return nil, fmt.Errorf("hash: %w", err)
	}
	return &Store{db: db, o: o.withDefaults(), tries: map[string][]time.Time{}, decoy: decoy}, nil
}

// secret makes 32 random bytes, base64url.
func secret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

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
		hash, err := argon2id.CreateHash(text, argon2id.DefaultParams)
		if err != nil {
			return fmt.Errorf("hash: %w", err)
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

// OneTimePassword makes a password to be changed at the first sign-in.
func OneTimePassword() string { return secret()[:20] }

// minPassword is the shortest password, in characters.
const minPassword = 12

// PutKey stores an API key for a program under a name, replacing an older one.
func (s *Store) PutKey(ctx context.Context, name, key string, role console.Role) error {
	if !role.Valid() || len(key) < 32 {
		return errors.New("an API key needs a known role and at least 32 characters")
	}
	_, err := s.db.Write.ExecContext(ctx, `INSERT INTO console_keys (key_hash, name, role, created_ms) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET key_hash = excluded.key_hash, role = excluded.role`,
		digest(key), name, string(role), s.o.Now().UnixMilli())
	if err != nil {
		return fmt.Errorf("store the API key: %w", err)
	}
	return nil
}

// SignIn checks a password and opens a session.
func (s *Store) SignIn(ctx context.Context, name, password, address string) (token string, p console.Principal, expires time.Time, err error) {
	name = strings.TrimSpace(name)
	if s.blocked(name) {
		return "", p, expires, console.ErrTooManyTries
	}
	hash, p, err := s.user(ctx, name)
	if err != nil {
		return "", p, expires, err
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return "", p, expires, fmt.Errorf("check the password: %w", err)
	}
	if !ok || p.Name == "" {
		s.failed(name)
		return "", console.Principal{}, expires, console.ErrBadCredentials
	}
	now := s.o.Now()
	token, expires = secret(), now.Add(s.o.Session)
	_, err = s.db.Write.ExecContext(ctx, `INSERT INTO console_sessions (token_hash, name, address, created_ms, expires_ms) VALUES ($1, $2, $3, $4, $5)`,
		digest(token), name, address, now.UnixMilli(), expires.UnixMilli())
	if err != nil {
		return "", p, expires, fmt.Errorf("open a session: %w", err)
	}
	return token, p, expires, nil
}

// user reads a user; a name that does not exist gives the decoy's hash and an
// empty principal, so that both cost the same time.
func (s *Store) user(ctx context.Context, name string) (string, console.Principal, error) {
	var hash, role string
	var must int
	err := s.db.Read.QueryRowContext(ctx, `SELECT password_hash, role, must_change FROM console_users WHERE name = $1`, name).Scan(&hash, &role, &must)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return s.decoy, console.Principal{}, nil
	case err != nil:
		return "", console.Principal{}, fmt.Errorf("read the user: %w", err)
	}
	return hash, console.Principal{Name: name, Role: console.Role(role), MustChange: must != 0}, nil
}

func (s *Store) blocked(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	since := s.o.Now().Add(-s.o.TriesWindow)
	kept := s.tries[name][:0]
	for _, at := range s.tries[name] {
		if at.After(since) {
			kept = append(kept, at)
		}
	}
	if len(kept) == 0 {
		delete(s.tries, name)
		return false
	}
	s.tries[name] = kept
	return len(kept) >= s.o.Tries
}

func (s *Store) failed(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tries) < 10_000 { // a bound on what strangers can make us remember
		s.tries[name] = append(s.tries[name], s.o.Now())
	}
}

// ChangePassword replaces a user's own password and ends all other sessions.
func (s *Store) ChangePassword(ctx context.Context, name, old, replacement string) error {
	if n := len([]rune(replacement)); n < minPassword || n > 256 || replacement == old {
		return console.ErrWeakPassword
	}
	hash, p, err := s.user(ctx, name)
	if err != nil {
		return err
	}
	if ok, err := argon2id.ComparePasswordAndHash(old, hash); err != nil || !ok || p.Name == "" {
		return errors.Join(console.ErrBadCredentials, err)
	}
	next, err := argon2id.CreateHash(replacement, argon2id.DefaultParams)
	if err != nil {
		return fmt.Errorf("hash: %w", err)
	}
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE console_users SET password_hash = $1, must_change = 0 WHERE name = $2`, next, name); err != nil {
			return fmt.Errorf("store the password: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM console_sessions WHERE name = $1`, name); err != nil {
			return fmt.Errorf("end the sessions: %w", err)
		}
		return nil
	})
}

// Who tells whose session token or API key this is.
func (s *Store) Who(ctx context.Context, token string) (console.Principal, error) {
	var name, role string
	var must int
	hash := digest(token)
	err := s.db.Read.QueryRowContext(ctx, `SELECT u.name, u.role, u.must_change FROM console_sessions s
		JOIN console_users u ON u.name = s.name WHERE s.token_hash = $1 AND s.expires_ms > $2`, hash, s.o.Now().UnixMilli()).Scan(&name, &role, &must)
	if errors.Is(err, sql.ErrNoRows) {
		err = s.db.Read.QueryRowContext(ctx, `SELECT name, role, 0 FROM console_keys WHERE key_hash = $1`, hash).Scan(&name, &role, &must)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return console.Principal{}, console.ErrSignedOut
	case err != nil:
		return console.Principal{}, fmt.Errorf("read the session: %w", err)
	}
	return console.Principal{Name: name, Role: console.Role(role), MustChange: must != 0}, nil
}

// SignOut ends a session; ending it again is no error.
func (s *Store) SignOut(ctx context.Context, token string) error {
	if _, err := s.db.Write.ExecContext(ctx, `DELETE FROM console_sessions WHERE token_hash = $1`, digest(token)); err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	return nil
}

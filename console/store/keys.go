package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fairgate/console"
)

// minKey is the shortest API key, in characters.
const minKey = 32

// PutKey stores an API key for a program under a name, replacing an older one.
// It never expires, and it may do what a session has to prove itself for.
func (s *Store) PutKey(ctx context.Context, name, key string, role console.Role) error {
	if !role.Valid() || len(key) < minKey {
		return errors.New("an API key needs a known role and at least 32 characters")
	}
	_, err := s.db.Write.ExecContext(ctx, `INSERT INTO console_keys (key_hash, name, role, created_ms, sensitive) VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (name) DO UPDATE SET key_hash = excluded.key_hash, role = excluded.role, expires_ms = 0, revoked_ms = 0, sensitive = 1`,
		digest(key), name, string(role), s.o.Now().UnixMilli())
	if err != nil {
		return fmt.Errorf("store the API key: %w", err)
	}
	return nil
}

// byKey tells whose API key this is, by its hash.
func (s *Store) byKey(ctx context.Context, hash string) (console.Identity, error) {
	now := s.o.Now()
	var id console.Identity
	var sensitive bool
	var created, used, expires int64
	err := s.db.Read.QueryRowContext(ctx, `SELECT name, role, sensitive, created_ms, used_ms, expires_ms FROM console_keys
		WHERE key_hash = $1 AND revoked_ms = 0 AND (expires_ms = 0 OR expires_ms > $2)`, hash, now.UnixMilli()).
		Scan(&id.Name, (*string)(&id.Role), asBool(&sensitive), &created, &used, &expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return console.Identity{}, console.ErrSignedOut
	case err != nil:
		return console.Identity{}, fmt.Errorf("read the API key: %w", err)
	}
	if now.UnixMilli()-used >= usedEvery.Milliseconds() {
		if _, err := s.db.Write.ExecContext(ctx, `UPDATE console_keys SET used_ms = $1 WHERE key_hash = $2`, now.UnixMilli(), hash); err != nil {
			return console.Identity{}, fmt.Errorf("note the use of the API key: %w", err)
		}
	}
	id.Session = console.Session{
		ID: id.Name, Operator: id.Name, Credential: console.ByKey,
		CreatedAt: time.UnixMilli(created).UTC(), UsedAt: now.UTC(),
	}
	if expires != 0 {
		id.Session.ExpiresAt = time.UnixMilli(expires).UTC()
	}
	if sensitive {
		id.Session.ProvedAt = now.UTC()
	}
	return id, nil
}

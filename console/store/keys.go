package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fairgate/console"
	"fairgate/ingest/sqldb"
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

// CreateKey makes an API key, which it returns, this once. Errors are
// console.ErrBadName and console.ErrTaken; a revoked key's name stays taken, so
// that the audit log means one thing by it.
func (s *Store) CreateKey(ctx context.Context, k console.APIKey) (console.APIKey, string, error) {
	if !console.ValidName(k.Name) || !k.Role.Valid() {
		return k, "", console.ErrBadName
	}
	k.CreatedAt, k.UsedAt, k.RevokedAt = s.o.Now().UTC().Truncate(time.Millisecond), nil, nil
	expires := int64(0)
	if k.ExpiresAt != nil {
		expires = k.ExpiresAt.UnixMilli()
	}
	key := "fgk_" + secret()
	err := s.guarded(ctx, func(tx *sql.Tx) error {
		if err := free(ctx, tx, k.Name); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO console_keys (key_hash, name, role, created_ms, expires_ms, sensitive, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			digest(key), k.Name, string(k.Role), k.CreatedAt.UnixMilli(), expires, sqldb.Flag(k.Sensitive), k.CreatedBy)
		return err
	})
	if err != nil {
		return k, "", fmt.Errorf("make the API key %s: %w", k.Name, err)
	}
	return k, key, nil
}

// RevokeKey ends an API key for good. Where there is none (any more) the error
// wraps console.ErrNotFound.
func (s *Store) RevokeKey(ctx context.Context, name string) (before console.APIKey, err error) {
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		if before, err = scanKey(tx.QueryRowContext(ctx, `SELECT `+keyColumns+` FROM console_keys WHERE name = $1 AND revoked_ms = 0`, name)); err != nil {
			return err
		}
		return sqldb.Exec(ctx, tx, sqldb.Do(`UPDATE console_keys SET revoked_ms = $1 WHERE name = $2`, s.o.Now().UnixMilli(), name))
	})
	if err != nil {
		return before, fmt.Errorf("revoke the API key %s: %w", name, err)
	}
	return before, nil
}

// Keys lists API keys by name, those after a name, at most limit; revoked and
// expired ones, too.
func (s *Store) Keys(ctx context.Context, after string, limit int) (list []console.APIKey, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT `+keyColumns+` FROM console_keys WHERE name > $1 ORDER BY name LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list the API keys: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		k, err := scanKey(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, rows.Err()
}

const keyColumns = `name, role, sensitive, created_by, created_ms, used_ms, expires_ms, revoked_ms`

func scanKey(row scanner) (console.APIKey, error) {
	var k console.APIKey
	var created, used, expires, revoked int64
	err := row.Scan(&k.Name, (*string)(&k.Role), asBool(&k.Sensitive), &k.CreatedBy, &created, &used, &expires, &revoked)
	if errors.Is(err, sql.ErrNoRows) {
		return k, fmt.Errorf("%w API key", console.ErrNotFound)
	}
	if err != nil {
		return k, fmt.Errorf("read the API key: %w", err)
	}
	k.CreatedAt, k.UsedAt, k.ExpiresAt, k.RevokedAt = sqldb.Time(created), at(used), at(expires), at(revoked)
	return k, nil
}

// at reads a time that may not have come yet.
func at(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := sqldb.Time(ms)
	return &t
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

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"fairgate/console"
	"fairgate/ingest/sqldb"
)

const (
	// usedEvery is how often the use of a session is written down.
	usedEvery = 30 * time.Second
	// maxSessions is how many sessions a user has at most; the oldest end.
	maxSessions = 20
	// maxAgent bounds what is kept of a User-Agent, in bytes.
	maxAgent = 256
)

// open makes a session of a user, ends the one that it replaces, and forgets
// those that are over. A user who was shut out, or given another password, since
// theirs was checked gets console.ErrBadCredentials.
func (s *Store) open(ctx context.Context, u user, a console.Attempt, at stage, life time.Duration) (console.Grant, error) {
	now := s.o.Now().UTC().Truncate(time.Millisecond)
	g := console.Grant{Token: secret(), Identity: console.Identity{Principal: u.Principal, CSRF: secret(), Session: console.Session{
		ID: secret()[:16], Operator: u.Name, Credential: a.Credential, Address: a.Address, Agent: clip(a.Agent, maxAgent),
		CreatedAt: now, UsedAt: now, ProvedAt: now, ExpiresAt: now.Add(life),
	}}}
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE console_users SET signed_in_ms = CASE WHEN $1 = 'full' THEN $2 ELSE signed_in_ms END
			WHERE name = $3 AND password_hash = $4 AND disabled_ms = 0`, string(at), now.UnixMilli(), u.Name, u.hash)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(console.ErrBadCredentials, err)
		}
		return sqldb.Exec(ctx, tx,
			sqldb.Do(`DELETE FROM console_sessions WHERE expires_ms <= $1 OR (used_ms <= $2 AND stage <> 'replaced') OR token_hash = $3`,
				now.UnixMilli(), now.Add(-s.o.Idle).UnixMilli(), digest(a.Replaces)),
			insertSession(g, at),
			sqldb.Do(`DELETE FROM console_sessions WHERE name = $1 AND token_hash NOT IN
				(SELECT token_hash FROM console_sessions WHERE name = $1 ORDER BY created_ms DESC, used_ms DESC LIMIT $2)`, u.Name, maxSessions))
	})
	if err != nil {
		return console.Grant{}, fmt.Errorf("open a session: %w", err)
	}
	return g, nil
}

func insertSession(g console.Grant, at stage) sqldb.Statement {
	x := g.Session
	return sqldb.Do(`INSERT INTO console_sessions
		(token_hash, id, name, credential, stage, csrf, address, agent, created_ms, used_ms, proved_ms, expires_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		digest(g.Token), x.ID, x.Operator, string(x.Credential), string(at), g.CSRF, x.Address, x.Agent,
		x.CreatedAt.UnixMilli(), x.UsedAt.UnixMilli(), x.ProvedAt.UnixMilli(), x.ExpiresAt.UnixMilli())
}

const sessionColumns = `s.id, s.name, s.credential, s.address, s.agent, s.created_ms, s.used_ms, s.proved_ms, s.expires_ms`

// Who tells whose session token or API key this is, and notes that it was used.
// What opens nothing (any more) gives console.ErrSignedOut.
func (s *Store) Who(ctx context.Context, token string) (console.Identity, error) {
	id, err := s.Glance(ctx, token)
	if err != nil || id.Session.Credential == console.ByKey {
		return id, err
	}
	now := s.o.Now()
	if id.Replaced {
		if now.Sub(id.Session.UsedAt) > replacedLife {
			return console.Identity{}, console.ErrSignedOut
		}
		return id, nil
	}
	if now.Sub(id.Session.UsedAt) >= usedEvery {
		if _, err := s.db.Write.ExecContext(ctx, `UPDATE console_sessions SET used_ms = $1 WHERE token_hash = $2`, now.UnixMilli(), digest(token)); err != nil {
			return console.Identity{}, fmt.Errorf("note the use of the session: %w", err)
		}
	}
	return id, nil
}

// Glance is Who for a page that is open and does nothing: it is no use of the
// session, which ends when it is left. A token that was renewed since the page
// was opened does for as long as the session lasts.
func (s *Store) Glance(ctx context.Context, token string) (console.Identity, error) {
	now := s.o.Now()
	hash := digest(token)
	var id console.Identity
	var x sessionRow
	var second bool
	err := s.db.Read.QueryRowContext(ctx, `SELECT u.role, u.must_change, s.csrf, COALESCE(t.sealed, '') <> '', s.stage = 'replaced', `+sessionColumns+` FROM console_sessions s
		JOIN console_users u ON u.name = s.name LEFT JOIN console_totp t ON t.name = s.name
		WHERE s.token_hash = $1 AND u.disabled_ms = 0 AND s.stage IN ('full', 'replaced') AND EXISTS (SELECT 1 FROM console_sessions n
			WHERE n.csrf = s.csrf AND n.name = s.name AND n.stage = 'full' AND n.expires_ms > $2 AND n.used_ms > $3)`,
		hash, now.UnixMilli(), now.Add(-s.o.Idle).UnixMilli()).
		Scan(append([]any{(*string)(&id.Role), asBool(&id.MustChange), &id.CSRF, asBool(&second), asBool(&id.Replaced)}, x.fields()...)...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return s.byKey(ctx, hash)
	case err != nil:
		return console.Identity{}, fmt.Errorf("read the session: %w", err)
	}
	id.Session = x.session()
	id.Name = id.Session.Operator
	id.MustEnrol = s.mustEnrol(id.Role, second)
	return id, nil
}

// SignOut ends a session; ending it again is no error.
func (s *Store) SignOut(ctx context.Context, token string) error {
	if _, err := s.db.Write.ExecContext(ctx, `DELETE FROM console_sessions WHERE token_hash = $1`, digest(token)); err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	return nil
}

// Sessions lists the sessions that are open, the last used first: those of one
// user, or, without a name, everybody's, at most limit.
func (s *Store) Sessions(ctx context.Context, name string, limit int) (list []console.Session, err error) {
	now := s.o.Now()
	rows, err := s.db.Read.QueryContext(ctx, `SELECT `+sessionColumns+` FROM console_sessions s
		WHERE ($1 = '' OR s.name = $1) AND s.expires_ms > $2 AND s.used_ms > $3 AND s.stage = 'full'
		ORDER BY s.used_ms DESC, s.id LIMIT $4`, name, now.UnixMilli(), now.Add(-s.o.Idle).UnixMilli(), limit)
	if err != nil {
		return nil, fmt.Errorf("list the sessions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var x sessionRow
		if err := rows.Scan(x.fields()...); err != nil {
			return nil, fmt.Errorf("list the sessions: %w", err)
		}
		list = append(list, x.session())
	}
	return list, rows.Err()
}

// EndSession ends one session by its id: one of the named user's or, without a
// name, anybody's. It returns whose it was; where there is none the error wraps
// console.ErrNotFound.
func (s *Store) EndSession(ctx context.Context, name, id string) (owner string, err error) {
	err = s.db.Write.QueryRowContext(ctx, `DELETE FROM console_sessions WHERE id = $1 AND ($2 = '' OR name = $2) RETURNING name`, id, name).Scan(&owner)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", fmt.Errorf("%w session: %s", console.ErrNotFound, id)
	case err != nil:
		return "", fmt.Errorf("end the session: %w", err)
	}
	return owner, nil
}

// EndSessions ends all sessions of a user but the one with the id except, and
// returns how many those were.
func (s *Store) EndSessions(ctx context.Context, name, except string) (int, error) {
	result, err := s.db.Write.ExecContext(ctx, `DELETE FROM console_sessions WHERE name = $1 AND id <> $2`, name, except)
	if err != nil {
		return 0, fmt.Errorf("end the sessions: %w", err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// sessionRow reads sessionColumns.
type sessionRow struct {
	x                              console.Session
	created, used, proved, expires int64
}

func (r *sessionRow) fields() []any {
	return []any{&r.x.ID, &r.x.Operator, (*string)(&r.x.Credential), &r.x.Address, &r.x.Agent, &r.created, &r.used, &r.proved, &r.expires}
}

func (r *sessionRow) session() console.Session {
	r.x.CreatedAt, r.x.UsedAt = sqldb.Time(r.created), sqldb.Time(r.used)
	r.x.ProvedAt, r.x.ExpiresAt = sqldb.Time(r.proved), sqldb.Time(r.expires)
	return r.x
}

// clip cuts a text to at most n bytes, and never within a character.
func clip(text string, n int) string {
	if len(text) <= n {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	return strings.ToValidUTF8(text[:n], "")
}

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

// stage is how far a sign-in is.
type stage string

const (
	stageHalf stage = "half" // the password was right, the code is to come
	stageFull stage = "full" // signed in
	// stageReplaced is a session whose token was renewed, with the time of that as
	// its last use: what was under way with the old one may end.
	stageReplaced stage = "replaced"
)

// replacedLife is how long the token lasts that another took the place of.
const replacedLife = 10 * time.Second

// SignIn checks a password and opens a session. Of a user with a second factor
// the session opens nothing (TOTPRequired) until SecondStep had a code. Errors
// are console.ErrBadCredentials and console.ErrTooManyTries.
func (s *Store) SignIn(ctx context.Context, a console.Attempt) (console.Grant, error) {
	name := strings.TrimSpace(a.Name)
	u, err := s.prove(ctx, name, a.Address, a.Password)
	if err != nil {
		return console.Grant{}, err
	}
	if u.second {
		g, err := s.open(ctx, u, a, stageHalf, halfLife)
		g.TOTPRequired = true
		return g, err
	}
	if err := s.settle(ctx, name, a.Address); err != nil {
		return console.Grant{}, err
	}
	return s.open(ctx, u, a, stageFull, s.o.Session)
}

// SecondStep takes a code, or a recovery code, for the token in a.Replaces that
// SignIn gave, and opens the session. Errors are console.ErrSignedOut where the
// token is not one, console.ErrBadCode and console.ErrTooManyTries.
func (s *Store) SecondStep(ctx context.Context, a console.Attempt, code string) (console.Grant, error) {
	var name string
	err := s.db.Read.QueryRowContext(ctx, `SELECT s.name FROM console_sessions s
		WHERE s.token_hash = $1 AND s.stage = $2 AND s.expires_ms > $3 AND s.credential = $4`,
		digest(a.Replaces), string(stageHalf), s.o.Now().UnixMilli(), string(a.Credential)).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return console.Grant{}, console.ErrSignedOut
	}
	if err != nil {
		return console.Grant{}, fmt.Errorf("read the session: %w", err)
	}
	u, err := s.user(ctx, name)
	if err != nil {
		return console.Grant{}, err
	}
	if u.disabled || u.Name == "" {
		return console.Grant{}, console.ErrSignedOut
	}
	if err := s.proveCode(ctx, name, a.Address, code); err != nil {
		return console.Grant{}, err
	}
	return s.open(ctx, u, a, stageFull, s.o.Session)
}

// proveCode counts a try, takes a code, and forgets the tries.
func (s *Store) proveCode(ctx context.Context, name, address, code string) error {
	if err := s.try(ctx, name, address, true); err != nil {
		return s.failed(ctx, name, address, err)
	}
	if err := s.checkCode(ctx, name, code); err != nil {
		return s.failed(ctx, name, address, err)
	}
	return s.settle(ctx, name, address)
}

// Prove takes the password or a code of somebody who is signed in and renews the
// session's token; the old one lasts a few seconds more, for what is under way,
// and proves nothing. Errors are console.ErrBadCredentials, console.ErrBadCode
// and console.ErrTooManyTries.
func (s *Store) Prove(ctx context.Context, id console.Identity, token, address string, p console.Proof) (console.Grant, error) {
	if p.Code != "" {
		if err := s.proveCode(ctx, id.Name, address, p.Code); err != nil {
			return console.Grant{}, err
		}
	} else {
		if _, err := s.prove(ctx, id.Name, address, p.Password); err != nil {
			return console.Grant{}, err
		}
		if err := s.settle(ctx, id.Name, address); err != nil {
			return console.Grant{}, err
		}
	}
	return s.Renew(ctx, id, token)
}

// Renew gives a session whose owner has just proved to be there a new token.
func (s *Store) Renew(ctx context.Context, id console.Identity, token string) (console.Grant, error) {
	now := s.o.Now().UTC().Truncate(time.Millisecond)
	g := console.Grant{Token: secret(), Identity: id}
	g.Session.ID, g.Session.ProvedAt, g.Session.UsedAt = secret()[:16], now, now
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE console_sessions SET stage = $1, proved_ms = 0, used_ms = $2 WHERE token_hash = $3 AND stage = $4`,
			string(stageReplaced), now.UnixMilli(), digest(token), string(stageFull))
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(console.ErrSignedOut, err) // renewed by another request, or ended
		}
		return sqldb.Exec(ctx, tx, insertSession(g, stageFull))
	})
	if err != nil {
		return console.Grant{}, fmt.Errorf("renew the session: %w", err)
	}
	return g, nil
}

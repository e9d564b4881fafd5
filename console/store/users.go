package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"fairgate/console"
	"fairgate/ingest/sqldb"
)

const userColumns = `u.name, u.role, u.must_change, u.created_ms, u.signed_in_ms, u.disabled_ms,
	EXISTS (SELECT 1 FROM console_totp t WHERE t.name = u.name AND t.sealed <> '')`

// Users lists operators by name, those after a name, at most limit.
func (s *Store) Users(ctx context.Context, after string, limit int) (list []console.User, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT `+userColumns+` FROM console_users u WHERE u.name > $1 ORDER BY u.name LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list the operators: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		u, err := scanUser(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, rows.Err()
}

type scanner interface{ Scan(to ...any) error }

func scanUser(row scanner) (console.User, error) {
	var u console.User
	var created, signedIn, disabled int64
	err := row.Scan(&u.Name, (*string)(&u.Role), asBool(&u.MustChange), &created, &signedIn, &disabled, asBool(&u.TOTP))
	if errors.Is(err, sql.ErrNoRows) {
		return u, fmt.Errorf("%w operator", console.ErrNotFound)
	}
	if err != nil {
		return u, fmt.Errorf("read the operator: %w", err)
	}
	u.CreatedAt, u.SignedInAt, u.DisabledAt = sqldb.Time(created), at(signedIn), at(disabled)
	return u, nil
}

// CreateUser makes an operator with a one-time password, which it returns.
// Errors are console.ErrBadName and console.ErrTaken.
func (s *Store) CreateUser(ctx context.Context, name string, role console.Role) (console.User, string, error) {
	if !console.ValidName(name) || !role.Valid() {
		return console.User{}, "", console.ErrBadName
	}
	password := OneTimePassword()
	hash, err := s.hash(ctx, password)
	if err != nil {
		return console.User{}, "", err
	}
	var u console.User
	err = s.guarded(ctx, func(tx *sql.Tx) error {
		if err := free(ctx, tx, name); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO console_users (name, role, password_hash, must_change, created_ms) VALUES ($1, $2, $3, 1, $4)`,
			name, string(role), hash, s.o.Now().UnixMilli()); err != nil {
			return err
		}
		u, err = readUser(ctx, tx, name)
		return err
	})
	if err != nil {
		return console.User{}, "", fmt.Errorf("make the operator %s: %w", name, err)
	}
	return u, password, nil
}

// SetRole gives an operator another role and ends their sessions. Errors wrap
// console.ErrNotFound, console.ErrOwnAccount and console.ErrLastAdministrator.
func (s *Store) SetRole(ctx context.Context, actor, name string, role console.Role) (before, after console.User, err error) {
	if !role.Valid() {
		return before, after, fmt.Errorf("%w role: %s", console.ErrNotFound, role)
	}
	return s.change(ctx, actor, name, role != console.Administrator,
		sqldb.Do(`UPDATE console_users SET role = $1 WHERE name = $2`, string(role), name))
}

// SetDisabled shuts an operator out, or lets them in again. Errors are those of
// SetRole.
func (s *Store) SetDisabled(ctx context.Context, actor, name string, disabled bool) (before, after console.User, err error) {
	since := int64(0)
	if disabled {
		since = s.o.Now().UnixMilli()
	}
	return s.change(ctx, actor, name, disabled,
		sqldb.Do(`UPDATE console_users SET disabled_ms = $1 WHERE name = $2`, since, name))
}

// ResetPassword gives an operator a new one-time password, which it returns.
// Errors are those of SetRole.
func (s *Store) ResetPassword(ctx context.Context, actor, name string) (string, error) {
	password := OneTimePassword()
	hash, err := s.hash(ctx, password)
	if err != nil {
		return "", err
	}
	_, _, err = s.change(ctx, actor, name, false,
		sqldb.Do(`UPDATE console_users SET password_hash = $1, must_change = 1 WHERE name = $2`, hash, name),
		sqldb.Do(`DELETE FROM console_tries WHERE subject = $1`, nameSubject(name)))
	if err != nil {
		return "", err
	}
	return password, nil
}

// change carries out a change of somebody else's account and ends their
// sessions. Where it weakens an administrator another has to be there.
func (s *Store) change(ctx context.Context, actor, name string, weakens bool, statements ...sqldb.Statement) (before, after console.User, err error) {
	if actor == name {
		return before, after, console.ErrOwnAccount
	}
	err = s.guarded(ctx, func(tx *sql.Tx) error {
		if before, err = readUser(ctx, tx, name); err != nil {
			return err
		}
		if weakens && before.Role == console.Administrator && before.DisabledAt == nil {
			var others int
			err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM console_users WHERE role = $1 AND disabled_ms = 0 AND name <> $2`,
				string(console.Administrator), name).Scan(&others)
			if err != nil {
				return err
			}
			if others == 0 {
				return console.ErrLastAdministrator
			}
		}
		if err := sqldb.Exec(ctx, tx, append(statements, sqldb.Do(`DELETE FROM console_sessions WHERE name = $1`, name))...); err != nil {
			return err
		}
		after, err = readUser(ctx, tx, name)
		return err
	})
	if err != nil {
		return before, after, fmt.Errorf("change the operator %s: %w", name, err)
	}
	return before, after, nil
}

// guarded runs a transaction that no other such one runs beside, in any process:
// of two administrators who demote each other one is too late.
func (s *Store) guarded(ctx context.Context, do func(tx *sql.Tx) error) error {
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE console_guard SET held = held + 1 WHERE name = 'users'`); err != nil {
			return err
		}
		return do(tx)
	})
}

func readUser(ctx context.Context, tx *sql.Tx, name string) (console.User, error) {
	return scanUser(tx.QueryRowContext(ctx, `SELECT `+userColumns+` FROM console_users u WHERE u.name = $1`, name))
}

// free reports as console.ErrTaken that somebody has a name: the audit log tells
// an operator from a program by it.
func free(ctx context.Context, tx *sql.Tx, name string) error {
	var n int
	err := tx.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM console_users WHERE name = $1) + (SELECT COUNT(*) FROM console_keys WHERE name = $1)`, name).Scan(&n)
	if err != nil {
		return err
	}
	if n > 0 {
		return console.ErrTaken
	}
	return nil
}

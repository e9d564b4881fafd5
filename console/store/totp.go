package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"fairgate/console"
	"fairgate/ingest/sqldb"
)

// Codes are RFC 6238 as every authenticator app makes them: HMAC-SHA-1, six
// digits, a step of 30 s; one step before and after is taken for clocks that
// are off.
const (
	totpPeriod  = 30
	totpSecret  = 20 // bytes
	totpSlack   = 1  // steps
	totpPurpose = "console.totp/"

	recoveryCodes = 10
	recoveryBytes = 10 // of randomness in each
)

// SecondFactor tells how a user's second factor stands.
func (s *Store) SecondFactor(ctx context.Context, name string) (console.SecondFactor, error) {
	var confirmed int64
	var f console.SecondFactor
	err := s.db.Read.QueryRowContext(ctx, `SELECT t.confirmed_ms, (SELECT COUNT(*) FROM console_recovery r WHERE r.name = t.name AND r.used_ms = 0)
		FROM console_totp t WHERE t.name = $1 AND t.sealed <> ''`, name).Scan(&confirmed, &f.RecoveryLeft)
	if errors.Is(err, sql.ErrNoRows) {
		return console.SecondFactor{}, nil
	}
	if err != nil {
		return console.SecondFactor{}, fmt.Errorf("read the second factor: %w", err)
	}
	at := sqldb.Time(confirmed)
	f.Enrolled, f.EnrolledAt = true, &at
	return f, nil
}

// EnrolTOTP makes a new secret for a user and shows it, this once, as text and
// as the address that a QR code holds. It is in force when a code of it was
// given to ConfirmTOTP; until then the one before stays.
func (s *Store) EnrolTOTP(ctx context.Context, name string) (console.Enrolment, error) {
	if s.o.Box == nil {
		return console.Enrolment{}, console.ErrNoSecondFactor
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.o.Issuer, AccountName: name, Period: totpPeriod, SecretSize: totpSecret})
	if err != nil {
		return console.Enrolment{}, fmt.Errorf("make a second factor: %w", err)
	}
	sealed := base64.StdEncoding.EncodeToString(s.o.Box.Seal(totpPurpose+name, []byte(key.Secret())))
	_, err = s.db.Write.ExecContext(ctx, `INSERT INTO console_totp (name, sealed, pending, last_step, confirmed_ms) VALUES ($1, '', $2, 0, 0)
		ON CONFLICT (name) DO UPDATE SET pending = excluded.pending`, name, sealed)
	if err != nil {
		return console.Enrolment{}, fmt.Errorf("keep the second factor: %w", err)
	}
	return console.Enrolment{Secret: key.Secret(), URL: key.URL()}, nil
}

// ConfirmTOTP puts the secret in force that EnrolTOTP made last, for a code of
// it, and returns new recovery codes, which are shown this once. It ends the
// user's sessions but the one with the id keep: they were opened without it.
func (s *Store) ConfirmTOTP(ctx context.Context, name, address, keep, code string) ([]string, error) {
	if err := s.try(ctx, name, address, true); err != nil {
		return nil, err
	}
	var pending string
	err := s.db.Read.QueryRowContext(ctx, `SELECT pending FROM console_totp WHERE name = $1 AND pending <> ''`, name).Scan(&pending)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w enrolment: begin one first", console.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read the second factor: %w", err)
	}
	step, err := s.matches(name, pending, plain(code), 0)
	if err != nil {
		return nil, err
	}
	codes, keepCodes := freshCodes(name)
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		return sqldb.Exec(ctx, tx, append(keepCodes,
			sqldb.Do(`UPDATE console_totp SET sealed = pending, pending = '', last_step = $1, confirmed_ms = $2 WHERE name = $3 AND pending = $4`,
				step, s.o.Now().UnixMilli(), name, pending),
			sqldb.Do(`DELETE FROM console_sessions WHERE name = $1 AND id <> $2`, name, keep))...)
	})
	if err != nil {
		return nil, fmt.Errorf("keep the second factor: %w", err)
	}
	return codes, s.settle(ctx, name, address)
}

// RenewRecovery replaces a user's recovery codes and returns the new ones.
func (s *Store) RenewRecovery(ctx context.Context, name string) ([]string, error) {
	f, err := s.SecondFactor(ctx, name)
	if err != nil {
		return nil, err
	}
	if !f.Enrolled {
		return nil, fmt.Errorf("%w second factor", console.ErrNotFound)
	}
	codes, keep := freshCodes(name)
	if err := s.db.InTx(ctx, func(tx *sql.Tx) error { return sqldb.Exec(ctx, tx, keep...) }); err != nil {
		return nil, fmt.Errorf("keep the recovery codes: %w", err)
	}
	return codes, nil
}

// RemoveTOTP takes a user's second factor and recovery codes away. Where there
// is none the error wraps console.ErrNotFound.
func (s *Store) RemoveTOTP(ctx context.Context, name string) error {
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM console_totp WHERE name = $1`, name)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(fmt.Errorf("%w second factor", console.ErrNotFound), err)
		}
		return sqldb.Exec(ctx, tx, sqldb.Do(`DELETE FROM console_recovery WHERE name = $1`, name))
	})
	if err != nil {
		return fmt.Errorf("remove the second factor of %s: %w", name, err)
	}
	return nil
}

// checkCode takes a code of the app, or a recovery code, once. The caller has
// counted the try.
func (s *Store) checkCode(ctx context.Context, name, code string) error {
	code = plain(code)
	if len(code) != otp.DigitsSix.Length() {
		return s.useRecovery(ctx, name, code)
	}
	var sealed string
	var last int64
	err := s.db.Read.QueryRowContext(ctx, `SELECT sealed, last_step FROM console_totp WHERE name = $1 AND sealed <> ''`, name).Scan(&sealed, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return console.ErrBadCode
	}
	if err != nil {
		return fmt.Errorf("read the second factor: %w", err)
	}
	step, err := s.matches(name, sealed, code, last)
	if err != nil {
		return err
	}
	// Of two who give the same code at the same moment one is too late.
	return s.once(ctx, `UPDATE console_totp SET last_step = $1 WHERE name = $2 AND last_step < $1`, step, name)
}

func (s *Store) useRecovery(ctx context.Context, name, code string) error {
	return s.once(ctx, `UPDATE console_recovery SET used_ms = $1 WHERE name = $2 AND code_hash = $3 AND used_ms = 0`,
		s.o.Now().UnixMilli(), name, digest(code))
}

// once carries out an update that must change one row.
func (s *Store) once(ctx context.Context, update string, args ...any) error {
	result, err := s.db.Write.ExecContext(ctx, update, args...)
	if err != nil {
		return fmt.Errorf("use the code: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("use the code: %w", err)
	}
	if n != 1 {
		return console.ErrBadCode
	}
	return nil
}

// matches finds the step after last whose code this is.
func (s *Store) matches(name, sealed, code string, last int64) (step int64, err error) {
	if s.o.Box == nil {
		return 0, console.ErrNoSecondFactor
	}
	box, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return 0, fmt.Errorf("open the second factor: %w", err)
	}
	key, err := s.o.Box.Open(totpPurpose+name, box)
	if err != nil {
		return 0, fmt.Errorf("open the second factor: %w", err)
	}
	now := s.o.Now().Unix() / totpPeriod
	for step := max(now-totpSlack, last+1); step <= now+totpSlack; step++ {
		//nolint:gosec // G115: a time after 1970 is positive
		ok, err := hotp.ValidateCustom(code, uint64(step), string(key), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && ok {
			return step, nil
		}
	}
	return 0, console.ErrBadCode
}

// plain takes out what people put between the parts of a code.
func plain(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(code)))
}

// freshCodes makes recovery codes, and what keeps them in place of the old ones.
// They are random enough for a plain hash.
func freshCodes(name string) (codes []string, keep []sqldb.Statement) {
	keep = append(keep, sqldb.Do(`DELETE FROM console_recovery WHERE name = $1`, name))
	for range recoveryCodes {
		b := make([]byte, recoveryBytes)
		_, _ = rand.Read(b) // never fails
		text := strings.ToLower(base32.StdEncoding.EncodeToString(b))
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
		keep = append(keep, sqldb.Do(`INSERT INTO console_recovery (name, code_hash, used_ms) VALUES ($1, $2, 0)`, name, digest(text)))
	}
	return codes, keep
}

// halfLife is how long the second step of a sign-in may take.
const halfLife = 5 * time.Minute

package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fairgate/console"
)

// appendTries is how often Append tries again when another process took the
// sequence number first.
const appendTries = 10

// Append adds an entry to the audit log. Seq, Time and Hash are filled in. The
// log has no way to change or remove an entry, and each entry's hash covers the
// one before it.
func (s *Store) Append(ctx context.Context, e console.AuditEntry) (console.AuditEntry, error) {
	e.Time = s.o.Now().UTC().Truncate(time.Millisecond)
	s.audit.Lock() // one at a time in this process; others are met by a retry
	defer s.audit.Unlock()
	var err error
	for range appendTries {
		var next console.AuditEntry
		if next, err = s.append(ctx, e); err == nil {
			return next, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return e, fmt.Errorf("append to the audit log: %w", err)
}

func (s *Store) append(ctx context.Context, e console.AuditEntry) (console.AuditEntry, error) {
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		var before string
		err := tx.QueryRowContext(ctx, `SELECT seq, hash FROM console_audit ORDER BY seq DESC LIMIT 1`).Scan(&e.Seq, &before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read the last entry: %w", err)
		}
		e.Seq++
		if e.Hash, err = chain(before, e); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO console_audit
			(seq, time_ms, actor, role, address, request_id, action, object, reason, before, after, hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			e.Seq, e.Time.UnixMilli(), e.Actor, string(e.Role), e.Address, e.RequestID, e.Action, e.Object, e.Reason, e.Before, e.After, e.Hash)
		return err
	})
	return e, err
}

// chain is the hash of an entry and of all before it.
func chain(before string, e console.AuditEntry) (string, error) {
	e.Hash = ""
	text, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("encode the entry: %w", err)
	}
	sum := sha256.Sum256(append([]byte(before+"\n"), text...))
	return hex.EncodeToString(sum[:]), nil
}

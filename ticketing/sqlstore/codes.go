package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"fairgate/ticketing"
)

func (r reader) CodesSince(ctx context.Context, phoneKey []byte, after time.Time) ([]time.Time, error) {
	return list(ctx, r, "read codes", scanMoment,
		`SELECT created_at FROM phone_codes WHERE phone_key = $1 AND created_at > $2 ORDER BY created_at`, phoneKey, millis(after))
}

func (r reader) LatestCode(ctx context.Context, phoneKey []byte, purpose ticketing.CodePurpose) (ticketing.PhoneCode, error) {
	var (
		c                      ticketing.PhoneCode
		created, expires, used int64
	)
	err := r.q.QueryRowContext(ctx, `SELECT id, phone_key, purpose, mac, created_at, expires_at, tries, used_at FROM phone_codes
		WHERE phone_key = $1 AND purpose = $2 ORDER BY created_at DESC, id DESC LIMIT 1`, phoneKey, purpose).
		Scan(&c.ID, &c.PhoneKey, &c.Purpose, &c.MAC, &created, &expires, &c.Tries, &used)
	c.CreatedAt, c.ExpiresAt, c.UsedAt = moment(created), moment(expires), moment(used)
	return c, failed("read code", err)
}

func (t *tx) InsertCode(ctx context.Context, c ticketing.PhoneCode) error {
	_, err := t.exec(ctx, "insert code",
		`INSERT INTO phone_codes (id, phone_key, purpose, mac, created_at, expires_at, tries, used_at) VALUES `+placeholders(1, 8),
		c.ID, c.PhoneKey, c.Purpose, c.MAC, millis(c.CreatedAt), millis(c.ExpiresAt), c.Tries, millis(c.UsedAt))
	return err
}

func (t *tx) UpdateCode(ctx context.Context, c ticketing.PhoneCode) error {
	return t.one(ctx, "update code", `UPDATE phone_codes SET tries = $2, used_at = $3 WHERE id = $1`, c.ID, c.Tries, millis(c.UsedAt))
}

func (t *tx) CountCode(ctx context.Context, day ticketing.Date, most int) error {
	n, err := t.exec(ctx, "count code", `INSERT INTO phone_code_days (day, made) SELECT CAST($1 AS TEXT), 1 WHERE CAST($2 AS BIGINT) > 0
		ON CONFLICT (day) DO UPDATE SET made = phone_code_days.made + 1 WHERE phone_code_days.made < $2`, day, most)
	if err == nil && n == 0 {
		return ticketing.ErrCodeLimit
	}
	return err
}

func (t *tx) QueueMessage(ctx context.Context, m ticketing.Message) error {
	_, err := t.exec(ctx, "queue message",
		`INSERT INTO messages (id, purpose, state, attempts, created_at, attempted_at, next_at, expires_at, reference, reason, phone_key, sealed)
		VALUES `+placeholders(1, 12),
		m.ID, m.Purpose, m.State, m.Attempts, millis(m.CreatedAt), millis(m.AttemptedAt), millis(m.NextAt), millis(m.ExpiresAt),
		m.Reference, m.Reason, m.PhoneKey, notNil(m.Sealed))
	return err
}

func (t *tx) ForgetCodes(ctx context.Context, codesBefore, messagesBefore time.Time) error {
	if _, err := t.exec(ctx, "forget codes", `DELETE FROM phone_codes WHERE created_at < $1`, millis(codesBefore)); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "forget days of codes", `DELETE FROM phone_code_days WHERE day < $1`, ticketing.DateOf(codesBefore)); err != nil {
		return err
	}
	_, err := t.exec(ctx, "forget messages", `DELETE FROM messages WHERE created_at < $1 AND state IN ('sent', 'failed')`, millis(messagesBefore))
	return err
}

// DueMessages reads the unsettled messages that somebody must look at, codes
// before notices, because somebody waits for a code, and of each the longest due
// first, at most limit.
func (s *Store) DueMessages(ctx context.Context, now time.Time, limit int) ([]ticketing.Message, error) {
	var due []ticketing.Message
	err := reader{q: s.reader}.each(ctx, "read messages", func(rows *sql.Rows) error {
		var (
			m                                 ticketing.Message
			created, attempted, next, expires int64
		)
		err := rows.Scan(&m.ID, &m.Purpose, &m.State, &m.Attempts, &created, &attempted, &next, &expires,
			&m.Reference, &m.Reason, &m.PhoneKey, &m.Sealed)
		m.CreatedAt, m.AttemptedAt, m.NextAt, m.ExpiresAt = moment(created), moment(attempted), moment(next), moment(expires)
		due = append(due, m)
		return err
	}, `SELECT id, purpose, state, attempts, created_at, attempted_at, next_at, expires_at, reference, reason, phone_key, sealed FROM messages
		WHERE state IN ('queued', 'sending', 'unknown') AND next_at <= $1 ORDER BY CASE WHEN purpose IN ('order_withdrawn', 'order_reinstated', 'restriction_lifted') THEN 1 ELSE 0 END, next_at, id LIMIT $2`, millis(now), limit)
	return due, err
}

// MoveMessage changes a message that is still as it was read, and reports
// whether it was: of several processes one moves it. Settled, it loses its
// number and code.
func (s *Store) MoveMessage(ctx context.Context, before, after ticketing.Message) (bool, error) {
	sealed := after.Sealed
	if after.State.Settled() {
		sealed = nil
	}
	var moved bool
	err := s.writer.do(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, "move message",
			`UPDATE messages SET state = $4, attempts = $5, attempted_at = $6, next_at = $7, reference = $8, reason = $9, sealed = $10
			WHERE id = $1 AND state = $2 AND attempts = $3`,
			before.ID, before.State, before.Attempts, after.State, after.Attempts, millis(after.AttemptedAt), millis(after.NextAt),
			after.Reference, after.Reason, notNil(sealed))
		if moved = n > 0; err != nil || !moved {
			return err
		}
		return t.settleNotice(ctx, after)
	})
	if err != nil {
		return false, err // moved is not ours to read: the writer may still be at it
	}
	return moved, nil
}

// phoneKey is what an account is found by. The column is unique and not null,
// so an account without a phone number gets a key that no HMAC can be.
func phoneKey(a ticketing.Account) []byte {
	if len(a.PhoneKey) > 0 {
		return a.PhoneKey
	}
	return slices.Concat([]byte("without a phone number: "), []byte(a.ID))
}

package sqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"fairgate/ticketing"
)

// masked is what stays of a name or a document once it is erased.
const masked = "*"

// dueRows selects the ids of the rows of a kind that are due, $1 being as many
// as are wanted.
func dueRows(kind ticketing.ErasureKind, due ticketing.Due) (query string, args []any, err error) {
	switch kind {
	case ticketing.ErasePositions:
		// Each part has an index of its own. Orders of earlier days are in the first.
		return `SELECT id FROM (SELECT id FROM positions WHERE erased_at = 0 AND day < $2 ORDER BY day LIMIT $1) visited
			UNION SELECT id FROM (SELECT id FROM positions WHERE cancelled_at > 0 AND erased_at = 0 AND cancelled_at < $3 LIMIT $1) cancelled
			UNION SELECT id FROM (SELECT p.id FROM orders o JOIN positions p ON p.order_id = o.id
				WHERE o.state IN ('cancelled', 'expired') AND o.day >= $2 AND o.updated_at < $3 AND p.erased_at = 0 LIMIT $1) ended
			LIMIT $1`, []any{due.VisitBefore, millis(due.EndedBefore)}, nil
	case ticketing.EraseLeaders:
		return `SELECT l.order_id FROM order_leaders l JOIN orders o ON o.id = l.order_id
			WHERE l.erased_at = 0 AND (o.day < $2 OR o.state IN ('cancelled', 'expired') AND o.updated_at < $3) LIMIT $1`,
			[]any{due.VisitBefore, millis(due.EndedBefore)}, nil
	case ticketing.EraseAnswers:
		return `SELECT DISTINCT a.order_id FROM order_answers a JOIN orders o ON o.id = a.order_id
			WHERE ` + personalAnswer + ` AND (o.day < $2 OR o.state IN ('cancelled', 'expired') AND o.updated_at < $3) LIMIT $1`,
			[]any{due.VisitBefore, millis(due.EndedBefore)}, nil
	case ticketing.EraseNoShows:
		return `SELECT position_id FROM no_shows WHERE erased_at = 0 AND recorded_at < $2 ORDER BY recorded_at LIMIT $1`, []any{millis(due.NoShows)}, nil
	case ticketing.EraseMessages:
		return `SELECT id FROM messages WHERE state IN ('queued', 'sending', 'unknown') AND expires_at < $2 LIMIT $1`, []any{millis(due.Messages)}, nil
	case ticketing.EraseReveals:
		// The newest stays, so that numbers are never given twice.
		return `SELECT CAST(seq AS TEXT) FROM reveals WHERE revealed_at < $2 AND seq < (SELECT max(seq) FROM reveals) ORDER BY seq LIMIT $1`,
			[]any{millis(due.Reveals)}, nil
	case ticketing.EraseAccounts:
	}
	return "", nil, fmt.Errorf("erase %q: not erased by time", kind)
}

// personalAnswer are those of an activity's answers that may tell who somebody
// is and are still there.
const personalAnswer = `(length(a.sealed) > 0 OR a.type = 'text' AND a.value <> '*')`

// everyRow is a limit that none reaches.
const everyRow = 1 << 40

func (r reader) DueErasures(ctx context.Context, kind ticketing.ErasureKind, due ticketing.Due) (int, error) {
	query, args, err := dueRows(kind, due)
	if err != nil {
		return 0, err
	}
	var n int
	err = r.q.QueryRowContext(ctx, `SELECT count(*) FROM (`+query+`) due`, append([]any{int64(everyRow)}, args...)...).Scan(&n)
	return n, failed("count what is to be erased", err)
}

func (t *tx) Erase(ctx context.Context, kind ticketing.ErasureKind, due ticketing.Due, now time.Time, limit int) (int, error) {
	query, args, err := dueRows(kind, due)
	if err != nil {
		return 0, err
	}
	ids, err := list(ctx, t.reader, "read what is to be erased", value[string], query, append([]any{limit}, args...)...)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := t.eraseRow(ctx, kind, id, now); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

const eraseAnswers = `UPDATE order_answers AS a SET value = $2, sealed = $3 WHERE ` + personalAnswer + ` AND `

// erasedKey stands for the key of an erased document: positions of one day must
// differ in it.
func erasedKey(id string) []byte { return []byte("erased: " + id) }

func (t *tx) eraseRow(ctx context.Context, kind ticketing.ErasureKind, id string, now time.Time) error {
	switch kind {
	case ticketing.ErasePositions:
		return t.one(ctx, "erase position", `UPDATE positions SET name_masked = $2, name_sealed = $3, document_masked = $2, document_sealed = $3,
			document_key = $4, phone_sealed = $3, phone_key = NULL, erased_at = $5 WHERE id = $1`, id, masked, []byte{}, erasedKey(id), millis(now))
	case ticketing.EraseLeaders:
		return t.one(ctx, "erase leader", `UPDATE order_leaders SET name_masked = $2, name_sealed = $3, phone_masked = $2, phone_sealed = $3,
			phone_key = NULL, erased_at = $4 WHERE order_id = $1`, id, masked, []byte{}, millis(now))
	case ticketing.EraseAnswers:
		return t.one(ctx, "erase answers", eraseAnswers+`a.order_id = $1`, id, masked, []byte{})
	case ticketing.EraseNoShows:
		return t.one(ctx, "erase no-show", `UPDATE no_shows SET document_key = $2, erased_at = $3 WHERE position_id = $1`, id, erasedKey(id), millis(now))
	case ticketing.EraseMessages:
		if err := t.one(ctx, "erase message", `UPDATE messages SET state = 'failed', reason = 'expired', sealed = $2, phone_key = $2 WHERE id = $1`, id, []byte{}); err != nil {
			return err
		}
		_, err := t.exec(ctx, "settle notice", `UPDATE order_notices SET state = 'failed' WHERE id = $1`, id)
		return err
	case ticketing.EraseReveals:
		return t.one(ctx, "erase reveal", `DELETE FROM reveals WHERE seq = CAST($1 AS BIGINT)`, id)
	case ticketing.EraseAccounts:
	}
	return fmt.Errorf("erase %q: not erased by time", kind)
}

func (t *tx) EraseAccount(ctx context.Context, a ticketing.Account, now time.Time) (int, error) {
	// The documents' keys stay until their own time, because the rules about
	// persons hold for whoever comes back with a new account.
	n, err := t.exec(ctx, "erase visitors of account", `UPDATE positions SET name_masked = $2, name_sealed = $3, document_masked = $2, document_sealed = $3,
		phone_sealed = $3, phone_key = NULL WHERE erased_at = 0 AND order_id IN (SELECT id FROM orders WHERE account_id = $1)`, a.ID, masked, []byte{})
	if err != nil {
		return 0, err
	}
	for _, step := range []struct {
		doing, query string
		args         []any
	}{
		{"erase leaders of account", `UPDATE order_leaders SET name_masked = $2, name_sealed = $3, phone_masked = $2, phone_sealed = $3, phone_key = NULL,
			erased_at = $4 WHERE erased_at = 0 AND order_id IN (SELECT id FROM orders WHERE account_id = $1)`, []any{a.ID, masked, []byte{}, millis(now)}},
		{"erase answers to activities", eraseAnswers + `a.order_id IN (SELECT id FROM orders WHERE account_id = $1)`, []any{a.ID, masked, []byte{}}},
		{"erase identities", `DELETE FROM wechat_identities WHERE account_id = $1`, []any{a.ID}},
		{"erase codes", `DELETE FROM phone_codes WHERE phone_key = $1`, []any{phoneKey(a)}},
		{"erase messages", `UPDATE messages SET sealed = $2, phone_key = $2, reason = CASE WHEN state IN ('sent', 'failed') THEN reason ELSE 'erased' END,
			state = CASE WHEN state = 'sent' THEN 'sent' ELSE 'failed' END WHERE phone_key = $1`, []any{phoneKey(a), []byte{}}},
		{"erase answers", `DELETE FROM answers WHERE scope = $1`, []any{a.ID}},
		{"erase answers", `DELETE FROM answers WHERE scope = $1`, []any{phoneScope(a)}},
	} {
		if _, err := t.exec(ctx, step.doing, step.query, step.args...); err != nil {
			return 0, err
		}
	}
	a.PhoneKey = nil
	err = t.one(ctx, "erase account", `UPDATE accounts SET phone_key = $2, phone_sealed = $3, phone_masked = '', password = '', phone_verified_at = 0,
		erased_at = $4 WHERE id = $1`, a.ID, phoneKey(a), []byte{}, millis(now))
	return int(n) + 1, err
}

// phoneScope is where answers to callers without an account are kept, by number.
func phoneScope(a ticketing.Account) string {
	if len(a.PhoneKey) < 16 {
		return "phone:"
	}
	return "phone:" + hex.EncodeToString(a.PhoneKey[:16])
}

func (r reader) LiveOrders(ctx context.Context, account string, from ticketing.Date) (int, error) {
	var n int
	err := r.q.QueryRowContext(ctx, `SELECT count(*) FROM orders WHERE account_id = $1 AND day >= $2 AND state IN ('held', 'provisional', 'confirmed')`,
		account, from).Scan(&n)
	return n, failed("count live orders", err)
}

func (r reader) Erasures(ctx context.Context, after int64, limit int) ([]ticketing.Erasure, error) {
	var found []ticketing.Erasure
	err := r.each(ctx, "read erasures", func(rows *sql.Rows) error {
		var (
			e          ticketing.Erasure
			at, before int64
		)
		err := rows.Scan(&e.Seq, &at, &e.Kind, &e.Who, &e.Subject, &e.Reason, &before, &e.Erased)
		e.At, e.Before = ticketing.Millis{Time: moment(at)}, ticketing.Millis{Time: moment(before)}
		found = append(found, e)
		return err
	}, `SELECT seq, erased_at, kind, who, subject, reason, before_at, erased FROM erasures WHERE seq > $1 ORDER BY seq LIMIT $2`, after, limit)
	return found, err
}

func (t *tx) RecordErasure(ctx context.Context, e ticketing.Erasure) error {
	_, err := t.exec(ctx, "record erasure", `INSERT INTO erasures (seq, erased_at, kind, who, subject, reason, before_at, erased)
		VALUES ((SELECT COALESCE(max(seq), 0) + 1 FROM erasures), $1, $2, $3, $4, $5, $6, $7)`,
		millis(e.At.Time), e.Kind, e.Who, e.Subject, e.Reason, millis(e.Before.Time), e.Erased)
	return err
}

var _ ticketing.Scrubber = (*Store)(nil)

// Scrub empties SQLite's write-ahead log, which keeps former pages until it
// comes round to them. On PostgreSQL it has the tables that erasure touches
// vacuumed, because a changed row's former version stays in the file until then.
func (s *Store) Scrub(ctx context.Context) error {
	if !s.sqlite {
		for _, table := range []string{"positions", "order_leaders", "accounts", "wechat_identities", "messages", "phone_codes", "answers", "reveals"} {
			if _, err := s.write.ExecContext(ctx, `VACUUM `+table); err != nil {
				return failed("vacuum "+table, err)
			}
		}
		return nil
	}
	var busy, log, done int
	if err := s.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &done); err != nil {
		return failed("empty the write-ahead log", err)
	}
	if busy != 0 {
		return unavailable("empty the write-ahead log", errBusyLog)
	}
	return nil
}

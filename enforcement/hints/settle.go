package hints

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// atOnce is how many accounts are weighed by one call of Settle.
const atOnce = 200

// due is an account that is to be weighed.
type due struct {
	site, account, said string
	noted, turn         int64
}

// Settle weighs accounts that are due and labels those of which hints now say
// something else; n is how many it weighed, at most 200. A crash half way
// repeats nothing: the label's id follows from what it says.
func (s *Service) Settle(ctx context.Context) (n int, err error) {
	now := s.options.Now()
	waiting, err := s.waiting(ctx, now)
	if err != nil {
		return 0, fmt.Errorf("look for hints to weigh: %w", err)
	}
	for _, d := range waiting {
		if err := s.settle(ctx, d, now); err != nil {
			return n, fmt.Errorf("weigh an account's hints: %w", err)
		}
		n++
	}
	return n, nil
}

func (s *Service) waiting(ctx context.Context, now time.Time) (list []due, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT site, account, said, turn, noted FROM hint_accounts
 WHERE due_ms > 0 AND due_ms <= $1 ORDER BY due_ms, site, account LIMIT $2`, sqldb.Millis(now), atOnce)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d due
		if err := rows.Scan(&d.site, &d.account, &d.said, &d.turn, &d.noted); err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

// settle weighs one account. The label comes before the note that it was said:
// whoever is interrupted in between says it again, under the same id.
func (s *Service) settle(ctx context.Context, d due, now time.Time) error {
	facts, err := s.read(ctx, d, now)
	if err != nil {
		return err
	}
	t := count(facts, now)
	standing := t.weigh()
	said, turn := d.said, d.turn
	if standing.key() != d.said && len(facts) > 0 && (t.open.IsZero() || t.weighs()) {
		said, turn = standing.key(), d.turn+1
		label := enforcement.Label{
			ID: labelID(d.site, d.account, turn, said), Time: now.UTC(), Site: d.site, Account: d.account, Value: standing.Value,
			Source: standing.Source, Actor: enforcement.ActorEnforcer, Reason: standing.Reason, VisitDay: standing.VisitDay,
		}
		if err := s.labels.Add(ctx, []enforcement.Label{label}); err != nil {
			return err
		}
		s.said.WithLabelValues(string(standing.Source), string(standing.Value)).Inc()
	}
	next := int64(0)
	if !t.open.IsZero() {
		next = sqldb.Millis(t.open)
	}
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		// Where more was noted meanwhile it stays due, and this is not yet said.
		return sqldb.Exec(ctx, tx, sqldb.Do(`UPDATE hint_accounts SET said = $4, turn = $5, due_ms = $6
 WHERE site = $1 AND account = $2 AND noted = $3`, d.site, d.account, d.noted, said, turn, next))
	})
}

// weighs reports whether anything is settled.
func (t tally) weighs() bool { return t.mismatched+t.missed+t.passed+t.failed+t.abandoned > 0 }

// read gives the facts of an account that count, and forgets those beyond.
func (s *Service) read(ctx context.Context, d due, now time.Time) (facts []Fact, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT kind, subject, id, positions, day_ms, at_ms FROM hint_facts
 WHERE site = $1 AND account = $2 AND at_ms >= $3 ORDER BY at_ms DESC, kind, subject, id LIMIT $4`,
		d.site, d.account, sqldb.Millis(now.Add(-s.options.Keep)), maxFacts+1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		f := Fact{Site: d.site, Account: d.account}
		var day, at int64
		if err := rows.Scan(&f.Kind, &f.Subject, &f.ID, &f.Positions, &day, &at); err != nil {
			return nil, err
		}
		f.Day, f.At = sqldb.Time(day), sqldb.Time(at)
		facts = append(facts, f)
	}
	if err := rows.Err(); err != nil || len(facts) <= maxFacts {
		return facts, err
	}
	facts = facts[:maxFacts]
	oldest := sqldb.Millis(facts[maxFacts-1].At)
	return facts, s.db.InTx(ctx, func(tx *sql.Tx) error {
		return sqldb.Exec(ctx, tx, sqldb.Do(`DELETE FROM hint_facts WHERE site = $1 AND account = $2 AND at_ms < $3`, d.site, d.account, oldest))
	})
}

// labelID is the id of a label, of the shape of a UUID (version 8, RFC 9562):
// the same for the same turn of the same account that says the same.
func labelID(site, account string, turn int64, said string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "hint\x00%s\x00%s\x00%d\x00%s", site, account, turn, said))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	x := hex.EncodeToString(sum[:16])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

package cases

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"fairgate/enforcement"
	"fairgate/enforcement/outbox"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
)

// Record opens or extends the cases of the findings, all in one transaction.
// A finding that was recorded before, or that is older than the clearing of
// its subject, changes nothing. A new case, and a rule that is new to one, is
// an action of kind flag.
func (s *Service) Record(ctx context.Context, findings []enforcement.Finding) error {
	fresh := findings[:0:0]
	for _, f := range findings {
		seen, err := exists(ctx, s.db.Read, `SELECT COUNT(*) FROM case_seen WHERE event_id = $1 AND stage = $2`,
			f.EventID, string(f.Stage))
		if err != nil {
			return err
		}
		if !seen {
			fresh = append(fresh, f)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		for _, f := range fresh {
			if err := s.record(ctx, tx, f); err != nil {
				return fmt.Errorf("record finding %s: %w", f.EventID, err)
			}
		}
		return nil
	})
}

// querier is a *sql.DB or *sql.Tx.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func exists(ctx context.Context, q querier, text string, args ...any) (bool, error) {
	var n int
	if err := q.QueryRowContext(ctx, text, args...).Scan(&n); err != nil {
		return false, fmt.Errorf("count rows: %w", err)
	}
	return n > 0, nil
}

func (s *Service) record(ctx context.Context, tx *sql.Tx, f enforcement.Finding) error {
	result, err := tx.ExecContext(ctx, `INSERT INTO case_seen (event_id, stage, at) VALUES ($1, $2, $3)
 ON CONFLICT (event_id, stage) DO NOTHING`, f.EventID, string(f.Stage), sqldb.Millis(f.Time))
	if err != nil {
		return fmt.Errorf("note the finding: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err
	}
	cleared, err := exists(ctx, tx, `SELECT COUNT(*) FROM cases WHERE entity = $1 AND key = $2 AND site = $3
 AND state = 'cleared' AND decided_at >= $4`, string(f.Target.Entity), f.Target.Key, f.Site, sqldb.Millis(f.Time))
	if err != nil || cleared {
		return err
	}
	c, err := scanCase(tx.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases
 WHERE entity = $1 AND key = $2 AND site = $3 AND state <> 'cleared'`, string(f.Target.Entity), f.Target.Key, f.Site))
	if errors.Is(err, ErrNotFound) {
		if !f.Opens() {
			return nil
		}
		c, err = s.open(ctx, tx, f)
	}
	if err != nil {
		return err
	}
	added := c.add(f)
	if err := update(ctx, tx, c); err != nil {
		return err
	}
	if err := addEvidence(ctx, tx, c.ID, f); err != nil {
		return err
	}
	if err := s.gather(ctx, tx, c, f); err != nil {
		return err
	}
	if len(added) == 0 {
		return nil
	}
	return outbox.AppendActions(ctx, tx, enforcement.Action{
		Time: f.Time.UTC().Truncate(time.Millisecond), Site: f.Site, Kind: enforcement.ActionFlag, Target: f.Target,
		Order: f.Order, Rule: added[0], Ruleset: f.Ruleset, EventID: f.EventID, Actor: enforcement.ActorEnforcer,
		Detail: "case " + c.ID + ": " + strings.Join(added, ", "),
	})
}

// open writes an empty case. Another process may open it first: then the
// transaction fails on the unique index and is tried again.
func (s *Service) open(ctx context.Context, tx *sql.Tx, f enforcement.Finding) (Case, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Case{}, fmt.Errorf("make a case id: %w", err)
	}
	c := Case{
		ID: id.String(), Site: f.Site, Target: f.Target, State: Open, Severity: ingest.Flag, Rules: map[string]int{},
		Opened: f.Time, Updated: f.Time,
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO cases (id, site, entity, key, state, severity, rules, findings, score,
 opened_at, updated_at, decided_at, decided_by, reason) VALUES ($1, $2, $3, $4, $5, $6, '{}', 0, 0, $7, $7, 0, '', '')`,
		c.ID, c.Site, string(c.Target.Entity), c.Target.Key, string(c.State), string(c.Severity), sqldb.Millis(f.Time))
	if err != nil {
		return Case{}, fmt.Errorf("open a case: %w", err)
	}
	return c, nil
}

// add takes a finding into the case and returns the rules that are new to it.
func (c *Case) add(f enforcement.Finding) (added []string) {
	counted := map[string]bool{}
	for _, h := range f.Hits {
		if h.Action.Severity() > c.Severity.Severity() {
			c.Severity = h.Action
		}
		if counted[h.Rule] {
			continue
		}
		counted[h.Rule] = true
		if c.Rules[h.Rule] == 0 {
			added = append(added, h.Rule)
		}
		c.Rules[h.Rule]++
	}
	c.Findings++
	c.Score = max(c.Score, f.Score)
	if f.Time.Before(c.Opened) {
		c.Opened = f.Time
	}
	if f.Time.After(c.Updated) {
		c.Updated = f.Time
	}
	return added
}

func update(ctx context.Context, tx *sql.Tx, c Case) error {
	counts, err := json.Marshal(c.Rules)
	if err != nil {
		return fmt.Errorf("encode the rules of case %s: %w", c.ID, err)
	}
	_, err = tx.ExecContext(ctx, `UPDATE cases SET severity = $1, rules = $2, findings = $3, score = $4, opened_at = $5,
 updated_at = $6 WHERE id = $7`, string(c.Severity), string(counts), c.Findings, int64(c.Score*100),
		sqldb.Millis(c.Opened), sqldb.Millis(c.Updated), c.ID)
	if err != nil {
		return fmt.Errorf("extend case %s: %w", c.ID, err)
	}
	return nil
}

// addEvidence keeps the finding, and of those in the middle none beyond the
// bounds.
func addEvidence(ctx context.Context, tx *sql.Tx, caseID string, f enforcement.Finding) error {
	body, err := json.Marshal(Evidence{
		EventID: f.EventID, Stage: f.Stage, Time: f.Time, Kind: f.Kind, Order: f.Order, Receipt: f.Receipt,
		Ruleset: f.Ruleset, Score: f.Score, Hits: f.Hits, Features: f.Features,
	})
	if err != nil {
		return fmt.Errorf("encode evidence: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO case_evidence (case_id, event_id, stage, at, body)
 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (case_id, event_id, stage) DO NOTHING`,
		caseID, f.EventID, string(f.Stage), sqldb.Millis(f.Time), string(body))
	if err != nil {
		return fmt.Errorf("add evidence: %w", err)
	}
	var n int
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM case_evidence WHERE case_id = $1`, caseID).Scan(&n)
	if err != nil || n <= keepFirst+keepLatest {
		return err
	}
	var eventID, stage string
	err = tx.QueryRowContext(ctx, `SELECT event_id, stage FROM case_evidence WHERE case_id = $1
 ORDER BY at, event_id, stage LIMIT 1 OFFSET $2`, caseID, keepFirst).Scan(&eventID, &stage)
	if err != nil {
		return fmt.Errorf("find evidence to drop: %w", err)
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM case_evidence WHERE case_id = $1 AND event_id = $2 AND stage = $3`,
		caseID, eventID, stage)
	if err != nil {
		return fmt.Errorf("drop evidence: %w", err)
	}
	return nil
}

package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"fairgate/rules/life"
)

// Live reads what is in force, in one state of the database.
func (s *Store) Live(ctx context.Context, ruleset string) (life.Live, error) {
	f, err := s.inForce(ctx, ruleset)
	return f.live, err
}

// inForce is what is in force and what the fleet follows it by.
type inForce struct {
	live     life.Live
	revision int64
	file     string
}

// inForce reads again where something was published in the middle of it.
func (s *Store) inForce(ctx context.Context, ruleset string) (inForce, error) {
	for {
		f, number, err := s.mark(ctx, ruleset)
		if err != nil {
			return f, err
		}
		if number > 0 {
			v, err := s.Version(ctx, ruleset, number)
			if err != nil {
				return f, err
			}
			f.live.Version = &v
		}
		if f.live.Tightenings, err = s.tightenings(ctx, selectTightening+`WHERE ruleset = $1 AND ended_at = $2 ORDER BY begun_at, id`, ruleset, int64(0)); err != nil {
			return f, err
		}
		again, _, err := s.mark(ctx, ruleset)
		if err != nil || again.revision == f.revision {
			return f, err
		}
	}
}

// mark is the cheap look: the revision, and the number in force.
func (s *Store) mark(ctx context.Context, ruleset string) (f inForce, number int64, err error) {
	err = s.db.Read.QueryRowContext(ctx, `SELECT number, revision, file FROM rulesets_state WHERE ruleset = $1`, ruleset).
		Scan(&number, &f.revision, &f.file)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return f, 0, fmt.Errorf("read what is in force of ruleset %q: %w", ruleset, err)
	}
	return f, number, nil
}

// Publish puts a version in force.
func (s *Store) Publish(ctx context.Context, p life.Publishing) error {
	ruleset := p.Version.Ruleset
	err := s.inTx(ctx, ruleset, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE rulesets_state SET number = $1, revision = revision + 1, file = $2 WHERE ruleset = $3 AND number = $4`,
			p.Version.Number, p.File, ruleset, p.Replaces)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("%w: another version of ruleset %q was published in this moment", life.ErrStale, ruleset))
		}
		if err := save(ctx, tx, &p.Was, &p.Version); err != nil {
			return err
		}
		if err := supersede(ctx, tx, p); err != nil {
			return err
		}
		for _, id := range p.Ended {
			if _, err := end(ctx, tx, id, p.Version.Publication.At.UnixMilli(), p.Version.Publication.By, p.Version.Publication.Reason); err != nil {
				return err
			}
		}
		if err := record(ctx, tx, ruleset, p.Version.Number, p.Programs); err != nil {
			return err
		}
		for i := range p.Steps {
			text, err := json.Marshal(p.Steps[i])
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO rulesets_steps (ruleset, rule, number, step) VALUES ($1, $2, $3, $4)`,
				ruleset, p.Steps[i].Rule, p.Version.Number, string(text)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("publish version %d of ruleset %q: %w", p.Version.Number, ruleset, err)
	}
	return nil
}

// supersede ends the version that was in force.
func supersede(ctx context.Context, tx *sql.Tx, p life.Publishing) error {
	if p.Replaces == 0 {
		return nil
	}
	old, err := version(ctx, tx, p.Version.Ruleset, p.Replaces)
	if err != nil {
		return err
	}
	was := old
	old.State, old.Changed = life.Superseded, p.Version.Publication.At
	if old.Publication != nil {
		old.Publication.Until = p.Version.Publication.At
	}
	return save(ctx, tx, &was, &old)
}

// record notes which version the programs are.
func record(ctx context.Context, tx *sql.Tx, ruleset string, number int64, programs []string) error {
	for _, program := range programs {
		if _, err := tx.ExecContext(ctx, `INSERT INTO rulesets_programs (ruleset, program, number) VALUES ($1, $2, $3)
			ON CONFLICT (ruleset, program) DO UPDATE SET number = excluded.number`, ruleset, program, number); err != nil {
			return fmt.Errorf("note program %s: %w", program, err)
		}
	}
	return nil
}

// Program tells which version a program was.
func (s *Store) Program(ctx context.Context, ruleset, program string) (int64, error) {
	var number int64
	err := s.db.Read.QueryRowContext(ctx, `SELECT number FROM rulesets_programs WHERE ruleset = $1 AND program = $2`, ruleset, program).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("%w: program %q of ruleset %q never was in force", life.ErrNotFound, program, ruleset)
	}
	if err != nil {
		return 0, fmt.Errorf("look up program %q of ruleset %q: %w", program, ruleset, err)
	}
	return number, nil
}

// Steps reads a rule's steps, the newest first.
func (s *Store) Steps(ctx context.Context, ruleset, rule string, limit int) ([]life.Step, error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT step FROM rulesets_steps WHERE ruleset = $1 AND ($2 = '' OR rule = $2) ORDER BY number DESC LIMIT $3`,
		ruleset, rule, limit)
	if err != nil {
		return nil, fmt.Errorf("read the steps of rule %q: %w", rule, err)
	}
	defer func() { _ = rows.Close() }()
	var out []life.Step
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("read the steps of rule %q: %w", rule, err)
		}
		var step life.Step
		if err := json.Unmarshal([]byte(text), &step); err != nil {
			return nil, fmt.Errorf("a step of rule %q is damaged: %w", rule, err)
		}
		out = append(out, step)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the steps of rule %q: %w", rule, err)
	}
	return out, nil
}

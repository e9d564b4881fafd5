package cases

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

const caseColumns = `id, site, entity, key, state, severity, rules, findings, score, opened_at, updated_at,
 decided_at, decided_by, reason, cluster, version`

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

func scanCase(row scanner) (Case, error) {
	var c Case
	var counts string
	var score, opened, updated, decided int64
	err := row.Scan(&c.ID, &c.Site, &c.Target.Entity, &c.Target.Key, &c.State, &c.Severity, &counts, &c.Findings, &score,
		&opened, &updated, &decided, &c.DecidedBy, &c.Reason, &c.Cluster, &c.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return c, ErrNotFound
	}
	if err != nil {
		return c, fmt.Errorf("read a case: %w", err)
	}
	if err := json.Unmarshal([]byte(counts), &c.Rules); err != nil {
		return c, fmt.Errorf("decode the rules of case %s: %w", c.ID, err)
	}
	c.Score = float64(score) / 100
	c.Opened, c.Updated, c.DecidedAt = sqldb.Time(opened), sqldb.Time(updated), sqldb.Time(decided)
	return c, nil
}

// Filter narrows List. Empty fields match everything.
type Filter struct {
	Site     string
	State    State
	Severity ingest.Action
	Entity   rules.Entity
	Key      string
}

// MaxPage is the largest page of List and Accounts.
const MaxPage = 500

// List returns cases without their evidence, the newest first, and the cursor
// of the next page, empty after the last.
func (s *Service) List(ctx context.Context, f Filter, cursor string, limit int) (list []Case, next string, err error) {
	if limit < 1 || limit > MaxPage {
		return nil, "", fmt.Errorf("%w: limit %d, want 1 to %d", ErrBadInput, limit, MaxPage)
	}
	rows, err := s.db.Read.QueryContext(ctx, `SELECT `+caseColumns+` FROM cases
 WHERE ($1 = '' OR site = $1) AND ($2 = '' OR state = $2) AND ($3 = '' OR severity = $3) AND ($4 = '' OR entity = $4)
 AND ($5 = '' OR key = $5) AND ($6 = '' OR id < $6) ORDER BY id DESC LIMIT $7`,
		f.Site, string(f.State), string(f.Severity), string(f.Entity), f.Key, cursor, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("list cases: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		c, err := scanCase(rows)
		if err != nil {
			return nil, "", err
		}
		list = append(list, c)
	}
	if err := rows.Err(); err != nil {
		return nil, "", fmt.Errorf("list cases: %w", err)
	}
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].ID
	}
	return list, next, nil
}

// Get returns a case with its evidence.
func (s *Service) Get(ctx context.Context, id string) (Case, error) {
	c, err := scanCase(s.db.Read.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases WHERE id = $1`, id))
	if err != nil {
		return c, fmt.Errorf("get case %q: %w", id, err)
	}
	c.Evidence, err = s.evidence(ctx, id)
	return c, err
}

func (s *Service) evidence(ctx context.Context, id string) (list []Evidence, err error) {
	rows, err := s.db.Read.QueryContext(ctx,
		`SELECT body FROM case_evidence WHERE case_id = $1 ORDER BY at, event_id, stage`, id)
	if err != nil {
		return nil, fmt.Errorf("read the evidence of case %s: %w", id, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("read the evidence of case %s: %w", id, err)
		}
		var e Evidence
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			return nil, fmt.Errorf("decode the evidence of case %s: %w", id, err)
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// StandingOf tells how one target stands now: its active blocks, and its
// latest case with the evidence.
func (s *Service) StandingOf(ctx context.Context, site string, target enforcement.Target) (Standing, error) {
	standing := Standing{Site: site, Target: target}
	filter := lists.Filter{
		Site: site, Kind: enforcement.EntryDeny, ActiveAt: s.options.Now(), Entity: target.Entity, Key: target.Key,
	}
	if target.Entity == rules.EntityAccount {
		filter.Entity, filter.Key, filter.Account = "", "", target.Key
	}
	var err error
	if standing.Blocks, _, err = s.lists.List(ctx, filter, "", lists.MaxPage); err != nil {
		return standing, err
	}
	found, _, err := s.List(ctx, Filter{Site: site, Entity: target.Entity, Key: target.Key}, "", 1)
	if err != nil || len(found) == 0 {
		return standing, err
	}
	if found[0].Evidence, err = s.evidence(ctx, found[0].ID); err != nil {
		return standing, err
	}
	standing.Case = &found[0]
	return standing, nil
}

// Blocked lists the accounts that are on the deny list themselves, newest
// entry first, with their cases and evidence. An account with several entries
// comes once a page.
func (s *Service) Blocked(ctx context.Context, site, cursor string, limit int) ([]Standing, string, error) {
	entries, next, err := s.lists.List(ctx, lists.Filter{
		Site: site, Kind: enforcement.EntryDeny, Entity: rules.EntityAccount, ActiveAt: s.options.Now(),
	}, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	seen := map[enforcement.Target]bool{}
	var list []Standing
	for _, e := range entries {
		if seen[e.Target] {
			continue
		}
		seen[e.Target] = true
		standing, err := s.StandingOf(ctx, site, e.Target)
		if err != nil {
			return nil, "", err
		}
		list = append(list, standing)
	}
	return list, next, nil
}

// Flagged lists the subjects with an undecided case, newest case first, with
// their evidence and blocks.
func (s *Service) Flagged(ctx context.Context, site, cursor string, limit int) ([]Standing, string, error) {
	open, next, err := s.List(ctx, Filter{Site: site, State: Open}, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	list := make([]Standing, 0, len(open))
	for _, c := range open {
		standing, err := s.StandingOf(ctx, c.Site, c.Target)
		if err != nil {
			return nil, "", err
		}
		list = append(list, standing)
	}
	return list, next, nil
}

package lists

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

// Filter narrows List. Empty fields match everything.
type Filter struct {
	Site   string
	Kind   enforcement.EntryKind
	Entity rules.Entity
	Key    string
	Rule   string
	// Account, if set, keeps the entries of the account and of the devices and
	// sessions denied because of it.
	Account string
	// ActiveAt, if set, keeps the entries that stand at that time.
	ActiveAt time.Time
}

// MaxPage is the largest page of List.
const MaxPage = 500

// List returns entries, newest first, and the cursor of the next page, empty
// after the last. The cursor of the first page is empty; limit is 1 to
// MaxPage.
func (s *Service) List(ctx context.Context, f Filter, cursor string, limit int) ([]Entry, string, error) {
	if limit < 1 || limit > MaxPage {
		return nil, "", fmt.Errorf("%w: limit %d, want 1 to %d", ErrBadInput, limit, MaxPage)
	}
	entries, err := query(ctx, s.db.Read, `SELECT `+entryColumns+` FROM lists_entries
 WHERE ($1 = '' OR site = $1 OR site = '') AND ($2 = '' OR kind = $2) AND ($3 = '' OR entity = $3) AND ($4 = '' OR key = $4)
 AND ($5 = '' OR rule = $5) AND (CAST($6 AS BIGINT) = 0 OR (lifted_at = 0 AND since <= $6 AND (expires_at = 0 OR expires_at > $6)))
 AND ($7 = '' OR id < $7) AND ($8 = '' OR account = $8 OR (entity = 'account' AND key = $8)) ORDER BY id DESC LIMIT $9`,
		f.Site, string(f.Kind), string(f.Entity), f.Key, f.Rule, sqldb.Millis(f.ActiveAt), cursor, f.Account, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(entries) <= limit {
		return entries, "", nil
	}
	return entries[:limit], entries[limit-1].ID, nil
}

// Get returns one entry, lifted or not.
func (s *Service) Get(ctx context.Context, id string) (Entry, error) {
	e, err := scanEntry(s.db.Read.QueryRowContext(ctx, `SELECT `+entryColumns+` FROM lists_entries WHERE id = $1`, id))
	if err != nil {
		return e, fmt.Errorf("get %q: %w", id, err)
	}
	return e, nil
}

// findOne finds the entry, not lifted, that e would collide with.
func findOne(ctx context.Context, q querier, e Entry) (Entry, error) {
	return scanEntry(q.QueryRowContext(ctx, `SELECT `+entryColumns+` FROM lists_entries WHERE entity = $1 AND key = $2
 AND kind = $3 AND source = $4 AND rule = $5 AND site = $6 AND lifted_at = 0`,
		string(e.Target.Entity), e.Target.Key, string(e.Kind), string(e.Source), e.Rule, e.Site))
}

func query(ctx context.Context, q querier, text string, args ...any) (entries []Entry, err error) {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("read list entries: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read list entries: %w", err)
	}
	return entries, nil
}

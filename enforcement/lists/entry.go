package lists

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
)

// Errors of the Service.
var (
	// ErrNotFound: there is no such entry.
	ErrNotFound = errors.New("list entry not found")
	// ErrLifted: the entry was lifted before.
	ErrLifted = errors.New("list entry is already lifted")
	// ErrTooMany: the target has enforcement.MaxMarkEntries active entries.
	ErrTooMany = errors.New("too many list entries for one target")
	// ErrBadInput is wrapped where a request misses a field.
	ErrBadInput = errors.New("bad list request")
)

// Entry is one row of the deny or exception list.
type Entry struct {
	ID      string                  `json:"id"`
	Site    string                  `json:"site,omitempty"` // empty: every site
	Kind    enforcement.EntryKind   `json:"kind"`
	Target  enforcement.Target      `json:"target"`
	Account string                  `json:"account,omitempty"` // behind a device or session
	Source  enforcement.EntrySource `json:"source"`
	Rule    string                  `json:"rule,omitempty"` // exception: the one rule
	Ruleset string                  `json:"ruleset,omitempty"`
	// Class is what the visitor learns; Reason is for operators.
	Class   ingest.Reason `json:"class,omitempty"`
	Reason  string        `json:"reason,omitempty"`
	Actor   string        `json:"actor"`
	EventID string        `json:"event_id,omitempty"`
	Created time.Time     `json:"created_at"`
	// Since and Expires bound the entry in event time; zero Expires: no end.
	Since      time.Time `json:"since"`
	Expires    time.Time `json:"expires_at,omitzero"`
	LiftedAt   time.Time `json:"lifted_at,omitzero"`
	LiftedBy   string    `json:"lifted_by,omitempty"`
	LiftReason string    `json:"lift_reason,omitempty"`
}

// Active reports whether the entry stands for an event at t.
func (e Entry) Active(t time.Time) bool {
	return e.LiftedAt.IsZero() && !t.Before(e.Since) && (e.Expires.IsZero() || t.Before(e.Expires))
}

// mark is the entry as it lies beside the counters.
func (e Entry) mark() enforcement.MarkEntry {
	return enforcement.MarkEntry{
		ID: e.ID, Site: e.Site, Kind: e.Kind, Source: e.Source, Rule: e.Rule, Reason: e.Class,
		Since: sqldb.Millis(e.Since), Expires: sqldb.Millis(e.Expires),
	}
}

const entryColumns = `id, site, kind, entity, key, account, source, rule, ruleset, class, reason, actor,
 event_id, created_at, since, expires_at, lifted_at, lifted_by, lift_reason`

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

func scanEntry(row scanner) (Entry, error) {
	var e Entry
	var created, since, expires, lifted int64
	err := row.Scan(&e.ID, &e.Site, &e.Kind, &e.Target.Entity, &e.Target.Key, &e.Account, &e.Source, &e.Rule,
		&e.Ruleset, &e.Class, &e.Reason, &e.Actor, &e.EventID, &created, &since, &expires, &lifted,
		&e.LiftedBy, &e.LiftReason)
	if errors.Is(err, sql.ErrNoRows) {
		return e, ErrNotFound
	}
	if err != nil {
		return e, fmt.Errorf("read a list entry: %w", err)
	}
	e.Created, e.Since = sqldb.Time(created), sqldb.Time(since)
	e.Expires, e.LiftedAt = sqldb.Time(expires), sqldb.Time(lifted)
	return e, nil
}

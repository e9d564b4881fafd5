package budget

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// Evidence is something that tells whether a person stands behind an account.
type Evidence string

// Kinds of evidence.
const (
	CheckedIn Evidence = "checked_in" // let in at the venue
	Cleared   Evidence = "cleared"    // by a review or an appeal
	Human     Evidence = "human"      // said by a reviewer of the audit sample
	Scalper   Evidence = "scalper"    // said by anybody: outweighs all that is older, and check-ins
)

// Valid reports whether e is a known kind.
func (e Evidence) Valid() bool { return e == CheckedIn || e == Cleared || e == Human || e == Scalper }

// Testimony is one piece of evidence about one account.
type Testimony struct {
	Site    string
	Account string
	Kind    Evidence
	At      time.Time
}

// Note keeps testimonies; of each kind the latest stands. A repeat changes
// nothing. All are kept or none.
func (s *Service) Note(ctx context.Context, testimonies []Testimony) error {
	latest := map[accountKey]map[Evidence]int64{}
	for i, t := range testimonies {
		if t.Site == "" || t.Account == "" || len(t.Account) > enforcement.MaxKey || strings.ContainsRune(t.Site+t.Account, 0) ||
			!t.Kind.Valid() || t.At.IsZero() {
			return fmt.Errorf("%w: testimony %d: site %q, account of %d bytes, kind %q, time %v",
				ErrBadInput, i, t.Site, len(t.Account), t.Kind, t.At)
		}
		key := accountKey{t.Site, t.Account}
		if latest[key] == nil {
			latest[key] = map[Evidence]int64{}
		}
		latest[key][t.Kind] = max(latest[key][t.Kind], sqldb.Millis(t.At))
	}
	var rows [][]any
	for _, key := range sortedKeys(latest) {
		for _, kind := range []Evidence{CheckedIn, Cleared, Human, Scalper} {
			if since, ok := latest[key][kind]; ok {
				rows = append(rows, []any{key.site, key.account, string(kind), since})
			}
		}
	}
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		return insertRows(ctx, tx, `INSERT INTO budget_evidence (site, account, kind, since_ms) VALUES `,
			` ON CONFLICT (site, account, kind) DO UPDATE SET since_ms = excluded.since_ms WHERE excluded.since_ms > budget_evidence.since_ms`,
			4, len(rows), func(i int) []any { return rows[i] })
	})
	if err != nil {
		return fmt.Errorf("note evidence: %w", err)
	}
	return nil
}

// accountKey is an account of a site.
type accountKey struct{ site, account string }

// account is what is known about one. Times are in milliseconds, 0: never.
type account struct {
	evidence                      map[Evidence]int64
	first, lastDay, days          int64
	flagged, flaggedBefore, unmet int64
	known                         bool
}

// person reports whether evidence from before the hour of t says that a person
// stands behind the account.
func (a *account) person(t time.Time, o Options) bool {
	scalper := a.evidence[Scalper]
	if said := max(a.evidence[Cleared], a.evidence[Human]); said > 0 && said >= scalper {
		return true
	}
	if scalper > 0 {
		return false
	}
	return a.evidence[CheckedIn] > 0 || a.longUnflagged(t, o)
}

// longUnflagged reports a long history without a flag, or a challenge that was
// not met, in its last part.
func (a *account) longUnflagged(t time.Time, o Options) bool {
	begin := sqldb.Millis(t.Add(-o.History))
	days := a.days
	if a.lastDay >= dayOf(t) {
		days-- // the day of t itself is no history
	}
	if a.first == 0 || a.first > begin || days < int64(o.HistoryDays) {
		return false
	}
	hour := hourOf(t) * time.Hour.Milliseconds()
	flagged := a.flagged
	if flagged >= hour {
		flagged = a.flaggedBefore
	}
	return flagged < begin && (a.unmet < begin || a.unmet >= hour)
}

// see adds a sighting to the history and reports whether that changed it.
func (a *account) see(v enforcement.Sighting) (changed bool) {
	at := sqldb.Millis(v.Time)
	set := func(field *int64, to int64) {
		if *field != to {
			*field, changed = to, true
		}
	}
	if !a.known || at < a.first {
		a.known = true
		set(&a.first, at)
	}
	if day := dayOf(v.Time); day > a.lastDay {
		set(&a.lastDay, day)
		set(&a.days, a.days+1)
	}
	if v.Flagged && at > a.flagged {
		if a.flagged > 0 && a.flagged/time.Hour.Milliseconds() < hourOf(v.Time) {
			set(&a.flaggedBefore, a.flagged)
		}
		set(&a.flagged, at)
	}
	switch v.Challenge {
	case enforcement.ChallengeUnmet:
		if a.unmet == 0 {
			set(&a.unmet, at)
		}
	case enforcement.ChallengeMet:
		if at >= a.unmet {
			set(&a.unmet, 0)
		}
	case enforcement.ChallengeWrong: // tried again: met or not is told of later
	}
	return changed
}

// look reads what is known about the accounts; those that are not have an
// empty account.
func (s *Service) look(ctx context.Context, tx *sql.Tx, seen []enforcement.Sighting) (map[accountKey]*account, error) {
	known := map[accountKey]*account{}
	bySite := map[string][]any{}
	for _, v := range seen {
		key := accountKey{v.Site, v.Account}
		if known[key] == nil {
			known[key] = &account{evidence: map[Evidence]int64{}}
			bySite[v.Site] = append(bySite[v.Site], v.Account)
		}
	}
	for site, accounts := range bySite {
		args := append([]any{site}, accounts...)
		in := ` WHERE site = $1 AND account IN (` + places(2, len(accounts)) + `)`
		err := each(ctx, tx, func(rows *sql.Rows) error {
			var name string
			var a account
			if err := rows.Scan(&name, &a.first, &a.lastDay, &a.days, &a.flagged, &a.flaggedBefore, &a.unmet); err != nil {
				return err
			}
			a.known, a.evidence = true, map[Evidence]int64{}
			known[accountKey{site, name}] = &a
			return nil
		}, `SELECT account, first_ms, last_day, days, flagged_ms, flagged_prev_ms, unmet_ms FROM budget_history`+in, args...)
		if err != nil {
			return nil, fmt.Errorf("read histories: %w", err)
		}
		err = each(ctx, tx, func(rows *sql.Rows) error {
			var name, kind string
			var since int64
			if err := rows.Scan(&name, &kind, &since); err != nil {
				return err
			}
			known[accountKey{site, name}].evidence[Evidence(kind)] = since
			return nil
		}, `SELECT account, kind, since_ms FROM budget_evidence`+in, args...)
		if err != nil {
			return nil, fmt.Errorf("read evidence: %w", err)
		}
	}
	return known, nil
}

// saveHistories writes those that changed.
func saveHistories(ctx context.Context, tx *sql.Tx, known map[accountKey]*account, changed map[accountKey]bool) error {
	keys := sortedKeys(changed)
	err := insertRows(ctx, tx, `INSERT INTO budget_history
 (site, account, first_ms, last_day, days, flagged_ms, flagged_prev_ms, unmet_ms) VALUES `,
		` ON CONFLICT (site, account) DO UPDATE SET first_ms = excluded.first_ms, last_day = excluded.last_day,
 days = excluded.days, flagged_ms = excluded.flagged_ms, flagged_prev_ms = excluded.flagged_prev_ms, unmet_ms = excluded.unmet_ms`,
		8, len(keys), func(i int) []any {
			a := known[keys[i]]
			return []any{keys[i].site, keys[i].account, a.first, a.lastDay, a.days, a.flagged, a.flaggedBefore, a.unmet}
		})
	if err != nil {
		return fmt.Errorf("write histories: %w", err)
	}
	return nil
}

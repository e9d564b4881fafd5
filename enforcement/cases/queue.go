package cases

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/withdrawals"
	"fairgate/ingest/sqldb"
)

// Task is one entry of the review queue: an open case, or a drawn account. It
// tells neither verdict nor score nor rule, nor which of the two it is.
type Task struct {
	ID     string             `json:"id"`
	Site   string             `json:"-"`
	Target enforcement.Target `json:"subject"`
	Opened time.Time          `json:"opened_at"`
	Due    time.Time          `json:"due_at"`
	// Judged says that the reader has given an opinion already.
	Judged bool `json:"judged"`
	// Claim is who has it open; nil: nobody.
	Claim *Claim `json:"claim,omitempty"`
}

// DueAfter is within what time a task is to be judged.
const DueAfter = 72 * time.Hour

// queueText lists tasks: open cases, and drawn accounts without one that the
// reader has not judged yet and no other reader must.
const queueText = `SELECT id, entity, key, opened, judged, COALESCE(reviewer, ''), COALESCE(until, 0) FROM (
 SELECT c.id AS id, c.entity AS entity, c.key AS key, c.opened_at AS opened,
  (SELECT COUNT(*) FROM opinions o WHERE o.subject = c.id AND o.reviewer = $2) AS judged
 FROM cases c WHERE c.site = $1 AND c.state = 'open'
 UNION ALL
 SELECT s.id, 'account', s.account, s.drawn_at, 0 FROM audit_sample s
 WHERE s.site = $1 AND s.state <> 'done'
  AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.site = s.site AND k.entity = 'account' AND k.key = s.account AND k.state = 'open')
  AND NOT EXISTS (SELECT 1 FROM opinions o WHERE o.subject = s.id AND o.reviewer = $2)
) AS tasks LEFT JOIN case_claims ON subject = id AND until > $8
 WHERE (opened > $3 OR (opened = $3 AND id > $4)) AND ($5 = '' OR entity = $5) AND ($6 = '' OR key = $6)
 ORDER BY opened, id LIMIT $7`

// TaskFilter narrows the queue. There is none by verdict, score or rule: the
// answer would tell them.
type TaskFilter struct {
	Site   string
	Entity string
	Key    string
}

// Queue lists what waits for a reviewer, the oldest first, and the cursor of the
// next page, empty after the last.
func (s *Service) Queue(
	ctx context.Context, f TaskFilter, reviewer, cursor string, limit int,
) (list []Task, next string, err error) {
	if limit < 1 || limit > MaxPage {
		return nil, "", fmt.Errorf("%w: limit %d, want 1 to %d", ErrBadInput, limit, MaxPage)
	}
	after, id, err := parseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	rows, err := s.db.Read.QueryContext(ctx, queueText, f.Site, reviewer, after, id, f.Entity, f.Key, limit+1,
		sqldb.Millis(s.options.Now()))
	if err != nil {
		return nil, "", fmt.Errorf("read the queue: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		t := Task{Site: f.Site}
		var opened, judged, until int64
		var claimer string
		if err := rows.Scan(&t.ID, &t.Target.Entity, &t.Target.Key, &opened, &judged, &claimer, &until); err != nil {
			return nil, "", fmt.Errorf("read the queue: %w", err)
		}
		t.Opened, t.Judged = sqldb.Time(opened), judged > 0
		t.Due = t.Opened.Add(DueAfter)
		if claimer != "" {
			t.Claim = &Claim{Reviewer: claimer, Until: sqldb.Time(until)}
		}
		list = append(list, t)
	}
	if err := rows.Err(); err != nil {
		return nil, "", fmt.Errorf("read the queue: %w", err)
	}
	if len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		next = strconv.FormatInt(sqldb.Millis(last.Opened), 10) + "." + last.ID
	}
	return list, next, nil
}

func parseCursor(cursor string) (after int64, id string, err error) {
	if cursor == "" {
		return -1, "", nil
	}
	ms, id, found := strings.Cut(cursor, ".")
	after, err = strconv.ParseInt(ms, 10, 64)
	if !found || err != nil || len(id) > 64 {
		return 0, "", fmt.Errorf("%w: cursor %.80q did not come from here", ErrBadInput, cursor)
	}
	return after, id, nil
}

// View is a task as its reviewer sees it. Before the reviewer's opinion only the
// Task is filled.
type View struct {
	Task
	// Case is the case with its evidence, nil before an opinion, and where the
	// account was only drawn.
	Case     *Case                    `json:"case,omitempty"`
	Accounts []Linked                 `json:"accounts,omitempty"` // that it concerns, at most 200
	Orders   []withdrawals.Withdrawal `json:"orders,omitempty"`   // that were taken back
	Opinions []Opinion                `json:"opinions,omitempty"`
	Notes    []Note                   `json:"notes,omitempty"`
}

// Linked is an account that a case concerns beside its own.
type Linked struct {
	Account string    `json:"account"`
	Why     Why       `json:"why"`
	At      time.Time `json:"at"`
}

// Why says how an account came to a case.
type Why string

// Reasons.
const (
	WhyConfirmed Why = "confirmed" // a person confirmed it as a scalper
	WhyLinked    Why = "linked"    // of one cluster with it
	WhyAppealed  Why = "appealed"  // one of many appeals
)

// Valid reports whether w is a known reason.
func (w Why) Valid() bool { return w == WhyConfirmed || w == WhyLinked || w == WhyAppealed }

// Note is what somebody said about a case without deciding it.
type Note struct {
	Author string    `json:"author"`
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
}

// maxLinked bounds the accounts that a case shows and takes from a cluster: one
// of a million is not for reading.
const maxLinked = 200

// View shows a task to a reviewer. Of an undecided one that the reviewer has not
// judged it shows that it waits and nothing else.
func (s *Service) View(ctx context.Context, site, id, reviewer string) (View, error) {
	found, target, err := s.taskTarget(ctx, s.db.Read, id)
	if err != nil {
		return View{}, err
	}
	if found != site {
		return View{}, fmt.Errorf("task %q: %w", id, ErrNotFound)
	}
	v := View{Task: Task{ID: id, Site: site, Target: target}}
	c, err := s.Get(ctx, id)
	isCase := err == nil
	if err != nil && !errors.Is(err, ErrNotFound) {
		return View{}, err
	}
	said, err := s.opinions(ctx, id)
	if err != nil {
		return View{}, err
	}
	for _, o := range said {
		v.Judged = v.Judged || o.Reviewer == reviewer
	}
	if isCase {
		v.Opened = c.Opened
	} else if v.Opened, err = s.drawnAt(ctx, id); err != nil {
		return View{}, err
	}
	v.Due = v.Opened.Add(DueAfter)
	if decided := isCase && c.State != Open; !v.Judged && !decided {
		return v, nil
	}
	v.Opinions = said
	if isCase {
		v.Case = &c
		if v.Accounts, err = s.linked(ctx, id); err != nil {
			return View{}, err
		}
		if v.Notes, err = s.notes(ctx, id); err != nil {
			return View{}, err
		}
	}
	if s.options.Orders != nil && target.Entity == "account" {
		if v.Orders, err = s.options.Orders.Of(ctx, site, target.Key); err != nil {
			return View{}, err
		}
	}
	return v, nil
}

func (s *Service) drawnAt(ctx context.Context, id string) (time.Time, error) {
	var at int64
	if err := s.db.Read.QueryRowContext(ctx, `SELECT drawn_at FROM audit_sample WHERE id = $1`, id).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("read when an account was drawn: %w", err)
	}
	return sqldb.Time(at), nil
}

// blindText counts what a reviewer has still to judge of an account: that it was
// drawn, or its open case.
const blindText = `SELECT
 (SELECT COUNT(*) FROM audit_sample d WHERE d.site = $1 AND d.account = $2 AND d.state <> 'done'
  AND NOT EXISTS (SELECT 1 FROM opinions o WHERE o.subject = d.id AND o.reviewer = $3))
 + (SELECT COUNT(*) FROM cases c WHERE c.site = $1 AND c.entity = 'account' AND c.key = $2 AND c.state = 'open'
  AND NOT EXISTS (SELECT 1 FROM opinions o WHERE o.subject = c.id AND o.reviewer = $3))`

// Blind reports whether a reviewer must not see yet what is held against an
// account: it waits in the queue, and the reviewer has not judged it. Drawn
// accounts and flagged ones are not told apart.
func (s *Service) Blind(ctx context.Context, site, account, reviewer string) (bool, error) {
	return exists(ctx, s.db.Read, blindText, site, account, reviewer)
}

func (s *Service) linked(ctx context.Context, id string) (list []Linked, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT account, why, at FROM case_accounts WHERE case_id = $1
 ORDER BY why, at, account LIMIT $2`, id, maxLinked)
	if err != nil {
		return nil, fmt.Errorf("read linked accounts: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var l Linked
		var at int64
		if err := rows.Scan(&l.Account, &l.Why, &at); err != nil {
			return nil, fmt.Errorf("read a linked account: %w", err)
		}
		l.At = sqldb.Time(at)
		list = append(list, l)
	}
	return list, rows.Err()
}

func (s *Service) notes(ctx context.Context, id string) (list []Note, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT author, body, at FROM case_notes WHERE case_id = $1 ORDER BY id LIMIT 200`, id)
	if err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var n Note
		var at int64
		if err := rows.Scan(&n.Author, &n.Text, &at); err != nil {
			return nil, fmt.Errorf("read a note: %w", err)
		}
		n.At = sqldb.Time(at)
		list = append(list, n)
	}
	return list, rows.Err()
}

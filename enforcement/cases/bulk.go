package cases

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

// Bounds of a bulk decision.
const (
	MaxBulk = 500
	// PreviewLife is for how long a preview may be carried out.
	PreviewLife = 10 * time.Minute
)

// ErrPreview is wrapped where a bulk decision does not fit a preview: unknown,
// over, used, somebody else's, or with another count.
var ErrPreview = errors.New("no such preview")

// Preview is who a bulk decision would touch. Its token binds what is then done
// to what was shown.
type Preview struct {
	Token    string        `json:"token"`
	Decision Verb          `json:"decision"`
	Except   int           `json:"except_days,omitempty"`
	Count    int           `json:"count"`
	Cases    []PreviewCase `json:"cases"`
	Expires  time.Time     `json:"expires_at"`
}

// PreviewCase is one case of a preview.
type PreviewCase struct {
	ID      string             `json:"id"`
	Target  enforcement.Target `json:"subject"`
	Version int64              `json:"version"`
}

// Preview notes which undecided cases a decision would touch, and touches none.
// Cases that are decided, or of another site, are refused, all together.
func (s *Service) Preview(ctx context.Context, site string, ids []string, verb Verb, exceptDays int, actor string) (Preview, error) {
	d := Decision{Verb: verb, Reason: "preview", Actor: actor, ExceptDays: exceptDays}
	if err := d.validate(); err != nil {
		return Preview{}, err
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) == 0 || len(ids) > MaxBulk {
		return Preview{}, fmt.Errorf("%w: %d cases, want 1 to %d", ErrBadInput, len(ids), MaxBulk)
	}
	p := Preview{Decision: verb, Except: exceptDays, Count: len(ids), Expires: s.options.Now().Add(PreviewLife).UTC()}
	var errs []error
	for _, id := range ids {
		c, err := scanCase(s.db.Read.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases WHERE id = $1 AND site = $2`, id, site))
		switch {
		case errors.Is(err, ErrNotFound):
			errs = append(errs, fmt.Errorf("case %q: %w", id, ErrNotFound))
		case err != nil:
			return Preview{}, err
		case c.State != Open && c.State != Watch:
			errs = append(errs, fmt.Errorf("case %q: %w", id, &ConflictError{State: c.State, By: c.DecidedBy, At: c.DecidedAt}))
		default:
			p.Cases = append(p.Cases, PreviewCase{ID: id, Target: c.Target, Version: c.Version})
		}
	}
	if err := errors.Join(errs...); err != nil {
		return Preview{}, err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return Preview{}, fmt.Errorf("encode a preview: %w", err)
	}
	var token [16]byte
	_, _ = rand.Read(token[:]) // it never fails
	p.Token = hex.EncodeToString(token[:])
	_, err = s.db.Write.ExecContext(ctx, `INSERT INTO case_previews (token, actor, body, at, used) VALUES ($1, $2, $3, $4, 0)`,
		previewKey(p.Token), actor, string(body), sqldb.Millis(s.options.Now()))
	if err != nil {
		return Preview{}, fmt.Errorf("keep a preview: %w", err)
	}
	return p, nil
}

func previewKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// BulkResult is what a bulk decision did.
type BulkResult struct {
	Done []string `json:"done"` // ids of the cases that were decided
	// Conflicts are those that somebody decided since the preview.
	Conflicts []string `json:"conflicts"`
}

// DecideAll carries out a preview: exactly the cases that were shown, and none
// that was decided since. count repeats their number, so that nobody touches more
// than they think. A token works once.
func (s *Service) DecideAll(ctx context.Context, token string, count int, actor, reason string) (BulkResult, error) {
	result := BulkResult{Done: []string{}, Conflicts: []string{}}
	if actor == "" || reason == "" {
		return result, fmt.Errorf("%w: a decision needs an actor (%q) and a reason", ErrBadInput, actor)
	}
	p, err := s.takePreview(ctx, token, count, actor)
	if err != nil {
		return result, err
	}
	for _, c := range p.Cases {
		_, err := s.Decide(ctx, c.ID, Decision{
			Verb: p.Decision, Version: c.Version, Reason: reason, Actor: actor, ExceptDays: p.Except,
		})
		switch {
		case errors.Is(err, ErrDecided):
			result.Conflicts = append(result.Conflicts, c.ID)
		case err != nil:
			return result, err
		default:
			result.Done = append(result.Done, c.ID)
		}
	}
	return result, nil
}

// takePreview uses a token up.
func (s *Service) takePreview(ctx context.Context, token string, count int, actor string) (p Preview, err error) {
	now := s.options.Now()
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		var body, owner string
		var at, used int64
		err := tx.QueryRowContext(ctx, `SELECT body, actor, at, used FROM case_previews WHERE token = $1`, previewKey(token)).
			Scan(&body, &owner, &at, &used)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrPreview
		}
		if err != nil {
			return fmt.Errorf("read a preview: %w", err)
		}
		if owner != actor || used != 0 || now.Sub(sqldb.Time(at)) > PreviewLife {
			return fmt.Errorf("%w: it is over, used, or somebody else's", ErrPreview)
		}
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			return fmt.Errorf("decode a preview: %w", err)
		}
		if count != p.Count {
			return fmt.Errorf("%w: it showed %d cases, and %d were typed", ErrPreview, p.Count, count)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE case_previews SET used = 1 WHERE token = $1`, previewKey(token)); err != nil {
			return fmt.Errorf("use a preview: %w", err)
		}
		return nil
	})
	return p, err
}

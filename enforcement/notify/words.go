package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fairgate/ingest/sqldb"
)

// Words gives the template in force: the house's own, or else the shipped one.
func (s *Service) Words(ctx context.Context, kind Kind, language Language) (Template, error) {
	return s.words(ctx, s.db.Read, kind, language)
}

type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (s *Service) words(ctx context.Context, q rowQuerier, kind Kind, language Language) (Template, error) {
	t := Template{Kind: kind, Language: language}
	err := q.QueryRowContext(ctx, `SELECT title, body FROM notify_templates WHERE kind = $1 AND language = $2`, string(kind), string(language)).
		Scan(&t.Title, &t.Body)
	if errors.Is(err, sql.ErrNoRows) {
		return Shipped(kind, language)
	}
	if err != nil {
		return t, fmt.Errorf("read the template: %w", err)
	}
	return t, nil
}

// SetWords replaces a template by the house's own.
func (s *Service) SetWords(ctx context.Context, t Template, by string) error {
	if by == "" {
		return fmt.Errorf("%w: who changes the template is missing", ErrBadInput)
	}
	if err := t.Validate(); err != nil {
		return err
	}
	_, err := s.db.Write.ExecContext(ctx, `INSERT INTO notify_templates (kind, language, title, body, updated_ms, updated_by) VALUES ($1, $2, $3, $4, $5, $6)
 ON CONFLICT (kind, language) DO UPDATE SET title = $3, body = $4, updated_ms = $5, updated_by = $6`,
		string(t.Kind), string(t.Language), t.Title, t.Body, sqldb.Millis(s.options.Now()), by)
	if err != nil {
		return fmt.Errorf("keep the template: %w", err)
	}
	return nil
}

// ResetWords goes back to the shipped template.
func (s *Service) ResetWords(ctx context.Context, kind Kind, language Language) error {
	if _, err := s.db.Write.ExecContext(ctx, `DELETE FROM notify_templates WHERE kind = $1 AND language = $2`, string(kind), string(language)); err != nil {
		return fmt.Errorf("reset the template: %w", err)
	}
	return nil
}

// Preview shows a template filled with made-up values.
func Preview(t Template, at time.Time) (Text, error) {
	if err := t.Validate(); err != nil {
		return Text{}, err
	}
	return t.Render(t.Kind.Sample(at, ""))
}

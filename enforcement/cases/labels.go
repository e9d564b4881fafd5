package cases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"fairgate/enforcement"
	"fairgate/enforcement/outbox"
	"fairgate/ingest/sqldb"
)

// Add stores labels, all or none, and publishes them. One whose id is known
// already changes nothing; one without an id gets one.
func (s *Service) Add(ctx context.Context, labels []enforcement.Label) error {
	var errs []error
	for i, l := range labels {
		if l.Account == "" || l.Site == "" || l.Actor == "" || l.Time.IsZero() || !l.Value.Valid() || !l.Source.Valid() {
			errs = append(errs, fmt.Errorf("%w: label %d: account %q, site %q, actor %q, time %v, value %q, source %q",
				ErrBadInput, i, l.Account, l.Site, l.Actor, l.Time, l.Value, l.Source))
		}
		if !(l.Inclusion >= 0 && l.Inclusion <= 1) {
			errs = append(errs, fmt.Errorf("%w: label %d: inclusion %v is no probability", ErrBadInput, i, l.Inclusion))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *sql.Tx) error { return addLabels(ctx, tx, labels) })
}

func addLabels(ctx context.Context, tx *sql.Tx, labels []enforcement.Label) error {
	for _, l := range labels {
		if l.ID == "" {
			id, err := uuid.NewV7()
			if err != nil {
				return fmt.Errorf("make a label id: %w", err)
			}
			l.ID = id.String()
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO labels
 (id, at, site, account, value, source, actor, reason, operator, visit_day, inclusion, week)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING`,
			l.ID, sqldb.Millis(l.Time), l.Site, l.Account, string(l.Value), string(l.Source), l.Actor, l.Reason, l.Operator,
			sqldb.Millis(l.VisitDay), billionths(l.Inclusion), sqldb.Millis(l.Week))
		if err != nil {
			return fmt.Errorf("add a label: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return fmt.Errorf("add a label: %w", err)
		}
		if n == 0 {
			continue
		}
		if err := outbox.AppendLabels(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}

// Labels lists what is known about an account, newest first, at most 500.
func (s *Service) Labels(ctx context.Context, site, account string) (list []enforcement.Label, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT id, at, site, account, value, source, actor, reason, operator, visit_day,
 inclusion, week FROM labels WHERE account = $1 AND ($2 = '' OR site = $2) ORDER BY at DESC, id DESC LIMIT 500`, account, site)
	if err != nil {
		return nil, fmt.Errorf("read labels: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var l enforcement.Label
		var at, visit, inclusion, week int64
		err := rows.Scan(&l.ID, &at, &l.Site, &l.Account, &l.Value, &l.Source, &l.Actor, &l.Reason, &l.Operator, &visit,
			&inclusion, &week)
		if err != nil {
			return nil, fmt.Errorf("read a label: %w", err)
		}
		l.Time, l.VisitDay = sqldb.Time(at), sqldb.Time(visit)
		l.Inclusion, l.Week = float64(inclusion)/1e9, sqldb.Time(week)
		list = append(list, l)
	}
	return list, rows.Err()
}

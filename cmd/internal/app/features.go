package app

import (
	"context"

	"fairgate/ingest/sqldb"
	"fairgate/scoring/warmup"
	"fairgate/scoring/warmup/sqlstore"
)

// trackFeatures reports what this process counts. SQL may be away.
func trackFeatures(ctx context.Context, s *Stack, e Env) (*warmup.Tracker, error) {
	db, err := openSQL(ctx, s, e, sqldb.Options{Lazy: true, MaxConns: 1})
	if err != nil {
		return nil, err
	}
	tracker := warmup.NewTracker(sqlstore.New(db), e.Now, e.Log)
	s.Go("feature tracker", tracker.Run)
	return tracker, nil
}

package app

import (
	"context"

	"fairgate/enforcement/sqldb"
	"fairgate/scoring/warmup"
	"fairgate/scoring/warmup/sqlstore"
)

// trackFeatures reports what this process counts. SQL may be away.
func trackFeatures(ctx context.Context, s *Stack, e Env) (*warmup.Tracker, error) {
	db, err := openSQL(ctx, s, e, sqldb.Options{Lazy: true, MaxConns: 1})
	if err != nil {
		return nil, err
	}
	tracker := warmup.NewTracker(sqlstore.New(db.Read, db.Write), e.Now, e.Log)
	s.Go("feature tracker", tracker.Run)
	return tracker, nil
}

// openFeatures makes the table of what is counted where it is missing.
func openFeatures(ctx context.Context, db *sqldb.DB) (*sqlstore.Store, error) {
	migrations, err := sqlstore.Migrations()
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, migrations, sqlstore.VersionTable); err != nil {
		return nil, err
	}
	return sqlstore.New(db.Read, db.Write), nil
}

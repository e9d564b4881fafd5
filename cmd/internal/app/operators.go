package app

import (
	"context"
	"fmt"

	"fairgate/cmd/internal/config"
	"fairgate/console"
	"fairgate/console/store"
	"fairgate/ingest/sqldb"
)

// openOperators opens the console's users, sessions and audit log.
func openOperators(ctx context.Context, db *sqldb.DB, e Env) (*store.Store, error) {
	box, err := consoleBox(e)
	if err != nil {
		return nil, err
	}
	c := e.Config.Console
	o := store.Options{
		Session: c.SessionLife, Idle: c.SessionIdle, SensitivePerHour: c.SensitivePerHour,
		Box: box, Issuer: "Fairgate " + e.Config.Site, Now: e.Now,
	}
	for role := range requireTOTP(c) {
		o.RequireTOTP = append(o.RequireTOTP, role)
	}
	users, err := store.Open(ctx, db, o)
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	return users, nil
}

// requireTOTP are the roles that can do nothing without a second factor.
func requireTOTP(c config.Console) map[console.Role]bool {
	roles := map[console.Role]bool{}
	for _, r := range c.RequireTOTP {
		roles[console.Role(r)] = true
	}
	return roles
}

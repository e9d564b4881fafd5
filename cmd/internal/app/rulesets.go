package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"time"

	"fairgate/console"
	"fairgate/console/httpapi"
	"fairgate/ingest/outage"
	"fairgate/ingest/sqldb"
	"fairgate/rules/life"
	"fairgate/rules/source"
	"fairgate/rules/source/sqlstore"
	"fairgate/rulesets"
)

// shippedRules are the rulesets that are in force where none was published: a
// folder's, or the program's own.
func shippedRules(e Env) source.Source {
	if e.Config.Rules.Dir != "" {
		return source.NewDir(e.Config.Rules.Dir)
	}
	return source.NewFiles(rulesets.Files)
}

// publishedRules are the rulesets in force for a process that screens. SQL may
// be away: the process then begins with what it noted last.
func publishedRules(ctx context.Context, s *Stack, e Env) (source.Source, error) {
	db, err := openSQL(ctx, s, e, sqldb.Options{Lazy: true, MaxConns: 1})
	if err != nil {
		return nil, err
	}
	name := e.Config.Rules.Ruleset
	return sqlstore.NewSource(sqlstore.New(db), shippedRules(e), name, sqlstore.SourceOptions{
		Note: filepath.Join(e.Config.Gateway.Spool.Dir, "ruleset-"+url.PathEscape(name)+".json"), Now: e.Now, Logger: e.Log,
	}), nil
}

// openLife makes the tables of stored rulesets where they are missing and opens
// their life. The gates are asked before something stronger is published.
func openLife(ctx context.Context, db *sqldb.DB, e Env, gates life.Gates) (*life.Service, error) {
	versions, err := sqlstore.Open(ctx, db)
	if err != nil {
		return nil, err
	}
	return life.New(versions, shippedRules(e), life.Options{
		Gates: gates, Observe: e.Config.Rules.Observe, Now: e.Now,
	}), nil
}

// tighteningPoll is how often it is looked whether break-glass ran out. That it
// is over does not depend on it, only the line in the audit log.
const tighteningPoll = 2 * time.Second

// auditTightenings writes into the audit log when break-glass ran out by itself.
func auditTightenings(ctx context.Context, rules *life.Service, audit httpapi.Audit, e Env) error {
	tick := time.NewTicker(tighteningPoll)
	defer tick.Stop()
	trouble := outage.New(e.Log, e.Now, slog.LevelWarn,
		"the end of break-glass cannot be recorded; it has ended all the same", "the end of break-glass can be recorded again")
	for {
		select {
		case <-tick.C:
			err := auditRunOut(ctx, rules, audit, e.Config.Rules.Ruleset)
			if ctx.Err() != nil {
				return nil
			}
			trouble.Report(ctx, err)
		case <-ctx.Done():
			return nil
		}
	}
}

func auditRunOut(ctx context.Context, rules *life.Service, audit httpapi.Audit, ruleset string) error {
	ended, err := rules.RunOut(ctx, ruleset)
	for _, t := range ended {
		after, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("audit the end of break-glass: %w", err)
		}
		if _, err := audit.Append(ctx, console.AuditEntry{
			Actor: "fairgate", Action: httpapi.ActionTighteningEnded, Object: t.Ruleset + "/" + t.Rule, Reason: "it ran out", After: string(after),
		}); err != nil {
			return fmt.Errorf("audit the end of break-glass: %w", err)
		}
	}
	return err
}

package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"fairgate/enforcement/ledger/chdb"
)

// StartAnalytics starts the embedded ClickHouse on a folder, in a child of this
// process, for whoever stops it. It fails where the engine's library is missing.
func StartAnalytics(ctx context.Context, dir string, e Env) (*chdb.Supervisor, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the own binary: %w", err)
	}
	beside := filepath.Join(filepath.Dir(exe), "..", ".cache", "engines", "chdb")
	library, err := chdb.FindLibrary(os.Getenv(LibraryEnv), filepath.Join(".cache", "engines", "chdb"), beside)
	if err != nil {
		return nil, err
	}
	supervisor, err := chdb.NewSupervisor([]string{exe, ChdbSubcommand}, library, dir, chdb.SupervisorOptions{
		Logger: e.Log, Registerer: e.Registry,
	})
	if err != nil {
		return nil, fmt.Errorf("embedded clickhouse: %w", err)
	}
	if err := supervisor.Start(ctx); err != nil {
		return nil, fmt.Errorf("embedded clickhouse: %w", err)
	}
	return supervisor, nil
}

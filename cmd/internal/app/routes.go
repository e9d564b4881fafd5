package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"fairgate/cmd/internal/config"
	"fairgate/ingest/gateway"
)

// routeTable is the configured route table: the file's, or the built-in one.
func routeTable(c config.Gateway) (*gateway.Routes, error) {
	if c.Routes == "" {
		return gateway.DefaultRoutes()
	}
	content, err := os.ReadFile(c.Routes)
	if err != nil {
		return nil, fmt.Errorf("gateway.routes: %w", err)
	}
	routes, err := gateway.LoadRoutes(content)
	if err != nil {
		return nil, fmt.Errorf("gateway.routes %s: %w", c.Routes, err)
	}
	return routes, nil
}

// routeIDs are the routes that an operator can turn. A console need not have
// the gateways' route table; then they are not known.
func routeIDs(ctx context.Context, e Env) ([]string, error) {
	routes, err := routeTable(e.Config.Gateway)
	if errors.Is(err, fs.ErrNotExist) {
		e.Log.WarnContext(ctx, "there is no route table here: any route id is taken when one is turned", "error", err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return routes.IDs(), nil
}

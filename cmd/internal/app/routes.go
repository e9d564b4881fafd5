package app

import (
	"fmt"
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

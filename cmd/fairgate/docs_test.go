package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/outcome"
	"fairgate/ticketing"
)

// read gives a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", path))
	require.NoError(t, err)
	return string(b)
}

// column gives the first group of every match, sorted.
func column(text, pattern string) []string {
	var found []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	slices.Sort(found)
	return found
}

func TestEveryDirectDependencyHasItsReason(t *testing.T) {
	var required strings.Builder
	for line := range strings.Lines(read(t, "go.mod")) {
		if !strings.Contains(line, "// indirect") {
			required.WriteString(line)
		}
	}
	direct := column(required.String(), `(?m)^(?:\t|require )(\S+) v\S+$`)
	require.NotEmpty(t, direct)
	dependencies, _, found := strings.Cut(read(t, "RATIONALE.md"), "\n## Dangerous defaults")
	require.True(t, found)
	assert.Equal(t, direct, column(dependencies, "(?m)^\\| `([^`]+)` \\|"), "go.mod's direct dependencies, then RATIONALE.md's")
}

func TestReceiverKnowsWhatTicketingReports(t *testing.T) {
	// One type that the receiver refuses would hold the whole outbox.
	types := column(read(t, "ticketing/event.go"), `\bEventType += "([^"]+)"`)
	require.NotEmpty(t, types)
	for _, reported := range types {
		assert.True(t, outcome.Type(reported).Valid(), "outcome.Type %q", reported)
		assert.True(t, ticketing.EventType(reported).Valid(), "ticketing.EventType %q", reported)
	}
}

// TestGoStandsInTheHouse holds the top level: Go packages live under the
// folders that the design names and nowhere else.
func TestGoStandsInTheHouse(t *testing.T) {
	rooms := []string{"cmd", "console", "deploy", "enforcement", "ingest", "rules", "rulesets", "scoring", "ticketing"}
	top, err := os.ReadDir(filepath.Join("..", ".."))
	require.NoError(t, err)
	for _, entry := range top {
		if slices.Contains(rooms, entry.Name()) || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if !entry.IsDir() {
			assert.NotEqual(t, ".go", filepath.Ext(entry.Name()), entry.Name())
			continue
		}
		err := filepath.WalkDir(filepath.Join("..", "..", entry.Name()), func(path string, _ os.DirEntry, err error) error {
			assert.NotEqual(t, ".go", filepath.Ext(path), path)
			return err
		})
		require.NoError(t, err)
	}
}

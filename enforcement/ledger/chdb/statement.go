package chdb

import (
	"regexp"
	"strings"
)

var (
	insertStatement = regexp.MustCompile(`(?is)^\s*INSERT\s+INTO\s`)
	insertFormat    = regexp.MustCompile(`(?is)\s+FORMAT\s+([A-Za-z0-9_]+)\s*;?\s*$`)
	settingName     = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// splitInsert takes an INSERT whose rows follow in the body apart into the
// statement without its FORMAT clause and the format's name. ok is false for
// anything else.
func splitInsert(statement string) (bare, format string, ok bool) {
	if !insertStatement.MatchString(statement) {
		return "", "", false
	}
	match := insertFormat.FindStringSubmatchIndex(statement)
	if match == nil {
		return "", "", false
	}
	return strings.TrimSpace(statement[:match[0]]), statement[match[2]:match[3]], true
}

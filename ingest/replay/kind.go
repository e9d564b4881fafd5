package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"fairgate/ingest"
)

// kindRule is a KindRule made ready.
type kindRule struct {
	KindRule
	pattern []segment // nil: any path
	kind    ingest.Kind
	name    string // becomes the event's route
}

// segment of a pattern: a literal, in lower case, or a parameter.
type segment struct{ literal, param string }

func compileKinds(rules []KindRule) ([]kindRule, error) {
	out := make([]kindRule, len(rules))
	for i, r := range rules {
		pattern, err := parsePattern(r.Path)
		if err != nil {
			return nil, fmt.Errorf("%w: kinds[%d].path: %w", ErrMapping, i, err)
		}
		out[i] = kindRule{KindRule: r, pattern: pattern, kind: r.Kind, name: fmt.Sprintf("replay-%d", i)}
	}
	return out, nil
}

func parsePattern(pattern string) ([]segment, error) {
	if pattern == "" {
		return nil, nil
	}
	if !strings.HasPrefix(pattern, "/") {
		return nil, fmt.Errorf("%q does not start with \"/\"", clip(pattern))
	}
	parts := strings.Split(strings.Trim(pattern, "/"), "/")
	out := make([]segment, len(parts))
	for i, p := range parts {
		name, isParam := strings.CutPrefix(p, "{")
		switch {
		case isParam && strings.HasSuffix(name, "}") && len(name) > 1 && !strings.ContainsAny(name[:len(name)-1], "{}"):
			out[i].param = name[:len(name)-1]
		case strings.ContainsAny(p, "{}"):
			return nil, fmt.Errorf("segment %q is neither a literal nor a {parameter}", clip(p))
		default:
			out[i].literal = strings.ToLower(p)
		}
	}
	return out, nil
}

// match reports whether the rule takes the event, with the values of the
// pattern's parameters. column reads a column of the row.
func (k *kindRule) match(e *ingest.Event, column func(string) string) (map[string]string, bool) {
	if k.Where != nil && column(k.Where.Column) != k.Where.Equals {
		return nil, false
	}
	if k.Method != "" && !strings.EqualFold(k.Method, e.Method) {
		return nil, false
	}
	if k.PathPrefix != "" && !strings.HasPrefix(e.Path, k.PathPrefix) {
		return nil, false
	}
	if k.pattern == nil {
		return nil, true
	}
	parts := strings.Split(strings.Trim(e.Path, "/"), "/")
	if len(parts) != len(k.pattern) {
		return nil, false
	}
	var values map[string]string
	for i, s := range k.pattern {
		switch {
		case s.param != "":
			if values == nil {
				values = map[string]string{}
			}
			values[s.param] = parts[i]
		case s.literal != strings.ToLower(parts[i]):
			return nil, false
		}
	}
	return values, true
}

// keys fills the order from the parameters of the path, where no column has.
func (k *kindRule) keys(e *ingest.Event, values map[string]string) {
	for name, value := range values {
		value = clean(value)
		switch name {
		case "order", "order_id":
			fillIn(&e.Order.ID, value)
		case "pool":
			fillIn(&e.Order.Pool, value)
		case "day", "date":
			fillIn(&e.Order.Day, value)
		}
	}
}

func fillIn(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

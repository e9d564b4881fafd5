package gateway

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"fairgate/ingest"
)

// ErrRoutes is wrapped by every error of LoadRoutes.
var ErrRoutes = errors.New("route table")

// text is a scalar of the file with the line on which it stands.
type text struct {
	value string
	line  int
}

// UnmarshalYAML takes any scalar as it is written.
func (t *text) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: expected a single value", node.Line)}}
	}
	t.value, t.line = node.Value, node.Line
	return nil
}

// The file. Its keys are strict: an unknown one is an error.
type (
	routesFile struct {
		Site   siteFile    `yaml:"site"`
		Routes []routeFile `yaml:"routes"`
	}
	siteFile struct {
		Mode           text   `yaml:"mode"`
		FailMode       text   `yaml:"fail_mode"`
		UnmatchedWrite text   `yaml:"unmatched_write"`
		MaxBody        text   `yaml:"max_body"`
		Session        []text `yaml:"session"`
		Private        []text `yaml:"private"`
	}
	routeFile struct {
		ID       text            `yaml:"id"`
		Method   text            `yaml:"method"`
		Path     text            `yaml:"path"`
		Kind     text            `yaml:"kind"`
		Mode     text            `yaml:"mode"`
		FailMode text            `yaml:"fail_mode"`
		MaxBody  text            `yaml:"max_body"`
		Auth     text            `yaml:"auth"`
		Intent   text            `yaml:"intent"`
		Keys     map[string]text `yaml:"keys"`
		Response map[string]text `yaml:"response"`
	}
)

// LoadRoutes reads a route table from YAML. Every fault is reported at once,
// each with its line; a table with a fault is refused whole.
func LoadRoutes(content []byte) (*Routes, error) {
	var file routesFile
	l := &routeLoader{table: &Routes{routes: make(map[string][]*route), cookies: slices.Clone(ownCookies[:])}, ids: make(map[string]int)}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		var typeErr *yaml.TypeError
		if !errors.As(err, &typeErr) {
			return nil, fmt.Errorf("%w: %w", ErrRoutes, err)
		}
		for _, fault := range typeErr.Errors {
			l.decoder(fault)
		}
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		l.bad(1, "the file must hold exactly one document")
	}
	if len(file.Routes) == 0 {
		l.bad(1, "routes: the table is empty")
	}
	l.site(file.Site)
	for _, r := range file.Routes {
		l.route(r)
	}
	l.finish()
	if err := l.faulty(); err != nil {
		return nil, err
	}
	return l.table, nil
}

// routeLoader compiles the file and gathers its faults.
type routeLoader struct {
	table    *Routes
	defaults route
	ids      map[string]int
	faults   []fault
}

type fault struct {
	line int
	what string
}

func (l *routeLoader) bad(line int, format string, args ...any) {
	l.faults = append(l.faults, fault{max(line, 1), fmt.Sprintf(format, args...)})
}

// decoder takes a fault that the YAML decoder found ("line 7: field x not
// found in type y") without the name of the type.
func (l *routeLoader) decoder(text string) {
	var line int
	place, what, ok := strings.Cut(text, ": ")
	if _, err := fmt.Sscanf(place, "line %d", &line); err != nil || !ok {
		what = text
	}
	what, _, _ = strings.Cut(what, " in type ")
	l.bad(line, "%s", what)
}

// faulty joins what was found, in the order of the file.
func (l *routeLoader) faulty() error {
	slices.SortStableFunc(l.faults, func(a, b fault) int { return cmp.Compare(a.line, b.line) })
	errs := make([]error, len(l.faults))
	for i, f := range l.faults {
		errs[i] = fmt.Errorf("%w: line %d: %s", ErrRoutes, f.line, f.what)
	}
	return errors.Join(errs...)
}

func (l *routeLoader) site(s siteFile) {
	l.defaults = route{maxBody: DefaultMaxBody, policy: ingest.Policy{FailMode: ingest.FailDegraded}}
	l.policy(&l.defaults, s.Mode, s.FailMode, s.MaxBody)
	reads := l.defaults
	reads.id, reads.kind = "unmatched", ingest.KindPageRead
	l.table.reads = &reads
	switch s.UnmatchedWrite.value {
	case "", "refuse":
	case "forward":
		l.table.writes = &reads
	default:
		l.bad(s.UnmatchedWrite.line, "unmatched_write: %q is neither refuse nor forward", s.UnmatchedWrite.value)
	}
	for _, place := range s.Session {
		sel, err := parseSelector(place.value)
		switch {
		case err != nil:
			l.bad(place.line, "session: %v", err)
		case sel.source != fromCookie && sel.source != fromHeader:
			l.bad(place.line, "session: %q: a session token is in a cookie or a header", place.value)
		default:
			l.table.sessions = append(l.table.sessions, sel)
			if sel.source == fromCookie {
				l.table.cookies = append(l.table.cookies, sel.name)
			}
		}
	}
	for _, prefix := range s.Private {
		l.private(prefix)
	}
}

// policy fills what both site and route may say.
func (l *routeLoader) policy(r *route, mode, failMode, maxBody text) {
	switch mode.value {
	case "":
	case "enforce":
		r.policy.Observe = false
	case "observe":
		r.policy.Observe = true
	default:
		l.bad(mode.line, "mode: %q is neither enforce nor observe", mode.value)
	}
	if failMode.value != "" {
		r.policy.FailMode = ingest.FailMode(failMode.value)
		if !r.policy.FailMode.Valid() {
			l.bad(failMode.line, "fail_mode: %q is not degraded, open or closed", failMode.value)
		}
	}
	if maxBody.value != "" {
		size, err := parseSize(maxBody.value)
		if err != nil {
			l.bad(maxBody.line, "max_body: %v", err)
		}
		r.maxBody = size
	}
	l.table.maxBody = max(l.table.maxBody, r.maxBody)
}

// maxBodyLimit bounds what a table may ask the gateway to hold in memory.
const maxBodyLimit = 64 << 20

// parseSize reads "65536", "64KiB" or "1MiB".
func parseSize(value string) (int, error) {
	digits, unit := value, 1
	for suffix, factor := range map[string]int{"KiB": 1 << 10, "MiB": 1 << 20} {
		if rest, ok := strings.CutSuffix(value, suffix); ok {
			digits, unit = strings.TrimSpace(rest), factor
		}
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n <= 0 || n > maxBodyLimit/unit {
		return DefaultMaxBody, fmt.Errorf("%q is not a size from 1 to 64MiB", value)
	}
	return n * unit, nil
}

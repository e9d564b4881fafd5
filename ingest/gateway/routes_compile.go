package gateway

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strings"

	"fairgate/ingest"
)

// route compiles one entry; its faults go to the loader.
func (l *routeLoader) route(f routeFile) {
	r := l.defaults
	r.id, r.method, r.kind = f.ID.value, f.Method.value, ingest.Kind(f.Kind.value)
	line := cmp.Or(f.ID.line, f.Method.line, f.Path.line, f.Kind.line, 1)
	if r.id == "" || len(r.id) > 64 {
		l.bad(line, "id: a route needs an id of 1 to 64 characters")
	} else if first, ok := l.ids[r.id]; ok {
		l.bad(f.ID.line, "id: %q is already used on line %d", r.id, first)
	} else {
		l.ids[r.id] = f.ID.line
	}
	switch r.method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		l.bad(cmp.Or(f.Method.line, line), "method: %q is not GET, POST, PUT, PATCH or DELETE", r.method)
	}
	switch {
	case !r.kind.Valid():
		l.bad(cmp.Or(f.Kind.line, line), "kind: %q is unknown", f.Kind.value)
	case !r.kind.Asked():
		l.bad(cmp.Or(f.Kind.line, line), "kind: %q is told afterwards, and no request asks for it", f.Kind.value)
	}
	l.policy(&r, f.Mode, f.FailMode, f.MaxBody)
	l.choice(&r.public, f.Auth, "auth", "bearer", "public")
	l.choice(&r.bestEffort, f.Intent, "intent", "required", "best_effort")
	f.Path.line = cmp.Or(f.Path.line, line)
	l.pattern(&r, f.Path)
	l.keys(&r, f.Keys, line)
	l.response(&r, f.Response)
	for _, other := range l.table.routes[r.method] {
		if other.shape() == r.shape() {
			l.bad(cmp.Or(f.Path.line, line), "path: %q matches what route %q matches", f.Path.value, other.id)
		}
	}
	l.table.routes[r.method] = append(l.table.routes[r.method], &r)
}

// choice reads a switch with two names, the first being false.
func (l *routeLoader) choice(to *bool, t text, name, off, on string) {
	switch t.value {
	case "", off:
	case on:
		*to = true
	default:
		l.bad(t.line, "%s: %q is neither %s nor %s", name, t.value, off, on)
	}
}

func (l *routeLoader) pattern(r *route, path text) {
	rest, ok := strings.CutPrefix(path.value, "/")
	if !ok {
		l.bad(path.line, "path: %q must start with \"/\"", path.value)
		return
	}
	for part := range strings.SplitSeq(rest, "/") {
		name, opened := strings.CutPrefix(part, "{")
		name, closed := strings.CutSuffix(name, "}")
		switch {
		case opened && closed && name != "" && !strings.ContainsAny(name, "{}"):
			if r.param(name) >= 0 {
				l.bad(path.line, "path: %q names {%s} twice", path.value, name)
			}
			r.segments = append(r.segments, segment{param: name})
		case part != "" && plainSegment(part):
			r.segments = append(r.segments, segment{literal: strings.ToLower(part)})
		case part == "" && rest == "":
			r.segments = append(r.segments, segment{})
		default:
			l.bad(path.line, "path: %q: segment %q is neither a plain name nor {a parameter}", path.value, part)
		}
	}
}

// shape is the pattern with its parameters' names left out.
func (r *route) shape() string {
	var b strings.Builder
	for _, s := range r.segments {
		b.WriteByte('/')
		if s.param != "" {
			b.WriteString("{}")
		}
		b.WriteString(s.literal)
	}
	return b.String()
}

func (l *routeLoader) keys(r *route, keys map[string]text, line int) {
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		place := keys[name]
		key := keyName(name)
		if !key.Valid() {
			l.bad(place.line, "keys: %q is unknown", name)
			continue
		}
		sel, err := parseSelector(place.value)
		if err != nil {
			l.bad(place.line, "keys: %s: %v", name, err)
			continue
		}
		sel.key = key
		switch {
		case key == keyAccount && sel.source != fromClaim:
			l.bad(place.line, "keys: account: %q: an account is taken only from a verified token (jwt:CLAIM); what is typed into a request is claimed", place.value)
			continue
		case key != keyAccount && sel.source == fromClaim:
			l.bad(place.line, "keys: %s: only account is taken from a claim", name)
			continue
		case sel.source == fromPath && r.param(sel.name) < 0:
			l.bad(place.line, "keys: %s: the path has no {%s}", name, sel.name)
			continue
		}
		id := len(r.keys)
		r.keys = append(r.keys, sel)
		switch sel.source {
		case fromJSON:
			if r.body == nil {
				r.body = &jsonNode{}
			}
			r.body.want(sel.steps, id)
		case fromForm:
			r.form = true
		case fromHeader:
			r.headers = append(r.headers, sel.name)
		case fromClaim:
			r.claim = sel.name
		default:
		}
	}
	if r.form && r.body != nil {
		l.bad(line, "keys: route %q takes keys from a JSON body and from a form", r.id)
	}
}

func (l *routeLoader) response(r *route, fields map[string]text) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		place := fields[name]
		if !field(name).Valid() {
			l.bad(place.line, "response: %q is unknown", name)
			continue
		}
		sel, err := parseSelector(place.value)
		if err != nil {
			l.bad(place.line, "response: %s: %v", name, err)
			continue
		}
		if sel.source != fromJSON {
			l.bad(place.line, "response: %s: %q: only json: is possible", name, place.value)
			continue
		}
		if r.response == nil {
			r.response = &jsonNode{}
		}
		r.response.want(sel.steps, len(r.fields))
		r.fields = append(r.fields, field(name))
	}
}

// finish puts the more literal of two patterns first, so that /orders/mine is
// found before /orders/{id}.
func (l *routeLoader) finish() {
	for _, routes := range l.table.routes {
		sort.SliceStable(routes, func(i, j int) bool {
			a, b := routes[i].segments, routes[j].segments
			for k := range min(len(a), len(b)) {
				if (a[k].param == "") != (b[k].param == "") {
					return a[k].param == ""
				}
			}
			return false
		})
	}
}

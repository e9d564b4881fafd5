package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrInvalid is wrapped by every Problem.
var ErrInvalid = errors.New("invalid ruleset")

// Problem is one thing that is wrong with a ruleset. Decode, Compile and Load
// return all of them at once, joined; Problems takes them apart.
type Problem struct {
	File   string `json:"-"`               // as given to Decode; may be empty
	Line   int    `json:"line,omitempty"`  // 1-based; 0 where it is not known
	Field  string `json:"field,omitempty"` // path within the document, e.g. rules[2].when
	Rule   string `json:"rule,omitempty"`  // id of the rule or name of the feature concerned; may be empty
	Detail string `json:"detail"`          // what is wrong, with the bad value
}

// Error gives "file:line: field (name): detail", without the parts that are
// not known.
func (p *Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:", p.Line)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if p.Field != "" {
		b.WriteString(p.Field)
		if p.Rule != "" {
			b.WriteString(" (" + p.Rule + ")")
		}
		b.WriteString(": ")
	}
	b.WriteString(p.Detail)
	return b.String()
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (p *Problem) Unwrap() error { return ErrInvalid }

// Problems lists the problems inside an error of this package, in document
// order where it is known.
func Problems(err error) []*Problem {
	var out []*Problem
	var walk func(error)
	walk = func(err error) {
		if p, ok := err.(*Problem); ok { //nolint:errorlint // the tree is walked by hand, every node is seen
			out = append(out, p)
			return
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				walk(e)
			}
			return
		}
		if inner := errors.Unwrap(err); inner != nil {
			walk(inner)
		}
	}
	if err != nil {
		walk(err)
	}
	return out
}

// problems collects what is wrong, at most one problem for a field and what
// is inside it, so that a consequence does not bury its cause.
type problems struct {
	file  string
	lines map[string]int
	list  []*Problem
	seen  map[string]bool
}

func (c *problems) add(field, name, format string, args ...any) {
	for at := field; at != ""; at = parent(at) {
		if c.seen[at] {
			return
		}
	}
	if c.seen == nil {
		c.seen = make(map[string]bool)
	}
	c.seen[field] = true
	c.list = append(c.list, &Problem{
		File: c.file, Line: c.line(field), Field: field, Rule: name, Detail: fmt.Sprintf(format, args...),
	})
}

// line finds the line of a field or, where the field is absent, of what
// should contain it.
func (c *problems) line(field string) int {
	for field != "" {
		if n, ok := c.lines[field]; ok {
			return n
		}
		field = parent(field)
	}
	return c.lines[""]
}

// parent is the path of what contains a field, "" for the document.
func parent(field string) string {
	return field[:max(0, strings.LastIndexAny(field, ".["))]
}

func (c *problems) err() error {
	if len(c.list) == 0 {
		return nil
	}
	slices.SortStableFunc(c.list, func(a, b *Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Field, b.Field))
	})
	errs := make([]error, len(c.list))
	for i, p := range c.list {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// DidYouMean gives `, did you mean "x"?` for the known name closest to got,
// or nothing where none is close.
func DidYouMean[T ~string](got string, known []T) string {
	best, distance := "", (len(got)+1)/3+1
	for _, k := range known {
		if d := editDistance(strings.ToLower(got), strings.ToLower(string(k))); d < distance {
			best, distance = string(k), d
		}
	}
	if best == "" || len(got) > 100 {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// oneOf lists the known values for an error.
func oneOf[T ~string](known []T) string {
	parts := make([]string, len(known))
	for i, k := range known {
		parts[i] = string(k)
	}
	return strings.Join(parts, ", ")
}

// editDistance is the Levenshtein distance in bytes.
func editDistance(a, b string) int {
	if len(a) > 100 || len(b) > 100 {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

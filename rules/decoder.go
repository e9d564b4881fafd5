package rules

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	yaml "go.yaml.in/yaml/v3"
)

// decoder walks a YAML tree by hand: the library's own strict decoding names
// Go types instead of fields and knows nothing of suggestions.
type decoder struct {
	*problems
	pace *pace
}

// reader takes over the node found at path.
type reader func(n *yaml.Node, path string)

// fields reads a mapping whose keys are all known.
func (d *decoder) fields(n *yaml.Node, path string, known map[string]reader) {
	if !d.is(n, path, yaml.MappingNode, "a mapping of fields") {
		return
	}
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	d.pairs(n, path, func(key string, value *yaml.Node, path string) {
		read, ok := known[key]
		if !ok {
			d.add(path, "", "unknown field %q%s", key, DidYouMean(key, names))
			return
		}
		if value.Tag == "!!null" {
			return // "where:" with nothing after it is the same as leaving it out
		}
		read(value, path)
	})
}

// pairs walks a mapping, refusing repeated keys.
func (d *decoder) pairs(n *yaml.Node, path string, visit func(key string, value *yaml.Node, path string)) {
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := key.Value
		if path != "" {
			at = path + "." + at
		}
		if seen[key.Value] {
			d.lines[at+" (again)"] = key.Line
			d.add(at+" (again)", "", "field %q is given twice", key.Value)
			continue
		}
		seen[key.Value] = true
		d.lines[at] = key.Line
		visit(key.Value, value, at)
	}
}

// each walks a list.
func (d *decoder) each(n *yaml.Node, path string, visit reader) {
	if !d.is(n, path, yaml.SequenceNode, "a list") {
		return
	}
	for i, item := range n.Content {
		d.pace.step()
		at := indexed(path, i)
		d.lines[at] = item.Line
		visit(item, at)
	}
}

// is checks the kind of node and refuses anchors and aliases, which could
// make a small file an endless document.
func (d *decoder) is(n *yaml.Node, path string, kind yaml.Kind, want string) bool {
	if _, ok := d.lines[path]; !ok {
		d.lines[path] = n.Line
	}
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.add(path, "", "anchors and aliases are not allowed")
	case n.Kind != kind:
		d.add(path, "", "must be %s, not %s", want, nodeName(n))
	default:
		return true
	}
	return false
}

func nodeName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		return strconv.Quote(clip(n.Value))
	}
}

// clip keeps an error readable where the bad value is long.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

func (d *decoder) text(to *string) reader {
	return func(n *yaml.Node, path string) {
		if d.is(n, path, yaml.ScalarNode, "a text") {
			*to = n.Value
		}
	}
}

func (d *decoder) texts(to *[]string) reader {
	return func(n *yaml.Node, path string) {
		d.each(n, path, func(n *yaml.Node, path string) {
			var s string
			d.text(&s)(n, path)
			*to = append(*to, s)
		})
	}
}

func enum[T ~string](d *decoder, to *T, known []T) reader {
	return func(n *yaml.Node, path string) {
		if n.Kind == yaml.ScalarNode && n.Anchor == "" && slices.Contains(known, T(n.Value)) {
			*to = T(n.Value) // as nearly always, without naming all the others
			return
		}
		if !d.is(n, path, yaml.ScalarNode, "one of "+oneOf(known)) {
			return
		}
		if !slices.Contains(known, T(n.Value)) {
			hint := DidYouMean(n.Value, known)
			if hint == "" {
				hint = "; one of " + oneOf(known)
			}
			d.add(path, "", "%q is unknown%s", clip(n.Value), hint)
			return
		}
		*to = T(n.Value)
	}
}

func (d *decoder) duration(to *time.Duration) reader {
	return func(n *yaml.Node, path string) {
		if !d.is(n, path, yaml.ScalarNode, "a duration such as 60s or 30d") {
			return
		}
		v, err := ParseDuration(clip(n.Value))
		if err != nil {
			d.add(path, "", "%v", err)
			return
		}
		*to = v
	}
}

func (d *decoder) number(to *float64) reader {
	return func(n *yaml.Node, path string) {
		if !d.is(n, path, yaml.ScalarNode, "a number") {
			return
		}
		v, plain := plainNumber(n.Value)
		if (n.Tag != "!!int" && n.Tag != "!!float") || !plain && n.Decode(&v) != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			d.add(path, "", "%q is not a number", clip(n.Value))
			return
		}
		*to = v
	}
}

// plainNumber reads decimal digits, which nearly all numbers are and which need
// no decoder of their own. YAML's other forms, "017" for one, are the library's.
func plainNumber(text string) (float64, bool) {
	digits := strings.TrimPrefix(text, "-")
	if strings.Trim(digits, "0123456789.") != "" || len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

func (d *decoder) numbers(to *map[string]float64) reader {
	return func(n *yaml.Node, path string) {
		if !d.is(n, path, yaml.MappingNode, "a mapping of feature names to numbers") {
			return
		}
		*to = make(map[string]float64, len(n.Content)/2)
		d.pairs(n, path, func(key string, value *yaml.Node, path string) {
			var v float64
			d.number(&v)(value, path)
			(*to)[key] = v
		})
	}
}

// scalars reads event fields: texts, truth values and numbers.
func (d *decoder) scalars(to *map[string]any) reader {
	return func(n *yaml.Node, path string) {
		if !d.is(n, path, yaml.MappingNode, "a mapping of event fields to values") {
			return
		}
		*to = make(map[string]any, len(n.Content)/2)
		d.pairs(n, path, func(key string, value *yaml.Node, path string) {
			if !d.is(value, path, yaml.ScalarNode, "a single value") {
				return
			}
			switch value.Tag {
			case "!!bool":
				var b bool
				_ = value.Decode(&b) // the tag says that it is one
				(*to)[key] = b
			case "!!int", "!!float":
				var v float64
				d.number(&v)(value, path)
				(*to)[key] = v
			default:
				(*to)[key] = value.Value
			}
		})
	}
}

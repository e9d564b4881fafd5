package gateway

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// jsonNode is a tree of the places in a document that a route asks for. A nil
// node asks for nothing.
type jsonNode struct {
	members map[string]*jsonNode // by folded key
	each    *jsonNode            // [*]
	ids     []int                // who asks for the value here
}

func (n *jsonNode) member(key []byte) *jsonNode {
	if n == nil {
		return nil
	}
	return n.members[string(key)]
}

func (n *jsonNode) element() *jsonNode {
	if n == nil {
		return nil
	}
	return n.each
}

func (n *jsonNode) wanted() bool { return n != nil && len(n.ids) > 0 }

// want adds a path for id.
func (n *jsonNode) want(path []string, id int) {
	for _, step := range path {
		next := &n.each
		if step != eachStep {
			if n.members == nil {
				n.members = make(map[string]*jsonNode)
			}
			if n.members[step] == nil {
				n.members[step] = &jsonNode{}
			}
			n = n.members[step]
			continue
		}
		if *next == nil {
			*next = &jsonNode{}
		}
		n = *next
	}
	n.ids = append(n.ids, id)
}

// eachStep stands for [*]; no folded key can equal it, for keys keep no
// upper case.
const eachStep = "[*]"

// parseJSONPath reads "$.a.b[*].c" into its steps, keys folded. That is all of
// JSONPath that a route table needs.
func parseJSONPath(text string) ([]string, error) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok || rest == "" {
		return nil, fmt.Errorf("JSON path %q must start with \"$.\" or \"$[*]\"", text)
	}
	var steps []string
	for rest != "" {
		if after, ok := strings.CutPrefix(rest, eachStep); ok {
			steps, rest = append(steps, eachStep), after
			continue
		}
		if rest[0] != '.' {
			return nil, fmt.Errorf("JSON path %q: expected \".name\" or \"[*]\" before %q", text, rest)
		}
		end := strings.IndexAny(rest[1:], ".[")
		if end < 0 {
			end = len(rest) - 1
		}
		if end == 0 {
			return nil, fmt.Errorf("JSON path %q has an empty name", text)
		}
		steps, rest = append(steps, foldKey(rest[1:1+end])), rest[1+end:]
	}
	return steps, nil
}

// foldKey maps a key to one representative of all keys that a parser which
// folds case could take for it.
func foldKey(key string) string {
	for i := range len(key) {
		if c := key[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return strings.Map(foldRune, key)
		}
	}
	return key
}

// foldKeyBytes is foldKey for a key that is a part of a document.
func foldKeyBytes(key []byte) []byte {
	for _, c := range key {
		if c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return []byte(foldKey(string(key)))
		}
	}
	return key
}

// foldRune is the lower-case letter for ASCII, and the smallest rune of the
// simple folding orbit otherwise, so that U+212A (KELVIN SIGN) is a "k".
func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if least >= 'A' && least <= 'Z' {
		return least + 'a' - 'A'
	}
	return least
}

// keySet remembers the keys of one object: a list while they are few, a map
// beyond, so that neither a small object nor a hostile one is slow. The keys
// are parts of the document.
type keySet struct {
	few  [12][]byte
	n    int
	many map[string]struct{}
}

// add reports whether key is new.
func (k *keySet) add(key []byte) bool {
	if k.many != nil {
		if _, ok := k.many[string(key)]; ok {
			return false
		}
		k.many[string(key)] = struct{}{}
		return true
	}
	for _, other := range k.few[:k.n] {
		if bytes.Equal(other, key) {
			return false
		}
	}
	if k.n < len(k.few) {
		k.few[k.n] = key
		k.n++
		return true
	}
	k.many = make(map[string]struct{}, 4*len(k.few))
	for _, other := range k.few {
		k.many[string(other)] = struct{}{}
	}
	k.many[string(key)] = struct{}{}
	return true
}

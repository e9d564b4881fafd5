package life

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	yaml "go.yaml.in/yaml/v3"

	"fairgate/ingest"
	"fairgate/rules"
)

// Patch says what to change in one rule; nil leaves a field as it is.
type Patch struct {
	Mode   *rules.Mode
	Share  *float64 // of a canary
	Action *ingest.Action
	TTL    *time.Duration
}

// patched is the rule with the patch applied. A mode other than canary has no
// share.
func (p Patch) patched(r rules.Rule) rules.Rule {
	if p.Mode != nil {
		r.Mode = *p.Mode
	}
	if p.Share != nil {
		r.Share = *p.Share
	}
	if r.Mode != rules.ModeCanary {
		r.Share = 0
	}
	if p.Action != nil {
		r.Action = *p.Action
	}
	if p.TTL != nil {
		r.TTL = *p.TTL
	}
	return r
}

// Edit changes one rule in the text of a ruleset and leaves every other line,
// comments included, as its author wrote it. The error is ErrNotFound for a
// rule that is not there; whether the result compiles is for the caller to see.
func Edit(text []byte, rule string, p Patch) ([]byte, error) {
	rs, err := rules.Decode("", text)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(rs.Rules, func(r rules.Rule) bool { return r.ID == rule })
	if at < 0 {
		return nil, fmt.Errorf("%w: there is no rule %q", ErrNotFound, clip(rule))
	}
	was, is := rs.Rules[at], p.patched(rs.Rules[at])
	for _, f := range []struct {
		name    string
		differs bool
		value   string // empty: the field is taken out
	}{
		{"mode", was.Mode != is.Mode, string(is.Mode)},
		{"share", was.Share != is.Share, shareText(is.Share)},
		{"action", was.Action != is.Action, string(is.Action)},
		{"ttl", was.TTL != is.TTL, is.TTL.String()},
	} {
		if !f.differs {
			continue
		}
		if text, err = setField(text, at, f.name, f.value); err != nil {
			return nil, err
		}
	}
	// The surgery is by lines; that it did what was meant is seen in the result.
	after, err := rules.Decode("", text)
	if err != nil {
		return nil, fmt.Errorf("change rule %q: %w", rule, err)
	}
	rs.Rules[at] = is
	changes, err := Diff(rs, after)
	if err != nil {
		return nil, err
	}
	if len(changes) > 0 {
		return nil, fmt.Errorf("%w: rule %q cannot be changed in place, the way in which it is written is too unusual; edit the text", ErrBadInput, rule)
	}
	return text, nil
}

func shareText(share float64) string {
	if share == 0 {
		return ""
	}
	return strconv.FormatFloat(share, 'f', -1, 64)
}

// setField sets, inserts or (with an empty value) takes out one scalar field of
// the rule at this place.
func setField(text []byte, at int, name, value string) ([]byte, error) {
	rule, err := ruleNode(text, at)
	if err != nil {
		return nil, err
	}
	if rule.Style&yaml.FlowStyle != 0 || len(rule.Content) < 2 {
		return setInTree(text, at, name, value)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	for i := 0; i+1 < len(rule.Content); i += 2 {
		key, old := rule.Content[i], rule.Content[i+1]
		if key.Value != name {
			continue
		}
		if old.Line != key.Line || old.Kind != yaml.ScalarNode || old.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || old.Tag == "!!null" {
			return setInTree(text, at, name, value)
		}
		line := lines[key.Line-1]
		if value == "" {
			if i == 0 { // the line has the list's dash
				return setInTree(text, at, name, value)
			}
			lines[key.Line-1] = nil
			return bytes.Join(lines, nil), nil
		}
		from := columnOf(line, old.Column)
		to := from + tokenLength(line[from:], old)
		lines[key.Line-1] = slices.Concat(line[:from], []byte(value), line[to:])
		return bytes.Join(lines, nil), nil
	}
	if value == "" {
		return text, nil
	}
	// A new field goes below the rule's first line, which has the list's dash.
	first, second := rule.Content[0], rule.Content[1]
	if second.Line != first.Line || len(rule.Content) < 4 {
		return setInTree(text, at, name, value)
	}
	line := rule.Content[2].Line // of the second field
	fresh := strings.Repeat(" ", first.Column-1) + name + ": " + value + "\n"
	// Comments above the second field stay with it.
	for line > first.Line+1 && bytes.HasPrefix(bytes.TrimSpace(lines[line-2]), []byte("#")) {
		line--
	}
	return bytes.Join(slices.Insert(lines, line-1, []byte(fresh)), nil), nil
}

// columnOf turns a column of the YAML library (characters, from 1) into bytes.
func columnOf(line []byte, column int) int {
	n := 0
	for i := range string(line) {
		if n == column-1 {
			return i
		}
		n++
	}
	return len(line)
}

// tokenLength is how many bytes of the line the scalar takes.
func tokenLength(line []byte, n *yaml.Node) int {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && len(line) > 1 {
		if end := bytes.IndexByte(line[1:], line[0]); end >= 0 {
			return end + 2
		}
	}
	return min(len(n.Value), len(line))
}

// ruleNode finds the rule at this place of the document's list.
func ruleNode(text []byte, at int) (*yaml.Node, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadInput, err)
	}
	return ruleIn(&root, at)
}

func ruleIn(root *yaml.Node, at int) (*yaml.Node, error) {
	if len(root.Content) == 1 && root.Content[0].Kind == yaml.MappingNode {
		fields := root.Content[0].Content
		for i := 0; i+1 < len(fields); i += 2 {
			list := fields[i+1]
			if fields[i].Value == "rules" && list.Kind == yaml.SequenceNode && at < len(list.Content) && list.Content[at].Kind == yaml.MappingNode {
				return list.Content[at], nil
			}
		}
	}
	return nil, fmt.Errorf("%w: the document has no rule number %d", ErrBadInput, at+1)
}

// setInTree is setField for rules that are not written one field a line: the
// whole document is written anew. Its comments stay, its empty lines do not.
func setInTree(text []byte, at int, name, value string) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadInput, err)
	}
	rule, err := ruleIn(&root, at)
	if err != nil {
		return nil, err
	}
	fields := rule.Content
	i := 0
	for i+1 < len(fields) && fields[i].Value != name {
		i += 2
	}
	switch {
	case value == "" && i < len(fields):
		rule.Content = slices.Delete(fields, i, i+2)
	case value == "":
	case i < len(fields):
		comment := fields[i+1].LineComment
		fields[i+1] = &yaml.Node{Kind: yaml.ScalarNode, Value: value, LineComment: comment}
	default:
		rule.Content = append(fields, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, &yaml.Node{Kind: yaml.ScalarNode, Value: value})
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&root); err != nil {
		return nil, fmt.Errorf("write the ruleset: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("write the ruleset: %w", err)
	}
	return out.Bytes(), nil
}

// clip keeps an error readable where the bad value is long.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

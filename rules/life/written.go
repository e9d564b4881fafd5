package life

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"fairgate/rules"
)

// MaxWritten is the most of one rule's text that is read, in bytes.
const MaxWritten = 64 << 10

// Written is one rule as its author writes it, apart from the rest of the
// document: the condition, and everything else as YAML at the margin. Comments
// inside the rule are part of it.
type Written struct {
	When        string `json:"when"`
	Declaration string `json:"declaration"`
}

func (w Written) check() error {
	switch {
	case len(w.When)+len(w.Declaration) > MaxWritten:
		return fmt.Errorf("%w: the rule has %d bytes, at most %d are read", ErrBadInput, len(w.When)+len(w.Declaration), MaxWritten)
	case strings.TrimSpace(w.Declaration) == "":
		return fmt.Errorf("%w: the declaration is empty; it begins with \"id:\"", ErrBadInput)
	case strings.ContainsAny(w.When+w.Declaration, "\x00\x0b\x0c"):
		return fmt.Errorf("%w: the rule has control characters", ErrBadInput)
	}
	return nil
}

// place is where a rule stands in a document: lines from (inclusive) to
// (exclusive), counted from 0, its fields in this column, and its condition's
// lines within them.
type place struct {
	from, to, column int
	whenFrom, whenTo int
	when             string // as YAML reads it
}

// locate finds a rule, or with an empty id the end of the list of rules.
func locate(text []byte, id string) (place, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return place{}, fmt.Errorf("%w: %w", ErrBadInput, err)
	}
	list := listOf(&root, "rules")
	if list == nil || list.Style&yaml.FlowStyle != 0 || len(list.Content) == 0 {
		return place{}, fmt.Errorf("%w: the document has no list of rules, one field a line; edit the text", ErrBadInput)
	}
	last := lastLine(list)
	out := place{from: last, to: last, column: list.Content[0].Column - 1}
	if id == "" {
		return out, nil
	}
	for _, rule := range list.Content {
		if rule.Kind != yaml.MappingNode || fieldOf(rule, "id") != id {
			continue
		}
		if rule.Style&yaml.FlowStyle != 0 {
			return place{}, fmt.Errorf("%w: rule %q is written in one line; edit the text", ErrBadInput, clip(id))
		}
		out.from, out.to, out.column = rule.Line-1, lastLine(rule), rule.Column-1
		out.when = fieldOf(rule, "when")
		for i := 0; i+1 < len(rule.Content); i += 2 {
			if rule.Content[i].Value == "when" {
				out.whenFrom, out.whenTo = rule.Content[i].Line-1, out.to
				if i+2 < len(rule.Content) {
					out.whenTo = min(rule.Content[i+2].Line-1, endOf(text, rule.Content[i+1], rule.Content[i+2].Line-1))
				}
			}
		}
		return out, nil
	}
	return place{}, fmt.Errorf("%w: there is no rule %q", ErrNotFound, clip(id))
}

func listOf(root *yaml.Node, name string) *yaml.Node {
	if len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	fields := root.Content[0].Content
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i].Value == name && fields[i+1].Kind == yaml.SequenceNode {
			return fields[i+1]
		}
	}
	return nil
}

func fieldOf(rule *yaml.Node, name string) string {
	for i := 0; i+1 < len(rule.Content); i += 2 {
		if rule.Content[i].Value == name {
			return rule.Content[i+1].Value
		}
	}
	return ""
}

// lastLine is the number of the last line that a node takes, counted from 1.
// Block texts end where the next less indented line begins, which splice sees
// to.
func lastLine(n *yaml.Node) int {
	last := n.Line
	if n.Kind == yaml.ScalarNode {
		last += strings.Count(strings.TrimRight(n.Value, "\n"), "\n")
	}
	for _, child := range n.Content {
		last = max(last, lastLine(child))
	}
	return last
}

// endOf is where a field's value ends: at the next line that is indented no
// deeper than the field, comments above the next field left to it.
func endOf(text []byte, value *yaml.Node, next int) int {
	lines := bytes.Split(text, []byte("\n"))
	end := next
	for end > value.Line && bytes.HasPrefix(bytes.TrimSpace(lines[end-1]), []byte("#")) {
		end--
	}
	return end
}

// extent widens a rule's last line to what is indented deeper than its dash:
// folded texts take more lines than they have breaks.
func (p place) extent(lines []string) int {
	to := p.to
	for to < len(lines) && indentOf(lines[to]) >= p.column && strings.TrimSpace(lines[to]) != "" && !strings.HasPrefix(strings.TrimSpace(lines[to]), "#") {
		to++
	}
	return to
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// Write takes a rule out of a document, as its author wrote it; the document
// need not compile.
func Write(text []byte, id string) (Written, error) {
	at, err := locate(text, id)
	if err != nil {
		return Written{}, err
	}
	lines := strings.Split(string(text), "\n")
	to := at.extent(lines)
	if at.whenTo >= at.to {
		at.whenTo = to
	}
	var rest []string
	for i := at.from; i < to; i++ {
		if i < at.whenFrom || i >= at.whenTo {
			rest = append(rest, unindented(lines[i], at.column))
		}
	}
	out := Written{When: at.when, Declaration: strings.Join(rest, "\n") + "\n"}
	if at.whenFrom > 0 { // rather as it was broken into lines than as it was folded
		if shown := shownWhen(lines[at.whenFrom:at.whenTo], at.column); folds(shown, out.When) {
			out.When = shown
		}
	}
	out.When = strings.TrimRight(out.When, "\n")
	return out, nil
}

// unindented drops the list's dash and the indentation of a rule's line.
func unindented(line string, column int) string {
	if len(line) <= column {
		return strings.TrimLeft(line, " -")
	}
	return line[column:]
}

// shownWhen are the lines of a folded condition without its indentation.
func shownWhen(lines []string, column int) string {
	if len(lines) < 2 {
		return ""
	}
	deep := len(lines[1])
	for _, line := range lines[1:] {
		if strings.TrimSpace(line) != "" {
			deep = min(deep, indentOf(line))
		}
	}
	if deep <= column {
		return ""
	}
	var out []string
	for _, line := range lines[1:] {
		out = append(out, strings.TrimRight(unindented(line, min(deep, len(line))), " "))
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

// folds reports whether a condition, written as a folded text, is read as value.
func folds(shown, value string) bool {
	if shown == "" {
		return false
	}
	var read map[string]string
	err := yaml.Unmarshal([]byte(strings.Join(whenLines(shown), "\n")+"\n"), &read)
	return err == nil && read["when"] == value
}

// whenLines is a condition as the document has it: in one line where YAML reads
// it so, folded otherwise.
func whenLines(when string) []string {
	when = strings.TrimRight(strings.ReplaceAll(when, "\r\n", "\n"), " \n\t")
	if !strings.Contains(when, "\n") {
		var read map[string]string
		line := "when: " + when
		if err := yaml.Unmarshal([]byte(line), &read); err == nil && read["when"] == when && when != "" {
			return []string{line}
		}
	}
	out := []string{"when: >-"}
	if strings.HasPrefix(when, " ") { // else the first line would set the indentation
		out[0] = "when: >2-"
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(when, "\t", "  "), "\n") {
		out = append(out, strings.TrimRight("  "+line, " "))
	}
	return out
}

// lines of a rule at the margin, the condition above the field "on", and the
// index of the condition's first line.
func (w Written) lines() (all []string, when int) {
	all = strings.Split(strings.TrimRight(strings.ReplaceAll(w.Declaration, "\r\n", "\n"), "\n "), "\n")
	when = slices.IndexFunc(all, func(line string) bool { return strings.HasPrefix(line, "on:") })
	if when <= 0 {
		when = len(all)
	}
	return slices.Insert(all, when, whenLines(w.When)...), when
}

// Spliced is a document with one rule in it anew.
type Spliced struct {
	Text string
	// From is the rule's first line in Text, counted from 1; When is how many
	// lines of its declaration stand above the condition, which takes Lines.
	From, When, Lines int
}

// Line turns a line of the document, counted from 1, into one of the rule's
// declaration; 0 where it is the condition's, -1 outside the rule.
func (s *Spliced) Line(line int) int {
	at := line - s.From
	all := strings.Count(s.Text, "\n") + 1
	switch {
	case line <= 0 || at < 0 || at >= all:
		return -1
	case at < s.When:
		return at + 1
	case at < s.When+s.Lines:
		return 0
	default:
		return at + 1 - s.Lines
	}
}

// Splice puts a rule in the place of the one of this id, or, where id is empty,
// behind the last. Everything else in the document stays as it is; whether the
// result compiles is for the caller to see. The error is ErrNotFound for a rule
// that is not there.
func Splice(text []byte, id string, w Written) (*Spliced, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	at, err := locate(text, id)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(text), "\n")
	to := at.extent(lines)
	fresh, when := w.lines()
	block := make([]string, 0, len(fresh)+1)
	if id == "" {
		at.from = to
		block = append(block, "")
	}
	for i, line := range fresh {
		indent := strings.Repeat(" ", at.column)
		if i == 0 {
			indent = strings.Repeat(" ", max(0, at.column-2)) + "- "
		}
		block = append(block, strings.TrimRight(indent+line, " "))
	}
	first := at.from + 1
	if id == "" {
		first++
	}
	return &Spliced{
		Text: strings.Join(slices.Concat(lines[:at.from], block, lines[to:]), "\n"),
		From: first, When: when, Lines: len(whenLines(w.When)),
	}, nil
}

// Base reads the text that a rule is written in: a version's, or for 0 what is
// in force. The hash is that text's own, and base the hash of what a version
// made of it is to replace.
func (s *Service) Base(ctx context.Context, ruleset string, number int64) (text, hash, base string, err error) {
	current, err := s.InForce(ctx, ruleset)
	if err != nil {
		return "", "", "", err
	}
	if number == 0 {
		return current.Text, current.Hash, current.Hash, nil
	}
	v, err := s.Version(ctx, ruleset, number)
	return v.Text, v.Hash, v.Base, err
}

// WriteRule saves one rule: in the open version of this number, which hash names
// as the caller read it, or, with the number 0, in a new draft made of what is
// in force. An empty rule adds one.
func (s *Service) WriteRule(ctx context.Context, ruleset, rule string, number int64, hash string, as Written, w Word) (Version, error) {
	if err := w.check(); err != nil {
		return Version{}, err
	}
	text, _, base, err := s.Base(ctx, ruleset, number)
	if err != nil {
		return Version{}, err
	}
	spliced, err := Splice([]byte(text), rule, as)
	if err != nil {
		return Version{}, err
	}
	if number == 0 {
		return s.Create(ctx, ruleset, Text{YAML: spliced.Text, Base: base}, w)
	}
	return s.Edit(ctx, ruleset, number, hash, Text{YAML: spliced.Text, Base: base}, w)
}

// Against compares a compiled text with what is in force, without tightenings.
func (s *Service) Against(current *InForce, next *rules.Program) ([]Change, error) {
	changes, err := Diff(current.program.Ruleset(), next.Ruleset())
	return append([]Change{}, changes...), err
}

package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/explain"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/rules/life"
)

// WrittenRule is one rule as its author writes it.
type WrittenRule struct {
	When        string `json:"when" maxLength:"65536" doc:"The condition"`
	Declaration string `json:"declaration" minLength:"1" maxLength:"65536" doc:"Everything else of the rule (YAML), at the margin"`
}

// RuleText is a rule's text and where it comes from.
type RuleText struct {
	WrittenRule
	Rule    string `json:"rule"`
	Version int64  `json:"version" doc:"0: what is in force"`
	Hash    string `json:"hash" doc:"Of the whole text that it stands in"`
}

// WrittenIn says which text a written rule is for.
type WrittenIn struct {
	WrittenRule
	Version int64  `json:"version,omitempty" minimum:"0" doc:"The version that it stands in; 0: what is in force"`
	Rule    string `json:"rule,omitempty" maxLength:"64" doc:"The rule that it replaces; empty: it is a new one"`
}

// Where in a written rule something is wrong.
const (
	partWhen        = "when"
	partDeclaration = "declaration"
	partElsewhere   = "elsewhere"
)

// RuleFault is one thing that is wrong with a written rule.
type RuleFault struct {
	rules.Fault
	Part  string `json:"part" enum:"when,declaration,elsewhere" doc:"What the range counts in; elsewhere: in the rest of the ruleset"`
	Line  int    `json:"line,omitempty" doc:"Of the declaration, or of the ruleset's text where it is elsewhere; from 1"`
	Field string `json:"field,omitempty"`
}

// RuleCheck is what there is to say about a written rule.
type RuleCheck struct {
	Faults []RuleFault `json:"faults"`
	// The rest is there where it compiles.
	Program  string          `json:"program,omitempty" doc:"Version that verdicts would name: backtests of another are out of date"`
	Rule     string          `json:"rule,omitempty" doc:"Its id"`
	Reads    []string        `json:"reads" doc:"Features that the condition reads"`
	Warnings []rules.Finding `json:"warnings" doc:"What lint finds about this rule alone"`
	Changes  []life.Change   `json:"changes" doc:"Against what is in force"`
	Instant  bool            `json:"instant" doc:"One person could publish it"`
}

// ExampleBody is an event as an example describes it.
type ExampleBody struct {
	Kind     ingest.Kind        `json:"kind" maxLength:"64"`
	Event    map[string]any     `json:"event,omitempty" doc:"Event fields by name"`
	Features map[string]float64 `json:"features,omitempty" doc:"Feature values by name; what is missing has nothing to say"`
}

// FieldView is something that an event says, as conditions name it.
type FieldView struct {
	Name          string     `json:"name"`
	Type          rules.Type `json:"type" enum:"text,number,bool"`
	Description   string     `json:"description"`
	AfterResponse bool       `json:"after_response,omitempty" doc:"Only rules of the asynchronous stage know it"`
}

// Vocabulary is what conditions can name, beside the features.
type Vocabulary struct {
	Fields []FieldView   `json:"fields"`
	Kinds  []ingest.Kind `json:"kinds" doc:"Values of the field \"kind\""`
}

type vocabularyOutput struct{ Body Vocabulary }

type (
	ruleTextInput struct {
		RulePath
		Version int64 `query:"version" minimum:"0" doc:"0: what is in force"`
	}
	ruleTextOutput struct{ Body RuleText }
	checkRuleInput struct {
		RulesetPath
		Body WrittenIn
	}
	checkRuleOutput struct{ Body RuleCheck }
	tryRuleInput    struct {
		RulesetPath
		Body struct {
			WrittenIn
			Example *ExampleBody `json:"example,omitempty" doc:"Either this"`
			EventID string       `json:"event_id,omitempty" maxLength:"64" doc:"or the id of an event in the ledger, with the values that its decision saw"`
		}
	}
	tryRuleOutput  struct{ Body rules.Trial }
	writeRuleInput struct {
		RulesetPath
		Body struct {
			WrittenIn
			Hash   string `json:"hash,omitempty" maxLength:"64" doc:"Of the version's text as the caller read it; not for a new version"`
			Reason string `json:"reason" minLength:"3" maxLength:"500"`
		}
	}
)

// writing registers what an editor of one rule needs.
func (s *server) writing(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-rule-text", Method: http.MethodGet, Path: rulesetsPath + "/{name}/rules/{rule}/text",
		Summary: "One rule as its author wrote it", Tags: []string{"rules"},
	}, console.ReadRules), s.ruleText)
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-vocabulary", Method: http.MethodGet, Path: "/api/v1/vocabulary",
		Summary: "What a condition can name of an event", Tags: []string{"rules"},
	}, console.ReadRules), func(context.Context, *struct{}) (*vocabularyOutput, error) {
		out := &vocabularyOutput{Vocabulary{Kinds: ingest.Kinds()}}
		for _, f := range rules.Fields() {
			out.Body.Fields = append(out.Body.Fields, FieldView{f.Name, f.Type, f.Description, f.AfterResponse})
		}
		return out, nil
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "check-rule", Method: http.MethodPost, Path: rulesetsPath + "/{name}/check", MaxBodyBytes: maxBody,
		Summary: "What is wrong with a rule that is being written, and where", Tags: []string{"rules"},
		Description: "Changes nothing. Faults have their place and, where a name is close, what may have been meant.",
	}, console.ReadRules), s.checkRule)
	huma.Register(api, needs(huma.Operation{
		OperationID: "try-rule", Method: http.MethodPost, Path: rulesetsPath + "/{name}/trial", MaxBodyBytes: maxBody,
		Summary: "Whether a rule that is being written fires for one event, with the value of every sub-expression", Tags: []string{"rules"},
	}, console.ReadRules), s.tryRule)
	write := change("write-rule", http.MethodPost, "/{name}/drafts", "Save one rule in a draft",
		"Without a version a new draft is begun from what is in force; otherwise that open version is edited. The rest of the text stays as it is.", console.EditRules)
	huma.Register(api, write, s.writeRule)
}

func (s *server) ruleText(ctx context.Context, in *ruleTextInput) (*ruleTextOutput, error) {
	text, hash, _, err := s.Rulesets.Base(ctx, in.Name, in.Version)
	if err != nil {
		return nil, s.rulesError(ctx, "reading the ruleset", err)
	}
	w, err := life.Write([]byte(text), in.Rule)
	if err != nil {
		return nil, s.rulesError(ctx, "reading the rule's text", err)
	}
	return &ruleTextOutput{RuleText{WrittenRule: WrittenRule(w), Rule: in.Rule, Version: in.Version, Hash: hash}}, nil
}

// splice puts a written rule into its text, and reads what is in force, once:
// editors ask after every few keys.
func (s *server) splice(ctx context.Context, ruleset string, in *WrittenIn) (*life.Spliced, *life.InForce, error) {
	current, err := s.Rulesets.InForce(ctx, ruleset)
	if err != nil {
		return nil, nil, s.rulesError(ctx, "reading the ruleset", err)
	}
	text := current.Text
	if in.Version > 0 {
		v, err := s.Rulesets.Version(ctx, ruleset, in.Version)
		if err != nil {
			return nil, nil, s.rulesError(ctx, "reading the version", err)
		}
		text = v.Text
	}
	spliced, err := life.Splice([]byte(text), in.Rule, life.Written(in.WrittenRule))
	if err != nil {
		return nil, nil, s.rulesError(ctx, "putting the rule into its text", err)
	}
	return spliced, current, nil
}

func (s *server) checkRule(ctx context.Context, in *checkRuleInput) (*checkRuleOutput, error) {
	spliced, current, err := s.splice(ctx, in.Name, &in.Body)
	if err != nil {
		return nil, err
	}
	out := &checkRuleOutput{RuleCheck{Faults: []RuleFault{}, Reads: []string{}, Warnings: []rules.Finding{}, Changes: []life.Change{}}}
	p, err := rules.Load("", []byte(spliced.Text), rules.Options{})
	if err != nil {
		out.Body.Faults = faultsOf(rules.Problems(err), spliced, &in.Body.WrittenRule, current.Effective.Ruleset())
		if len(out.Body.Faults) == 0 {
			return nil, s.internal(ctx, "checking the rule", err)
		}
		return out, nil
	}
	out.Body.Program = p.Version()
	if out.Body.Changes, err = s.Rulesets.Against(current, p); err != nil {
		return nil, s.rulesError(ctx, "comparing the rule", err)
	}
	out.Body.Instant = life.Instant(out.Body.Changes)
	r := writtenRule(p.Ruleset(), current.Effective.Ruleset(), in.Body.Rule)
	if r == nil {
		return out, nil
	}
	out.Body.Rule = r.ID
	if x, err := rules.Explain(p, r.ID, &ingest.Event{}, ingest.Snapshot{}); err == nil {
		for _, f := range x.Features {
			out.Body.Reads = append(out.Body.Reads, f.Name)
		}
	}
	out.Body.Warnings, err = warningsAbout(ctx, p, r)
	if err != nil {
		return nil, s.internal(ctx, "looking for what the rule cannot do", err)
	}
	return out, nil
}

// writtenRule is the rule that was written: the one of the id that it replaces,
// or else the last, which is where new ones go.
func writtenRule(rs, before *rules.Ruleset, id string) *rules.Rule {
	if i := slices.IndexFunc(rs.Rules, func(r rules.Rule) bool { return r.ID == id }); i >= 0 {
		return &rs.Rules[i]
	}
	for i := range rs.Rules {
		known := slices.ContainsFunc(before.Rules, func(r rules.Rule) bool { return r.ID == rs.Rules[i].ID })
		if !known {
			return &rs.Rules[i]
		}
	}
	return nil
}

// warningsAbout is what lint finds about one rule by itself, which is quick;
// what other rules make of it is asked for with the proposal.
func warningsAbout(ctx context.Context, p *rules.Program, r *rules.Rule) ([]rules.Finding, error) {
	alone := *p.Ruleset()
	alone.Rules, alone.Bands = []rules.Rule{*r}, nil
	one, err := rules.Compile(&alone, rules.Options{})
	if err != nil {
		return nil, err
	}
	found, err := rules.Lint(ctx, one, rules.LintOptions{})
	out := []rules.Finding{}
	for _, f := range found {
		if f.Rule == r.ID && f.Kind != rules.FindingNoBand {
			out = append(out, f)
		}
	}
	return out, err
}

// faultsOf gives problems their place in the rule's own text.
func faultsOf(problems []*rules.Problem, at *life.Spliced, w *WrittenRule, known *rules.Ruleset) []RuleFault {
	if rs, err := rules.Decode("", []byte(at.Text)); err == nil {
		known = rs // its own features
	}
	stage := rules.StageInline
	if slices.Contains(strings.Split(w.Declaration, "\n"), "stage: async") {
		stage = rules.StageAsync
	}
	out := []RuleFault{}
	for _, p := range problems {
		f := RuleFault{Part: partElsewhere, Line: p.Line, Field: p.Field, Fault: rules.Fault{Detail: p.Detail}}
		switch line := at.Line(p.Line); {
		case line == 0:
			f.Part, f.Line = partWhen, 0
			out = append(out, whenFaults(f, w.When, rules.Faults(known, stage, w.When))...)
			continue
		case line > 0:
			f.Part, f.Line = partDeclaration, line
		}
		out = append(out, f)
	}
	return out
}

// whenFaults takes a condition's problem apart into ranges.
func whenFaults(f RuleFault, when string, found []rules.Fault) []RuleFault {
	if len(found) == 0 { // something that the expression alone does not show
		f.To = len([]rune(when))
		return []RuleFault{f}
	}
	var out []RuleFault
	for _, one := range found {
		out = append(out, RuleFault{Part: f.Part, Field: f.Field, Fault: one})
	}
	return out
}

func (s *server) tryRule(ctx context.Context, in *tryRuleInput) (*tryRuleOutput, error) {
	if (in.Body.Example == nil) == (in.Body.EventID == "") {
		return nil, huma.Error422UnprocessableEntity("give an example or an event_id, and not both")
	}
	spliced, current, err := s.splice(ctx, in.Name, &in.Body.WrittenIn)
	if err != nil {
		return nil, err
	}
	p, err := rules.Load("", []byte(spliced.Text), rules.Options{})
	if err != nil {
		return nil, s.rulesError(ctx, "compiling the rule", err)
	}
	r := writtenRule(p.Ruleset(), current.Effective.Ruleset(), in.Body.Rule)
	if r == nil {
		return nil, huma.Error422UnprocessableEntity("the text has no rule of its own")
	}
	event, snapshot, err := s.tried(ctx, p, in.Body.Example, in.Body.EventID)
	if err != nil {
		return nil, err
	}
	trial, err := rules.Try(p, r.ID, event, snapshot)
	if err != nil {
		return nil, s.internal(ctx, "trying the rule", err)
	}
	return &tryRuleOutput{trial}, nil
}

// tried is the event that a rule is tried on, and what its decision saw.
func (s *server) tried(ctx context.Context, p *rules.Program, example *ExampleBody, id string) (*ingest.Event, ingest.Snapshot, error) {
	if example != nil {
		e, snapshot, err := rules.Example(p, rules.Case{Kind: example.Kind, Event: example.Event, Features: example.Features})
		if err != nil {
			return nil, snapshot, s.rulesError(ctx, "reading the example", err)
		}
		return e, snapshot, nil
	}
	record, err := s.Explain.Find(ctx, s.o.Site, id)
	switch {
	case errors.Is(err, explain.ErrUnknownEvent):
		return nil, ingest.Snapshot{}, huma.Error404NotFound(fmt.Sprintf("there is no event %q", id))
	case err != nil:
		return nil, ingest.Snapshot{}, s.internal(ctx, "reading the event", err)
	}
	snapshot := record.Event.Decision.Snapshot
	for i := range record.Verdicts { // screening saw the asynchronous features, too
		snapshot.Names = append(slices.Clone(snapshot.Names), record.Verdicts[i].Snapshot.Names...)
		snapshot.Values = append(slices.Clone(snapshot.Values), record.Verdicts[i].Snapshot.Values...)
	}
	return &record.Event, snapshot, nil
}

func (s *server) writeRule(ctx context.Context, in *writeRuleInput) (*versionOutput, error) {
	b := in.Body
	var before *life.Version
	if b.Version > 0 {
		v, err := s.Rulesets.Version(ctx, in.Name, b.Version)
		if err != nil {
			return nil, s.rulesError(ctx, "reading the version", err)
		}
		before = &v
	}
	v, err := s.Rulesets.WriteRule(ctx, in.Name, b.Rule, b.Version, b.Hash, life.Written(b.WrittenRule), s.word(ctx, b.Reason))
	if err != nil {
		return nil, s.rulesError(ctx, "changing the ruleset", err)
	}
	var out *versionOutput
	// A first save is always its own entry; what a proposal, an approval and a
	// publication say of the text comes with them.
	if s.edits.begins(callerOf(ctx).Name, versionName(&v), s.o.Now()) || before == nil {
		if out, err = s.wrote(ctx, "rule.write", b.Reason, before, v, nil); err != nil {
			s.edits.forget(callerOf(ctx).Name, versionName(&v))
		}
	} else {
		out, err = s.reviewed(ctx, v, false)
	}
	if err != nil {
		return nil, err
	}
	out.Body.Text = ""
	return out, nil
}

package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/rules/life"
)

// RuleView is a rule as the fleet runs it.
type RuleView struct {
	ID          string         `json:"id"`
	Description string         `json:"description,omitempty"`
	Stage       rules.Stage    `json:"stage"`
	Events      []ingest.Kind  `json:"events,omitempty"`
	When        string         `json:"when"`
	On          rules.Entity   `json:"on"`
	Action      ingest.Action  `json:"action"`
	Score       float64        `json:"score"`
	TTLSeconds  int64          `json:"ttl_seconds"`
	Mode        rules.Mode     `json:"mode"`
	Share       float64        `json:"share,omitempty" doc:"Of a canary: the share of accounts that it acts on"`
	Owner       string         `json:"owner,omitempty"`
	Scenarios   []string       `json:"scenarios,omitempty"`
	Tags        []string       `json:"tags,omitempty"`
	Reason      ingest.Reason  `json:"reason,omitempty"`
	Messages    rules.Messages `json:"messages"`
	Features    []string       `json:"features,omitempty" doc:"That its condition reads"`
	Tightened   bool           `json:"tightened,omitempty" doc:"It challenges because of break-glass"`
	Steps       []life.Step    `json:"steps,omitempty" doc:"Its life in the published versions, the newest first; in the list of rules the last step alone"`
}

// FeatureView is a declared feature.
type FeatureView struct {
	Name          string          `json:"name"`
	Description   string          `json:"description,omitempty" doc:"The author's"`
	InChinese     string          `json:"description_zh" doc:"From the declaration"`
	Entity        rules.Entity    `json:"entity"`
	Aggregate     rules.Aggregate `json:"aggregate"`
	WindowSeconds float64         `json:"window_seconds"`
	Stage         rules.Stage     `json:"stage"`
	Kept          bool            `json:"kept" doc:"Some active rule reads it"`
}

// RulesetView is what the fleet runs of a ruleset.
type RulesetView struct {
	life.InForce
	Rules    []RuleView    `json:"rules"`
	Features []FeatureView `json:"features"`
}

// VersionView is a version with what there is to know before it is published.
type VersionView struct {
	life.Version
	Review *life.Review `json:"review,omitempty"`
}

// RulesetPath names a ruleset.
type RulesetPath struct {
	Name string `path:"name" maxLength:"64" doc:"The ruleset, such as museum"`
}

// VersionPath names one version.
type VersionPath struct {
	RulesetPath
	Number int64 `path:"number" minimum:"1"`
}

// RulePath names one rule.
type RulePath struct {
	RulesetPath
	Rule string `path:"rule" maxLength:"64"`
}

type (
	versionsInput struct {
		RulesetPath
		Before int64 `query:"before" minimum:"0" doc:"Only versions older than this number"`
		Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	compareInput struct {
		RulesetPath
		Number int64 `path:"number" minimum:"0" doc:"0 is the shipped document"`
		From   int64 `query:"from" minimum:"0" doc:"The version to compare it with; 0 is the shipped document"`
	}

	namesOutput struct {
		Body struct {
			Rulesets []string `json:"rulesets"`
		}
	}
	rulesetOutput  struct{ Body RulesetView }
	versionOutput  struct{ Body VersionView }
	versionsOutput struct {
		Body struct {
			Versions []life.Version `json:"versions"`
		}
	}
	changesOutput struct {
		Body struct {
			Changes []life.Change `json:"changes"`
			Instant bool          `json:"instant" doc:"One person could publish them"`
		}
	}
	ruleOutput struct{ Body RuleView }
)

const rulesetsPath = "/api/v1/rulesets"

// rulesets registers everything about rules. What a publication takes is in
// package life; who may call what is here.
func (s *server) rulesets(api huma.API) {
	read := func(id, path, summary string) huma.Operation {
		return needs(huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"rules"}}, console.ReadRules)
	}
	huma.Register(api, read("list-rulesets", rulesetsPath, "The rulesets that there are"), func(ctx context.Context, _ *struct{}) (*namesOutput, error) {
		names, err := s.Rulesets.Names(ctx)
		if err != nil {
			return nil, s.rulesError(ctx, "reading the rulesets", err)
		}
		out := &namesOutput{}
		out.Body.Rulesets = append([]string{}, names...)
		return out, nil
	})
	huma.Register(api, read("get-ruleset", rulesetsPath+"/{name}", "What the fleet runs: the text, its rules and features, and break-glass"), s.ruleset)
	huma.Register(api, read("list-versions", rulesetsPath+"/{name}/versions", "The versions, the newest first"), func(ctx context.Context, in *versionsInput) (*versionsOutput, error) {
		if _, err := s.Rulesets.InForce(ctx, in.Name); err != nil {
			return nil, s.rulesError(ctx, "reading the ruleset", err)
		}
		versions, err := s.Rulesets.List(ctx, in.Name, in.Before, in.Limit)
		if err != nil {
			return nil, s.rulesError(ctx, "reading the versions", err)
		}
		out := &versionsOutput{}
		out.Body.Versions = append([]life.Version{}, versions...)
		return out, nil
	})
	huma.Register(api, read("get-version", rulesetsPath+"/{name}/versions/{number}", "One version: its text, what it changes, and what speaks against it"),
		func(ctx context.Context, in *VersionPath) (*versionOutput, error) {
			v, err := s.Rulesets.Version(ctx, in.Name, in.Number)
			if err != nil {
				return nil, s.rulesError(ctx, "reading the version", err)
			}
			return s.reviewed(ctx, v, false)
		})
	huma.Register(api, read("compare-versions", rulesetsPath+"/{name}/versions/{number}/changes", "What a version changes from another"),
		func(ctx context.Context, in *compareInput) (*changesOutput, error) {
			changes, err := s.Rulesets.Compare(ctx, in.Name, in.From, in.Number)
			if err != nil {
				return nil, s.rulesError(ctx, "comparing the versions", err)
			}
			out := &changesOutput{}
			out.Body.Changes, out.Body.Instant = append([]life.Change{}, changes...), life.Instant(changes)
			return out, nil
		})
	huma.Register(api, read("get-rule", rulesetsPath+"/{name}/rules/{rule}", "One rule as the fleet runs it, and its life"), s.rule)
	s.drafts(api)
	s.writing(api)
	s.publications(api)
	s.tightenings(api)
}

// reviewed answers with a version and its review; an open one is compared with
// what is in force.
func (s *server) reviewed(ctx context.Context, v life.Version, all bool) (*versionOutput, error) {
	out := &versionOutput{VersionView{Version: v}}
	if !v.State.Open() {
		return out, nil
	}
	var err error
	if out.Body.Review, err = s.Rulesets.Review(ctx, &v, all); err != nil {
		return nil, s.rulesError(ctx, "reviewing the version", err)
	}
	return out, nil
}

func (s *server) ruleset(ctx context.Context, in *RulesetPath) (*rulesetOutput, error) {
	f, err := s.Rulesets.InForce(ctx, in.Name)
	if err != nil {
		return nil, s.rulesError(ctx, "reading the ruleset", err)
	}
	out := &rulesetOutput{RulesetView{InForce: *f, Rules: []RuleView{}, Features: []FeatureView{}}}
	latest, err := s.Rulesets.Latest(ctx, in.Name)
	if err != nil {
		return nil, s.rulesError(ctx, "reading the rules' last steps", err)
	}
	rs := f.Effective.Ruleset()
	for i := range rs.Rules {
		view := viewOf(f, &rs.Rules[i])
		if step, ok := latest[view.ID]; ok {
			view.Steps = []life.Step{step}
		}
		out.Body.Rules = append(out.Body.Rules, view)
	}
	kept := f.Effective.Names()
	for _, d := range rs.Features {
		out.Body.Features = append(out.Body.Features, FeatureView{
			Name: d.Name, Description: d.Description, InChinese: d.Chinese(), Entity: d.Entity, Aggregate: d.Aggregate, WindowSeconds: d.Window.Seconds(),
			Stage: d.Stage, Kept: slices.Contains(kept, d.Name),
		})
	}
	return out, nil
}

func viewOf(f *life.InForce, r *rules.Rule) RuleView {
	out := RuleView{
		ID: r.ID, Description: r.Description, Stage: r.Stage, Events: r.Events, When: r.When, On: r.On, Action: r.Action, Score: r.Score,
		TTLSeconds: int64(r.TTL / time.Second), Mode: r.Mode, Share: r.Share, Owner: r.Owner, Scenarios: r.Scenarios, Tags: r.Tags, Reason: r.Reason,
		Messages: r.Messages, Tightened: slices.ContainsFunc(f.Tightenings, func(t life.Tightening) bool { return t.Rule == r.ID }),
	}
	// Asked about no event in particular, it names what the condition reads.
	if read, err := rules.Explain(f.Effective, r.ID, &ingest.Event{}, ingest.Snapshot{}); err == nil {
		for _, feature := range read.Features {
			out.Features = append(out.Features, feature.Name)
		}
	}
	return out
}

func (s *server) rule(ctx context.Context, in *RulePath) (*ruleOutput, error) {
	f, err := s.Rulesets.InForce(ctx, in.Name)
	if err != nil {
		return nil, s.rulesError(ctx, "reading the ruleset", err)
	}
	steps, err := s.Rulesets.Steps(ctx, in.Name, in.Rule)
	if err != nil {
		return nil, s.rulesError(ctx, "reading the rule's life", err)
	}
	all := f.Effective.Ruleset().Rules
	at := slices.IndexFunc(all, func(r rules.Rule) bool { return r.ID == in.Rule })
	switch {
	case at >= 0:
		out := &ruleOutput{viewOf(f, &all[at])}
		out.Body.Steps = steps
		return out, nil
	case len(steps) > 0: // it was removed; its life is still told
		return &ruleOutput{RuleView{ID: in.Rule, Steps: steps}}, nil
	default:
		return nil, huma.Error404NotFound("there is no such rule")
	}
}

// rulesError maps what package life refuses to answers that name what was wrong.
func (s *server) rulesError(ctx context.Context, what string, err error) error {
	if refused, ok := errors.AsType[*life.Refused](err); ok {
		details := make([]error, len(refused.Objections))
		for i, o := range refused.Objections {
			details[i] = &huma.ErrorDetail{Message: o.Text, Location: string(o.Kind), Value: o}
		}
		return huma.Error409Conflict("refused; an objection that bars the proposal is mended or backtested first, others that may be overridden take a second person's reason with the approval", details...)
	}
	if problems := rules.Problems(err); len(problems) > 0 {
		details := make([]error, len(problems))
		for i, p := range problems {
			details[i] = &huma.ErrorDetail{Message: p.Detail, Location: p.Field, Value: p}
		}
		return huma.Error422UnprocessableEntity("the ruleset is not valid", details...)
	}
	switch {
	case errors.Is(err, life.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, life.ErrSecondPerson):
		return huma.Error403Forbidden(err.Error())
	case errors.Is(err, life.ErrStale), errors.Is(err, life.ErrState):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, life.ErrBadInput):
		return huma.Error422UnprocessableEntity(err.Error())
	default:
		return s.internal(ctx, what, err)
	}
}

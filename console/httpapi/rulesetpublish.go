package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/rules/life"
)

// Actions of break-glass in the audit log.
const (
	ActionTighteningBegan = "rule.tighten"
	ActionTighteningEnded = "rule.loosen"
)

type (
	publishInput struct {
		VersionPath
		Body struct {
			Replaces string `json:"replaces" pattern:"^[0-9a-f]{64}$" doc:"Hash of the text in force as the caller saw it"`
			Reason   string `json:"reason" minLength:"3" maxLength:"500"`
		}
	}
	returnInput struct {
		RulesetPath
		Number int64 `path:"number" minimum:"0" doc:"0 is the shipped document"`
		Body   reasonBody
	}
	reasonBody struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500"`
	}
	changeRuleInput struct {
		RulePath
		Body struct {
			Mode       *rules.Mode    `json:"mode,omitempty" enum:"draft,shadow,canary,live,retired"`
			Share      *float64       `json:"share,omitempty" minimum:"0" maximum:"1" doc:"Of a canary"`
			Action     *ingest.Action `json:"action,omitempty" enum:"flag,challenge,block"`
			TTLSeconds *int64         `json:"ttl_seconds,omitempty" minimum:"0" maximum:"7776000"`
			Reason     string         `json:"reason" minLength:"3" maxLength:"500"`
		}
	}
	tightenInput struct {
		RulePath
		Body reasonBody
	}
	loosenInput struct {
		RulesetPath
		ID   string `path:"id" maxLength:"64"`
		Body reasonBody
	}
	tightenedInput struct {
		RulesetPath
		Days int `query:"days" minimum:"1" maximum:"190" default:"7"`
	}
	tighteningOutput  struct{ Body life.Tightening }
	tighteningsOutput struct {
		Body struct {
			Tightenings []life.Tightening `json:"tightenings"`
		}
	}
)

func versionName(v *life.Version) string { return fmt.Sprintf("%s/%d", v.Ruleset, v.Number) }

func (s *server) publications(api huma.API) {
	huma.Register(api, change("publish-version", http.MethodPost, "/{name}/versions/{number}/publication", "Put a version in force in the whole fleet",
		"Where it makes nothing stronger one person may; otherwise it must have been approved. "+
			"409 where something else is in force than the caller saw, or a gate objects.", console.EditRules),
		func(ctx context.Context, in *publishInput) (*versionOutput, error) {
			return s.step(ctx, "ruleset.publish", &in.VersionPath, in.Body.Reason, func(w life.Word) (life.Version, error) {
				return s.Rulesets.Publish(ctx, in.Name, in.Number, in.Body.Replaces, w)
			})
		})
	again := change("return-to-version", http.MethodPost, "/{name}/versions/{number}/return", "Put an earlier text forward again",
		"A new version with that text: published at once where that makes nothing stronger, otherwise proposed, which takes the permission `rules.edit`.", console.WeakenRules)
	again.DefaultStatus = http.StatusCreated
	huma.Register(api, again, func(ctx context.Context, in *returnInput) (*versionOutput, error) {
		v, err := s.Rulesets.Return(ctx, in.Name, in.Number, s.weakening(ctx, in.Body.Reason))
		return s.wrote(ctx, "ruleset.return", in.Body.Reason, nil, v, err)
	})
	huma.Register(api, change("change-rule", http.MethodPatch, "/{name}/rules/{rule}", "Change how a rule acts",
		"A new version of the text in force with this rule changed, its comments kept: published at once where that weakens, "+
			"otherwise proposed, which the answer's state says and which takes the permission `rules.edit`.", console.WeakenRules), s.changeRule)
}

// weakening is the word of somebody who may weaken rules; unless they may write
// them, too, nothing is put forward that would need a second person.
func (s *server) weakening(ctx context.Context, reason string) life.Word {
	w := s.word(ctx, reason)
	w.Weakens = !callerOf(ctx).Role.May(console.EditRules)
	return w
}

func (s *server) changeRule(ctx context.Context, in *changeRuleInput) (*versionOutput, error) {
	patch := life.Patch{Mode: in.Body.Mode, Share: in.Body.Share, Action: in.Body.Action}
	if in.Body.TTLSeconds != nil {
		patch.TTL = new(time.Duration(*in.Body.TTLSeconds) * time.Second)
	}
	v, err := s.Rulesets.ChangeRule(ctx, in.Name, in.Rule, patch, s.weakening(ctx, in.Body.Reason))
	return s.wrote(ctx, "rule.change", in.Body.Reason, nil, v, err)
}

func (s *server) tightenings(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-tightenings", Method: http.MethodGet, Path: rulesetsPath + "/{name}/tightenings",
		Summary: "Break-glass of the last days, the newest first", Tags: []string{"rules"},
	}, console.ReadRules), func(ctx context.Context, in *tightenedInput) (*tighteningsOutput, error) {
		if _, err := s.Rulesets.InForce(ctx, in.Name); err != nil {
			return nil, s.rulesError(ctx, "reading the ruleset", err)
		}
		found, err := s.Rulesets.Tightened(ctx, in.Name, s.o.Now().AddDate(0, 0, -in.Days))
		if err != nil {
			return nil, s.rulesError(ctx, "reading break-glass", err)
		}
		out := &tighteningsOutput{}
		out.Body.Tightenings = append([]life.Tightening{}, found...)
		return out, nil
	})
	begin := change("tighten-rule", http.MethodPost, "/{name}/rules/{rule}/tightening", "Break-glass: challenge by this rule for an hour",
		"One person alone; ends by itself, and by a publication that touches the rule. The same person cannot do it again for this rule within a day.",
		console.TightenRules)
	begin.DefaultStatus = http.StatusCreated
	huma.Register(api, begin, func(ctx context.Context, in *tightenInput) (*tighteningOutput, error) {
		t, err := s.Rulesets.Tighten(ctx, in.Name, in.Rule, s.word(ctx, in.Body.Reason))
		if err != nil {
			return nil, s.rulesError(ctx, "tightening the rule", err)
		}
		return &tighteningOutput{t}, s.record(ctx, ActionTighteningBegan, t.Ruleset+"/"+t.Rule, in.Body.Reason, nil, t)
	})
	huma.Register(api, change("loosen-rule", http.MethodPost, "/{name}/tightenings/{id}/end", "End break-glass before its time", "", console.WeakenRules),
		func(ctx context.Context, in *loosenInput) (*tighteningOutput, error) {
			t, err := s.Rulesets.Loosen(ctx, in.Name, in.ID, s.word(ctx, in.Body.Reason))
			if err != nil {
				return nil, s.rulesError(ctx, "ending break-glass", err)
			}
			return &tighteningOutput{t}, s.record(ctx, ActionTighteningEnded, t.Ruleset+"/"+t.Rule, in.Body.Reason, nil, t)
		})
}

package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/rules/life"
)

// DraftBody is what somebody writes.
type DraftBody struct {
	Text   string `json:"text" minLength:"1" maxLength:"4194304" doc:"The ruleset (YAML)"`
	Base   string `json:"base" pattern:"^[0-9a-f]{64}$" doc:"Hash of the text in force that it is to replace"`
	Reason string `json:"reason" minLength:"3" maxLength:"500"`
}

// WordBody is what somebody says about a text.
type WordBody struct {
	Hash   string `json:"hash" pattern:"^[0-9a-f]{64}$" doc:"Of the text as the caller read it"`
	Reason string `json:"reason" minLength:"3" maxLength:"500"`
}

type (
	createInput struct {
		RulesetPath
		Body DraftBody
	}
	editInput struct {
		VersionPath
		Body struct {
			DraftBody
			Hash string `json:"hash" pattern:"^[0-9a-f]{64}$" doc:"Of the text as the caller read it"`
		}
	}
	wordInput struct {
		VersionPath
		Body WordBody
	}
	approveInput struct {
		VersionPath
		Body struct {
			WordBody
			Override string `json:"override,omitempty" maxLength:"500" doc:"Why the objections that may be overridden are set aside"`
		}
	}
)

// change describes an operation that changes a ruleset's versions.
func change(id, method, path, summary, description string, p console.Permission) huma.Operation {
	return needs(huma.Operation{
		OperationID: id, Method: method, Path: rulesetsPath + path, Summary: summary, Description: description,
		Tags: []string{"rules"}, MaxBodyBytes: maxBody,
	}, p)
}

func (s *server) drafts(api huma.API) {
	create := change("create-version", http.MethodPost, "/{name}/versions", "Begin a version",
		"A text that does not compile is kept; the answer's review has its problems by line and field.", console.EditRules)
	create.DefaultStatus = http.StatusCreated
	huma.Register(api, create, func(ctx context.Context, in *createInput) (*versionOutput, error) {
		v, err := s.Rulesets.Create(ctx, in.Name, life.Text{YAML: in.Body.Text, Base: in.Body.Base}, s.word(ctx, in.Body.Reason))
		return s.wrote(ctx, "ruleset.create", in.Body.Reason, nil, v, err)
	})
	huma.Register(api, change("edit-version", http.MethodPut, "/{name}/versions/{number}", "Replace a version's text",
		"It is a draft again, its approval is void, and the caller can no longer approve it.", console.EditRules),
		func(ctx context.Context, in *editInput) (*versionOutput, error) {
			return s.step(ctx, "ruleset.edit", &in.VersionPath, in.Body.Reason, func(w life.Word) (life.Version, error) {
				return s.Rulesets.Edit(ctx, in.Name, in.Number, in.Body.Hash, life.Text{YAML: in.Body.Text, Base: in.Body.Base}, w)
			})
		})
	huma.Register(api, change("propose-version", http.MethodPost, "/{name}/versions/{number}/proposal", "Ask for a version's approval", "", console.EditRules),
		func(ctx context.Context, in *wordInput) (*versionOutput, error) {
			return s.step(ctx, "ruleset.propose", &in.VersionPath, in.Body.Reason, func(w life.Word) (life.Version, error) {
				return s.Rulesets.Propose(ctx, in.Name, in.Number, in.Body.Hash, w)
			})
		})
	huma.Register(api, change("reject-version", http.MethodPost, "/{name}/versions/{number}/rejection", "End a version without publication", "", console.ReviewRules),
		func(ctx context.Context, in *wordInput) (*versionOutput, error) {
			return s.step(ctx, "ruleset.reject", &in.VersionPath, in.Body.Reason, func(w life.Word) (life.Version, error) {
				return s.Rulesets.Reject(ctx, in.Name, in.Number, in.Body.Hash, w)
			})
		})
	huma.Register(api, change("approve-version", http.MethodPost, "/{name}/versions/{number}/approval", "Approve a proposed version as the second person",
		"Neither its author nor an editor can. The approval holds for this text in place of the one in force.", console.ApproveRules),
		func(ctx context.Context, in *approveInput) (*versionOutput, error) {
			return s.step(ctx, "ruleset.approve", &in.VersionPath, in.Body.Reason, func(w life.Word) (life.Version, error) {
				return s.Rulesets.Approve(ctx, in.Name, in.Number, in.Body.Hash, in.Body.Override, w)
			})
		})
	huma.Register(api, change("check-version", http.MethodPost, "/{name}/versions/{number}/check", "Ask every gate about a version",
		"Unlike reading the version, this also asks those that look at history, which may take a while.", console.ReviewRules),
		func(ctx context.Context, in *VersionPath) (*versionOutput, error) {
			v, err := s.Rulesets.Version(ctx, in.Name, in.Number)
			if err != nil {
				return nil, s.rulesError(ctx, "reading the version", err)
			}
			return s.reviewed(ctx, v, true)
		})
}

// word is in whose name the caller acts.
func (s *server) word(ctx context.Context, reason string) life.Word {
	return life.Word{By: callerOf(ctx).Name, Reason: reason}
}

// step changes a version and records what it was and is.
func (s *server) step(ctx context.Context, action string, in *VersionPath, reason string, do func(life.Word) (life.Version, error)) (*versionOutput, error) {
	before, err := s.Rulesets.Version(ctx, in.Name, in.Number)
	if err != nil {
		return nil, s.rulesError(ctx, "reading the version", err)
	}
	v, err := do(s.word(ctx, reason))
	return s.wrote(ctx, action, reason, &before, v, err)
}

// wrote answers with a version that was changed, and records the change: the
// hashes, not the texts, which the versions keep.
func (s *server) wrote(ctx context.Context, action, reason string, before *life.Version, v life.Version, err error) (*versionOutput, error) {
	if err != nil {
		return nil, s.rulesError(ctx, "changing the ruleset", err)
	}
	var was any
	if before != nil {
		before.Text = ""
		was = before
	}
	is := v
	is.Text = ""
	if err := s.record(ctx, action, versionName(&v), reason, was, is); err != nil {
		return nil, err
	}
	return s.reviewed(ctx, v, false)
}

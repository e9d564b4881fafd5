package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement"
	"fairgate/enforcement/ledger/dossier"
)

// Dossier reads what the ledger tells about accounts and devices;
// *dossier.Reader is one.
type Dossier interface {
	Timeline(ctx context.Context, site, account string, before time.Time, limit int) ([]dossier.Moment, error)
	Links(ctx context.Context, site string, accounts []string, days int) (dossier.Graph, error)
	Fingerprint(ctx context.Context, site, id string, days int) (dossier.Fingerprint, error)
}

// Known is what people said of accounts; *cases.Service is one.
type Known interface {
	Labels(ctx context.Context, site, account string) ([]enforcement.Label, error)
	InCluster(ctx context.Context, site, id string, limit int) ([]string, error)
}

type timelineInput struct {
	ID     string    `path:"id" maxLength:"200"`
	Before time.Time `query:"before" doc:"Only what came before; the time of the last moment begins the next page"`
	Limit  int       `query:"limit" minimum:"1" maximum:"1000" default:"300"`
}

type timelineOutput struct {
	Body struct {
		Moments []dossier.Moment `json:"moments"`
		// More: there may be earlier ones.
		More  bool `json:"more"`
		Blind bool `json:"blind" doc:"What was held against the account and done about it is left out: the reader has still to judge it"`
	}
}

type knownOutput struct {
	Body struct {
		Labels []enforcement.Label `json:"labels"`
		Blind  bool                `json:"blind"`
	}
}

// Stretch is how far back something is looked for.
type Stretch struct {
	Days int `query:"days" minimum:"1" maximum:"31" default:"7" doc:"How far back, in days"`
}

type linksInput struct {
	Stretch
	Accounts []string `query:"account" required:"true" minItems:"1" maxItems:"50" doc:"Where to look from; repeated or separated by commas"`
}

type graphOutput struct{ Body dossier.Graph }

type clusterInput struct {
	Stretch
	ID string `path:"id" maxLength:"256"`
}

type clusterOutput struct {
	Body struct {
		dossier.Graph
		Accounts []string `json:"accounts" doc:"Those that cases name as the cluster's, at most 200"`
	}
}

type fingerprintInput struct {
	Stretch
	ID string `path:"id" maxLength:"256" doc:"A device's id, or the hash of a family or imprint"`
}

type fingerprintOutput struct{ Body dossier.Fingerprint }

// maxNamed is how many accounts of a cluster are listed.
const maxNamed = 200

func (s *server) dossiers(api huma.API) {
	tags := []string{"review"}
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-timeline", Method: http.MethodGet, Path: "/api/v1/accounts/{id}/timeline", Tags: tags,
		Summary:     "What an account did, and what was done to it, the newest first",
		Description: "Before the caller's first opinion verdicts, rules, scores and everything that tells them are left out, whether the account was flagged or drawn.",
	}, console.ReadReview), s.timeline)
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-account-labels", Method: http.MethodGet, Path: "/api/v1/accounts/{id}/labels", Tags: tags,
		Summary:     "What people and systems said of an account, the newest first",
		Description: "Empty, with `blind` set, before the caller's first opinion.",
	}, console.ReadReview), s.known)
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-links", Method: http.MethodGet, Path: "/api/v1/links", Tags: tags,
		Summary:     "Who shares devices, documents, phones, payees and addresses with accounts",
		Description: "At most 200 nodes, what is shared by few first. Looking from more accounts expands the graph.",
	}, console.ReadReview), func(ctx context.Context, in *linksInput) (*graphOutput, error) {
		g, err := s.Dossier.Links(ctx, s.o.Site, in.Accounts, in.Days)
		if err != nil {
			return nil, s.dossierError(ctx, "looking for links", err)
		}
		return &graphOutput{g}, nil
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-cluster", Method: http.MethodGet, Path: "/api/v1/clusters/{id}", Tags: tags,
		Summary: "The accounts that cases name as a cluster's, and what links them",
	}, console.ReadReview), s.readCluster)
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-fingerprint", Method: http.MethodGet, Path: "/api/v1/fingerprints/{id}", Tags: tags,
		Summary: "Who was seen with a device, imprint or family, and what it looked like",
	}, console.ReadReview), func(ctx context.Context, in *fingerprintInput) (*fingerprintOutput, error) {
		f, err := s.Dossier.Fingerprint(ctx, s.o.Site, in.ID, in.Days)
		if err != nil {
			return nil, s.dossierError(ctx, "reading the fingerprint", err)
		}
		return &fingerprintOutput{f}, nil
	})
}

func (s *server) timeline(ctx context.Context, in *timelineInput) (*timelineOutput, error) {
	blind, err := s.BulkCases.Blind(ctx, s.o.Site, in.ID, callerOf(ctx).Name)
	if err != nil {
		return nil, s.reviewError(ctx, "reading the account", err)
	}
	moments, err := s.Dossier.Timeline(ctx, s.o.Site, in.ID, in.Before, in.Limit)
	if err != nil {
		return nil, s.dossierError(ctx, "reading the timeline", err)
	}
	out := &timelineOutput{}
	out.Body.Moments, out.Body.Blind, out.Body.More = []dossier.Moment{}, blind, len(moments) == in.Limit
	for _, m := range moments {
		shown := true
		if blind {
			m, shown = m.Folded()
		}
		if shown {
			out.Body.Moments = append(out.Body.Moments, m)
		}
	}
	return out, nil
}

func (s *server) known(ctx context.Context, in *accountInput) (*knownOutput, error) {
	out := &knownOutput{}
	out.Body.Labels = []enforcement.Label{}
	var err error
	if out.Body.Blind, err = s.BulkCases.Blind(ctx, s.o.Site, in.ID, callerOf(ctx).Name); err != nil {
		return nil, s.reviewError(ctx, "reading the account", err)
	}
	if out.Body.Blind {
		return out, nil
	}
	labels, err := s.Known.Labels(ctx, s.o.Site, in.ID)
	if err != nil {
		return nil, s.reviewError(ctx, "reading the labels", err)
	}
	out.Body.Labels = append(out.Body.Labels, labels...)
	return out, nil
}

func (s *server) readCluster(ctx context.Context, in *clusterInput) (*clusterOutput, error) {
	named, err := s.Known.InCluster(ctx, s.o.Site, in.ID, maxNamed)
	if err != nil {
		return nil, s.reviewError(ctx, "reading the cluster", err)
	}
	if len(named) == 0 {
		return nil, huma.Error404NotFound("no case names this cluster")
	}
	out := &clusterOutput{}
	out.Body.Accounts = named
	out.Body.Graph, err = s.Dossier.Links(ctx, s.o.Site, named[:min(len(named), dossier.MaxSeeds)], in.Days)
	if err != nil {
		return nil, s.dossierError(ctx, "looking for links", err)
	}
	return out, nil
}

func (s *server) dossierError(ctx context.Context, what string, err error) error {
	switch {
	case errors.Is(err, dossier.ErrUnknownFingerprint):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, dossier.ErrBadInput):
		return huma.Error422UnprocessableEntity(err.Error())
	default:
		return s.internal(ctx, what, err)
	}
}

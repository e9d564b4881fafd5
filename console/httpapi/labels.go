package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"fairgate/console"
	"fairgate/enforcement"
)

// Labels takes in truth about accounts.
type Labels interface {
	Add(ctx context.Context, labels []enforcement.Label) error
}

type labelsInput struct {
	Body struct {
		Labels []struct {
			Account   string                  `json:"account" minLength:"1" maxLength:"200"`
			Value     enforcement.LabelValue  `json:"value" enum:"human,scalper,unknown"`
			Operator  string                  `json:"operator,omitempty" maxLength:"200" doc:"Who stands behind several accounts, where that is known"`
			VisitDay  string                  `json:"visit_day,omitempty" format:"date" doc:"The last day the label speaks about; it is mature seven days after"`
			Source    enforcement.LabelSource `json:"source,omitempty" enum:"report,outcome,challenge" default:"report" doc:"report: somebody says so, a resale report for one; outcome and challenge are hints that never outweigh what a person said"`
			Inclusion float64                 `json:"inclusion,omitempty" minimum:"0" maximum:"1" doc:"With which probability the account was drawn to be labelled, 1 where all were; 0 or left out: it was not drawn, and the label tells about no other account"`
			Reason    string                  `json:"reason" minLength:"3" maxLength:"500" doc:"How it is known"`
		} `json:"labels" minItems:"1" maxItems:"500"`
	}
}

type labelsOutput struct {
	Body struct {
		Accepted int `json:"accepted"`
	}
}

func (s *server) labels(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "import-labels", Method: http.MethodPost, Path: "/api/v1/labels", Summary: "Feed in what accounts turned out to be",
		Description: "At most 500 at once; all are taken or none.", Tags: []string{"labels"},
	}, console.ImportLabel), s.importLabels)
}

func (s *server) importLabels(ctx context.Context, in *labelsInput) (*labelsOutput, error) {
	now := s.o.Now().UTC()
	labels := make([]enforcement.Label, 0, len(in.Body.Labels))
	for i, l := range in.Body.Labels {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, s.internal(ctx, "making an id", err)
		}
		label := enforcement.Label{
			ID: id.String(), Time: now, Site: s.o.Site, Account: l.Account, Value: l.Value,
			Source: enforcement.SourceReport, Inclusion: l.Inclusion, Actor: callerOf(ctx).Name, Reason: l.Reason, Operator: l.Operator,
		}
		if l.Source != "" {
			label.Source = l.Source
		}
		if l.VisitDay != "" {
			if label.VisitDay, err = time.Parse(time.DateOnly, l.VisitDay); err != nil {
				return nil, huma.Error422UnprocessableEntity("visit_day", &huma.ErrorDetail{
					Location: "body.labels[" + strconv.Itoa(i) + "].visit_day", Message: "not a date", Value: l.VisitDay,
				})
			}
		}
		labels = append(labels, label)
	}
	if err := s.Labels.Add(ctx, labels); err != nil {
		return nil, s.internal(ctx, "storing the labels", err)
	}
	out := &labelsOutput{}
	out.Body.Accepted = len(labels)
	return out, s.record(ctx, "labels.import", s.o.Site, "", nil, out.Body)
}

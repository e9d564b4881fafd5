package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
)

// Mode is the kill switch of a site.
type Mode interface {
	// Observing reports whether nothing acts at present.
	Observing(ctx context.Context) (bool, error)
	// SetObserving turns it on or off for the whole fleet, within a second.
	SetObserving(ctx context.Context, on bool, actor, reason string) error
}

type modeBody struct {
	Observe bool `json:"observe" doc:"true: nothing acts, everything is recorded"`
}

type modeInput struct {
	Body struct {
		Observe bool   `json:"observe" doc:"true: nothing acts, everything is recorded"`
		Reason  string `json:"reason" minLength:"3" maxLength:"500"`
	}
}

type modeOutput struct{ Body modeBody }

func (s *server) mode(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-mode", Method: http.MethodGet, Path: "/api/v1/mode", Summary: "Whether the gate acts or only observes", Tags: []string{"mode"},
	}, console.ReadReview), func(ctx context.Context, _ *struct{}) (*modeOutput, error) {
		on, err := s.Mode.Observing(ctx)
		if err != nil {
			return nil, s.internal(ctx, "reading the mode", err)
		}
		return &modeOutput{modeBody{on}}, nil
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "set-mode", Method: http.MethodPut, Path: "/api/v1/mode", Summary: "Turn the kill switch", Tags: []string{"mode"},
	}, console.SwitchMode), func(ctx context.Context, in *modeInput) (*modeOutput, error) {
		before, err := s.Mode.Observing(ctx)
		if err == nil {
			err = s.Mode.SetObserving(ctx, in.Body.Observe, callerOf(ctx).Name, in.Body.Reason)
		}
		if err != nil {
			return nil, s.internal(ctx, "turning the kill switch", err)
		}
		after := modeBody{in.Body.Observe}
		return &modeOutput{after}, s.record(ctx, "mode.set", s.o.Site, in.Body.Reason, modeBody{before}, after)
	})
}

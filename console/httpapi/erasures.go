package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/erasure"
)

// Erasures take accounts out of every store; *erasure.Service is one.
type Erasures interface {
	Request(ctx context.Context, account, actor, reason string) (erasure.Job, error)
	Get(ctx context.Context, id string) (erasure.Job, error)
	List(ctx context.Context) ([]erasure.Job, error)
}

type erasureInput struct {
	Body struct {
		Account string `json:"account" minLength:"1" maxLength:"256"`
		Reason  string `json:"reason" minLength:"3" maxLength:"500" doc:"Who asked for it, and how; the account's number is taken out of it"`
	}
}

type erasureOutput struct{ Body erasure.Job }

type erasuresOutput struct {
	Body struct {
		Erasures []erasure.Job `json:"erasures"`
	}
}

func (s *server) erasures(api huma.API) {
	const path = "/api/v1/erasures"
	tags := []string{"erasure"}
	huma.Register(api, needs(huma.Operation{
		OperationID: "erase-account", Method: http.MethodPost, Path: path, Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Have an account named nowhere any more, in the background",
		Description: "Accounts that the booking system erases follow by themselves. What counts against a rule stays under a pseudonym; " +
			"the audit log of the past, which cannot be changed, keeps the number.",
	}, console.EraseData), func(ctx context.Context, in *erasureInput) (*erasureOutput, error) {
		j, err := s.Erasures.Request(ctx, in.Body.Account, callerOf(ctx).Name, in.Body.Reason)
		if err != nil {
			return nil, s.erasureError(ctx, "queueing the erasure", err)
		}
		// By its own number: the audit log must not name the account anew.
		return &erasureOutput{j}, s.record(ctx, "account.erase", "erasure:"+j.ID, j.Reason, nil, j)
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-erasures", Method: http.MethodGet, Path: path, Tags: tags, Summary: "The newest erasures and how far they are, at most 200",
	}, console.EraseData), func(ctx context.Context, _ *struct{}) (*erasuresOutput, error) {
		list, err := s.Erasures.List(ctx)
		if err != nil {
			return nil, s.internal(ctx, "listing the erasures", err)
		}
		out := &erasuresOutput{}
		out.Body.Erasures = list
		return out, nil
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-erasure", Method: http.MethodGet, Path: path + "/{id}", Tags: tags, Summary: "One erasure and how far it is",
	}, console.EraseData), func(ctx context.Context, in *struct {
		ID string `path:"id" maxLength:"64"`
	},
	) (*erasureOutput, error) {
		j, err := s.Erasures.Get(ctx, in.ID)
		if err != nil {
			return nil, s.erasureError(ctx, "reading the erasure", err)
		}
		return &erasureOutput{j}, nil
	})
}

func (s *server) erasureError(ctx context.Context, doing string, err error) error {
	switch {
	case errors.Is(err, erasure.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, erasure.ErrBadInput):
		return huma.Error422UnprocessableEntity(err.Error())
	default:
		return s.internal(ctx, doing, err)
	}
}

package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
)

// Keys are what programs are let in by; *store.Store is one.
type Keys interface {
	Keys(ctx context.Context, after string, limit int) ([]console.APIKey, error)
	CreateKey(ctx context.Context, k console.APIKey) (console.APIKey, string, error)
	RevokeKey(ctx context.Context, name string) (before console.APIKey, err error)
}

// maxKeyLife is how long an API key lasts at most.
const maxKeyLife = 366 * 24 * time.Hour

type keysOutput struct {
	Body struct {
		Keys []console.APIKey `json:"keys" doc:"By name; expired and revoked ones, too"`
		Next string           `json:"next,omitempty" doc:"Give it as after, for the next page"`
	}
}

type createKeyInput struct {
	Body struct {
		Name      string       `json:"name" pattern:"^[a-z][a-z0-9._-]{1,31}$" doc:"It stands in the audit log, and is never given again"`
		Role      console.Role `json:"role" enum:"analyst,security,administrator,box_office,auditor"`
		Sensitive bool         `json:"sensitive,omitempty" doc:"May do what operators have to give their password for: reveal, export, decide in bulk, change operators"`
		Expires   time.Time    `json:"expires_at" doc:"Within 366 days"`
		Reason    string       `json:"reason" minLength:"3" maxLength:"500"`
	}
}

type createKeyOutput struct {
	Body struct {
		console.APIKey
		Key string `json:"key" doc:"Send it as Authorization: Bearer. Shown this once"`
	}
}

func (s *server) keys(api huma.API) {
	const path = "/api/v1/api-keys"
	tags := []string{"operators"}
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-api-keys", Method: http.MethodGet, Path: path, Summary: "The API keys of programs", Tags: tags,
	}, console.ReadOperators), s.listKeys)
	huma.Register(api, sensitive(needs(huma.Operation{
		OperationID: "create-api-key", Method: http.MethodPost, Path: path, Summary: "Make an API key", DefaultStatus: http.StatusCreated, Tags: tags,
	}, console.EditOperators)), s.createKey)
	huma.Register(api, needs(huma.Operation{
		OperationID: "revoke-api-key", Method: http.MethodPost, Path: path + "/{name}/revoke", Summary: "End an API key at once and for good",
		DefaultStatus: http.StatusNoContent, Tags: tags,
	}, console.EditOperators), s.revokeKey)
}

func (s *server) listKeys(ctx context.Context, in *namesInput) (*keysOutput, error) {
	list, err := s.Keys.Keys(ctx, in.After, in.Limit)
	if err != nil {
		return nil, s.internal(ctx, "listing the API keys", err)
	}
	out := &keysOutput{}
	out.Body.Keys = append([]console.APIKey{}, list...)
	if len(list) == in.Limit {
		out.Body.Next = list[len(list)-1].Name
	}
	return out, nil
}

func (s *server) createKey(ctx context.Context, in *createKeyInput) (*createKeyOutput, error) {
	now := s.o.Now()
	if expires := in.Body.Expires; !expires.After(now) || expires.After(now.Add(maxKeyLife)) {
		return nil, huma.Error422UnprocessableEntity("expires_at has to lie within the next 366 days",
			&huma.ErrorDetail{Location: "body.expires_at", Message: "has to lie within the next 366 days", Value: expires})
	}
	expires := in.Body.Expires.UTC()
	k, key, err := s.Keys.CreateKey(ctx, console.APIKey{
		Name: in.Body.Name, Role: in.Body.Role, Sensitive: in.Body.Sensitive, CreatedBy: callerOf(ctx).Name, ExpiresAt: &expires,
	})
	if err != nil {
		return nil, s.userError(ctx, "making the API key", err)
	}
	out := &createKeyOutput{}
	out.Body.APIKey, out.Body.Key = k, key
	return out, s.record(ctx, "api_key.create", k.Name, in.Body.Reason, nil, k)
}

func (s *server) revokeKey(ctx context.Context, in *endOperatorInput) (*struct{}, error) {
	before, err := s.Keys.RevokeKey(ctx, in.Name)
	if err != nil {
		return nil, s.userError(ctx, "revoking the API key", err)
	}
	return nil, s.record(ctx, "api_key.revoke", in.Name, in.Body.Reason, before, nil)
}

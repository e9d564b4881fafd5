package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
)

// Users are the operators' accounts; *store.Store is one.
type Users interface {
	Users(ctx context.Context, after string, limit int) ([]console.User, error)
	CreateUser(ctx context.Context, name string, role console.Role) (console.User, string, error)
	SetRole(ctx context.Context, actor, name string, role console.Role) (before, after console.User, err error)
	SetDisabled(ctx context.Context, actor, name string, disabled bool) (before, after console.User, err error)
	ResetPassword(ctx context.Context, actor, name string) (string, error)
}

// namesInput is where in a list by name to read.
type namesInput struct {
	After string `query:"after" maxLength:"64" doc:"The last name of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type usersOutput struct {
	Body struct {
		Users []console.User `json:"users" doc:"By name"`
		Next  string         `json:"next,omitempty" doc:"Give it as after, for the next page"`
	}
}

type createUserInput struct {
	Body struct {
		Name   string       `json:"name" pattern:"^[a-z][a-z0-9._-]{1,31}$" doc:"Small letters, digits and . _ -; it stands in the audit log and cannot be changed"`
		Role   console.Role `json:"role" enum:"analyst,security,administrator,box_office,auditor"`
		Reason string       `json:"reason" minLength:"3" maxLength:"500"`
	}
}

// oneTime is an account with a password that is shown this once.
type oneTime struct {
	User     *console.User `json:"user,omitempty"`
	Password string        `json:"one_time_password" doc:"To be changed at the first sign-in. Shown this once"`
}

type oneTimeOutput struct{ Body oneTime }

type userOutput struct{ Body console.User }

type setRoleInput struct {
	Name string `path:"name" maxLength:"64"`
	Body struct {
		Role   console.Role `json:"role" enum:"analyst,security,administrator,box_office,auditor"`
		Reason string       `json:"reason" minLength:"3" maxLength:"500"`
	}
}

func (s *server) users(api huma.API) {
	const path = "/api/v1/users"
	tags := []string{"operators"}
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-users", Method: http.MethodGet, Path: path, Summary: "The operators", Tags: tags,
	}, console.ReadOperators), s.listUsers)
	huma.Register(api, sensitive(needs(huma.Operation{
		OperationID: "create-user", Method: http.MethodPost, Path: path, Summary: "Make an operator, with a one-time password", DefaultStatus: http.StatusCreated, Tags: tags,
	}, console.EditOperators)), s.createUser)
	huma.Register(api, sensitive(needs(huma.Operation{
		OperationID: "set-role", Method: http.MethodPut, Path: path + "/{name}/role", Summary: "Give an operator another role",
		Description: "Ends their sessions. Nobody changes their own role, and the last administrator stays one (409).", Tags: tags,
	}, console.EditOperators)), s.setRole)
	huma.Register(api, needs(huma.Operation{
		OperationID: "disable-user", Method: http.MethodPost, Path: path + "/{name}/disable", Summary: "Shut an operator out at once", Tags: tags,
	}, console.EditOperators), func(ctx context.Context, in *endOperatorInput) (*userOutput, error) {
		return s.setDisabled(ctx, in, true)
	})
	huma.Register(api, sensitive(needs(huma.Operation{
		OperationID: "enable-user", Method: http.MethodPost, Path: path + "/{name}/enable", Summary: "Let an operator in again", Tags: tags,
	}, console.EditOperators)), func(ctx context.Context, in *endOperatorInput) (*userOutput, error) {
		return s.setDisabled(ctx, in, false)
	})
	huma.Register(api, sensitive(needs(huma.Operation{
		OperationID: "reset-password", Method: http.MethodPost, Path: path + "/{name}/password", Summary: "Give an operator a new one-time password",
		Description: "Ends their sessions. The second factor stays.", Tags: tags,
	}, console.EditOperators)), s.resetPassword)
}

func (s *server) listUsers(ctx context.Context, in *namesInput) (*usersOutput, error) {
	list, err := s.Users.Users(ctx, in.After, in.Limit)
	if err != nil {
		return nil, s.internal(ctx, "listing the operators", err)
	}
	out := &usersOutput{}
	out.Body.Users = append([]console.User{}, list...)
	if len(list) == in.Limit {
		out.Body.Next = list[len(list)-1].Name
	}
	return out, nil
}

func (s *server) createUser(ctx context.Context, in *createUserInput) (*oneTimeOutput, error) {
	u, password, err := s.Users.CreateUser(ctx, in.Body.Name, in.Body.Role)
	if err != nil {
		return nil, s.userError(ctx, "making the operator", err)
	}
	return &oneTimeOutput{oneTime{&u, password}}, s.record(ctx, "user.create", u.Name, in.Body.Reason, nil, u)
}

func (s *server) setRole(ctx context.Context, in *setRoleInput) (*userOutput, error) {
	before, after, err := s.Users.SetRole(ctx, callerOf(ctx).Name, in.Name, in.Body.Role)
	if err != nil {
		return nil, s.userError(ctx, "changing the role", err)
	}
	return &userOutput{after}, s.record(ctx, "user.role", in.Name, in.Body.Reason, before, after)
}

func (s *server) setDisabled(ctx context.Context, in *endOperatorInput, disabled bool) (*userOutput, error) {
	before, after, err := s.Users.SetDisabled(ctx, callerOf(ctx).Name, in.Name, disabled)
	if err != nil {
		return nil, s.userError(ctx, "changing the operator", err)
	}
	action := map[bool]string{true: "user.disable", false: "user.enable"}[disabled]
	return &userOutput{after}, s.record(ctx, action, in.Name, in.Body.Reason, before, after)
}

func (s *server) resetPassword(ctx context.Context, in *endOperatorInput) (*oneTimeOutput, error) {
	password, err := s.Users.ResetPassword(ctx, callerOf(ctx).Name, in.Name)
	if err != nil {
		return nil, s.userError(ctx, "resetting the password", err)
	}
	return &oneTimeOutput{oneTime{Password: password}}, s.record(ctx, "password.reset", in.Name, in.Body.Reason, nil, nil)
}

func (s *server) userError(ctx context.Context, what string, err error) error {
	switch {
	case errors.Is(err, console.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, console.ErrBadName):
		return huma.Error422UnprocessableEntity(err.Error(), &huma.ErrorDetail{Location: "body.name", Message: "cannot be taken"})
	case errors.Is(err, console.ErrTaken), errors.Is(err, console.ErrLastAdministrator), errors.Is(err, console.ErrOwnAccount):
		return huma.Error409Conflict(err.Error())
	default:
		return s.internal(ctx, what, err)
	}
}

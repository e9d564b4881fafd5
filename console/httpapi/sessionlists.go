package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
)

// Sessions are who is signed in; *store.Store is one.
type Sessions interface {
	Sessions(ctx context.Context, name string, limit int) ([]console.Session, error)
	EndSession(ctx context.Context, name, id string) (owner string, err error)
	EndSessions(ctx context.Context, name, except string) (int, error)
}

// maxSessionsShown bounds the list of everybody's sessions.
const maxSessionsShown = 500

// shownSession is a session in a list.
type shownSession struct {
	console.Session
	Current bool `json:"current" doc:"It is the one that asks"`
}

type sessionsInput struct {
	Operator string `query:"operator" maxLength:"64" doc:"Only this operator's"`
}

type sessionsOutput struct {
	Body struct {
		Sessions []shownSession `json:"sessions" doc:"The last used first, at most 500"`
	}
}

type endSessionInput struct {
	ID string `path:"id" maxLength:"64"`
}

type endOperatorInput struct {
	Name string `path:"name" maxLength:"64"`
	Body reasonBody
}

type countOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		Ended int `json:"ended" doc:"How many sessions were ended"`
	}
}

func (s *server) sessionLists(api huma.API) {
	const own, all = "/api/v1/me/sessions", "/api/v1/sessions"
	tags := []string{"session"}
	huma.Register(api, signedIn(huma.Operation{
		OperationID: "list-own-sessions", Method: http.MethodGet, Path: own, Summary: "One's own sessions", Tags: tags,
	}), func(ctx context.Context, _ *struct{}) (*sessionsOutput, error) {
		return s.listSessions(ctx, callerOf(ctx).Name)
	})
	huma.Register(api, signedIn(huma.Operation{
		OperationID: "end-own-session", Method: http.MethodDelete, Path: own + "/{id}", Summary: "End one of one's own sessions",
		DefaultStatus: http.StatusNoContent, Tags: tags,
	}), func(ctx context.Context, in *endSessionInput) (*endedOutput, error) {
		return s.endSession(ctx, callerOf(ctx).Name, in.ID)
	})
	huma.Register(api, signedIn(huma.Operation{
		OperationID: "end-own-sessions", Method: http.MethodDelete, Path: own, Summary: "End all of one's own sessions but this", Tags: tags,
	}), func(ctx context.Context, _ *struct{}) (*countOutput, error) {
		who := callerOf(ctx)
		return s.endSessions(ctx, who.Name, who.Session.ID, "")
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "list-sessions", Method: http.MethodGet, Path: all, Summary: "Everybody's sessions", Tags: tags,
	}, console.ReadOperators), func(ctx context.Context, in *sessionsInput) (*sessionsOutput, error) {
		return s.listSessions(ctx, in.Operator)
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "end-session", Method: http.MethodDelete, Path: all + "/{id}", Summary: "End anybody's session",
		DefaultStatus: http.StatusNoContent, Tags: tags,
	}, console.EditOperators), func(ctx context.Context, in *endSessionInput) (*endedOutput, error) {
		return s.endSession(ctx, "", in.ID)
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "end-operator-sessions", Method: http.MethodPost, Path: "/api/v1/users/{name}/sign-out", Summary: "End all sessions of an operator", Tags: tags,
	}, console.EditOperators), func(ctx context.Context, in *endOperatorInput) (*countOutput, error) {
		return s.endSessions(ctx, in.Name, "", in.Body.Reason)
	})
}

func (s *server) listSessions(ctx context.Context, name string) (*sessionsOutput, error) {
	list, err := s.Sessions.Sessions(ctx, name, maxSessionsShown)
	if err != nil {
		return nil, s.internal(ctx, "listing the sessions", err)
	}
	out := &sessionsOutput{}
	out.Body.Sessions = []shownSession{}
	for _, x := range list {
		out.Body.Sessions = append(out.Body.Sessions, shownSession{x, x.ID == callerOf(ctx).Session.ID})
	}
	return out, nil
}

func (s *server) endSession(ctx context.Context, name, id string) (*endedOutput, error) {
	owner, err := s.Sessions.EndSession(ctx, name, id)
	if errors.Is(err, console.ErrNotFound) {
		return nil, huma.Error404NotFound(err.Error())
	}
	if err != nil {
		return nil, s.internal(ctx, "ending the session", err)
	}
	out := &endedOutput{}
	if who := callerOf(ctx); who.Session.ID == id {
		out = who.ended()
	}
	return out, s.record(ctx, "session.end", owner, "", map[string]string{"session": id}, nil)
}

func (s *server) endSessions(ctx context.Context, name, except, reason string) (*countOutput, error) {
	n, err := s.Sessions.EndSessions(ctx, name, except)
	if err != nil {
		return nil, s.internal(ctx, "ending the sessions", err)
	}
	out := &countOutput{}
	out.Body.Ended = n
	if who := callerOf(ctx); except == "" && name == who.Name {
		out.SetCookie = who.ended().SetCookie
	}
	return out, s.record(ctx, "session.end_all", name, reason, map[string]int{"sessions": n}, nil)
}

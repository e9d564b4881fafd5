package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/mode"
	"fairgate/rules"
)

// Mode is the kill switch of a site.
type Mode interface {
	// Observing reports whether nothing acts at present.
	Observing(ctx context.Context) (bool, error)
	// SetObserving turns it on or off for the whole fleet, within a second.
	SetObserving(ctx context.Context, on bool, actor, reason string) error
	// Routes lists the routes that were turned by themselves.
	Routes(ctx context.Context) ([]mode.Route, error)
	// SetRoute turns one route on or off for the whole fleet, within a second.
	SetRoute(ctx context.Context, route string, on bool, actor, reason string) error
}

type modeBody struct {
	Observe bool `json:"observe" doc:"true: nothing acts, everything is recorded"`
}

type routesBody struct {
	Observe bool         `json:"observe" doc:"true: nothing acts, everything is recorded"`
	Routes  []mode.Route `json:"routes" doc:"The routes that were turned by themselves; others do as the site and the route table say"`
}

type routesOutput struct{ Body routesBody }

type routeInput struct {
	Body struct {
		Route   string `json:"route" minLength:"1" maxLength:"64" doc:"Its id in the gateway's route table"`
		Observe bool   `json:"observe" doc:"true: nothing acts on its requests, everything is recorded"`
		Reason  string `json:"reason" minLength:"3" maxLength:"500"`
	}
}

type modeInput struct {
	Body struct {
		Observe bool   `json:"observe" doc:"true: nothing acts, everything is recorded"`
		Reason  string `json:"reason" minLength:"3" maxLength:"500"`
	}
}

type modeOutput struct{ Body modeBody }

func (s *server) modes(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-mode", Method: http.MethodGet, Path: "/api/v1/mode", Summary: "Whether the gate acts or only observes", Tags: []string{"mode"},
	}, console.ReadReview), s.readMode)
	huma.Register(api, needs(huma.Operation{
		OperationID: "set-route-mode", Method: http.MethodPut, Path: "/api/v1/mode/routes", Summary: "Turn the kill switch of one route", Tags: []string{"mode"},
	}, console.SwitchMode), s.setRoute)
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

func (s *server) readMode(ctx context.Context, _ *struct{}) (*routesOutput, error) {
	out := &routesOutput{}
	var err error
	if out.Body.Observe, err = s.Mode.Observing(ctx); err != nil {
		return nil, s.internal(ctx, "reading the mode", err)
	}
	routes, err := s.Mode.Routes(ctx)
	if err != nil {
		return nil, s.internal(ctx, "reading the mode", err)
	}
	out.Body.Routes = append([]mode.Route{}, routes...)
	return out, nil
}

func (s *server) setRoute(ctx context.Context, in *routeInput) (*modeOutput, error) {
	routes, err := s.Mode.Routes(ctx)
	turned := slices.ContainsFunc(routes, func(r mode.Route) bool { return r.Route == in.Body.Route && r.Observe })
	// What a former table turned can be turned back.
	if err == nil && len(s.o.Routes) > 0 && !slices.Contains(s.o.Routes, in.Body.Route) && (in.Body.Observe || !turned) {
		return nil, s.noRoute(in.Body.Route)
	}
	if err == nil {
		err = s.Mode.SetRoute(ctx, in.Body.Route, in.Body.Observe, callerOf(ctx).Name, in.Body.Reason)
	}
	if errors.Is(err, mode.ErrBadRoute) {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	if err != nil {
		return nil, s.internal(ctx, "turning the kill switch of a route", err)
	}
	before := modeBody{turned}
	after := modeBody{in.Body.Observe}
	return &modeOutput{after}, s.record(ctx, "mode.set_route", in.Body.Route, in.Body.Reason, before, after)
}

// noRoute refuses an id that the route table does not have, and says which it
// has.
func (s *server) noRoute(id string) error {
	return huma.Error422UnprocessableEntity(
		fmt.Sprintf("route: %q is no id in the route table%s; it has: %s", id, rules.DidYouMean(id, s.o.Routes), strings.Join(s.o.Routes, ", ")),
		&huma.ErrorDetail{Location: "body.route", Message: "is no id in the route table", Value: id})
}

package httpapi

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"fairgate/console"
	"fairgate/console/engines"
	"fairgate/console/live"
)

// Live hands out moving figures; *live.Hub is one.
type Live interface {
	Subscribe(s live.Subscription) (*live.Listener, error)
}

// Glances tell whose session a token opens without counting as a use of it;
// *store.Store is one.
type Glances interface {
	Glance(ctx context.Context, token string) (console.Identity, error)
}

// Engines tell how engines and processes are; *engines.Monitor is one.
type Engines interface {
	Health(ctx context.Context) engines.Health
}

type liveInput struct {
	Topics string `query:"topics" required:"true" minLength:"1" maxLength:"512" doc:"What to watch, separated by commas: overview, alerts, engines, release:POOL@YYYY-MM-DD; at most 8"`
	After  string `header:"Last-Event-ID" maxLength:"64" doc:"The id of the last event that was seen; browsers send it by themselves"`
}

type enginesOutput struct{ Body engines.Health }

const liveText = `Server-sent events: about once a second, for each topic, an event that is called as the topic, with the frame as data and an id to resume from. ` +
	`Frames are computed once for all listeners. A stream begins with the newest frame of each topic, or, given Last-Event-ID, with those after it; ` +
	`where some are no longer kept, with the event "gap". Comments keep silent streams alive. Before the console ends a stream it says why in the event "bye": ` +
	`slow (frames were not taken), session_over, stopping. The schema names the data of each event.

Topics need permissions: alerts ` + "`alerts.read`, engines `engines.read`, release `ticketing.read`." + ` An operator may have 8 streams open; share one among a browser's tabs.`

// desk mounts what moves, what is looked for, and the way to the booking system.
func (s *server) desk(api huma.API) {
	s.live(api)
	s.ticketing(api)
	s.search(api)
	s.qualitySplits(api)
}

// maxWrite is how long a listener may take for one frame before its connection
// is closed.
const maxWrite = 10 * time.Second

func (s *server) live(api huma.API) {
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[live.Events](), true, "LiveEvents")
	huma.Register(api, needs(huma.Operation{
		OperationID: "watch-live", Method: http.MethodGet, Path: "/api/v1/live", Summary: "Watch moving figures", Description: liveText,
		Tags: []string{"overview"}, Errors: []int{http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable},
		Responses: map[string]*huma.Response{"200": {
			Description: "A stream of server-sent events, until either side ends it",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: schema}},
		}},
	}, console.ReadOverview), s.watchLive)
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-engines", Method: http.MethodGet, Path: "/api/v1/engines", Summary: "How engines and processes are",
		Description: "Engines are probed every five seconds. Errors are classed; their text, which may name addresses, is in the log.",
		Tags:        []string{"system"},
	}, console.ReadEngines), func(ctx context.Context, _ *struct{}) (*enginesOutput, error) {
		if s.Engines == nil {
			return nil, huma.Error503ServiceUnavailable("the engines' health is not watched by this process")
		}
		return &enginesOutput{s.Engines.Health(ctx)}, nil
	})
}

func (s *server) watchLive(ctx context.Context, in *liveInput) (*huma.StreamResponse, error) {
	topics, err := live.ParseTopics(in.Topics)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	who := callerOf(ctx)
	for _, t := range topics {
		if need := topicPermission(t); !who.Role.May(need) {
			return nil, problem(http.StatusForbidden, problemRole, "the role "+string(who.Role)+" does not hold the permission "+string(need)+", which the topic "+string(t)+" needs"+holders(need))
		}
	}
	if s.Live == nil {
		return nil, huma.Error503ServiceUnavailable("this process has no live figures")
	}
	listener, err := s.Live.Subscribe(live.Subscription{
		Operator: who.Name, Topics: topics, After: in.After, Check: s.stillMay(who, topics),
	})
	switch {
	case errors.Is(err, live.ErrTooMany):
		return nil, huma.Error429TooManyRequests(err.Error())
	case errors.Is(err, live.ErrStopping):
		return nil, huma.Error503ServiceUnavailable(err.Error())
	case err != nil:
		return nil, s.internal(ctx, "opening the stream", err)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/event-stream; charset=utf-8")
		hc.SetHeader("Cache-Control", "no-store")
		hc.SetHeader("X-Accel-Buffering", "no")
		c := humafiber.Unwrap(hc).Context()
		// Of unknown size: every Read is a chunk that goes out at once.
		c.SetBodyStream(&eventReader{listener: listener, conn: c.Conn()}, -1)
	}}, nil
}

// topicPermission is what a topic takes beside the stream itself.
func topicPermission(t live.Topic) console.Permission {
	switch t {
	case live.TopicOverview:
		return console.ReadOverview
	case live.TopicAlerts:
		return console.ReadAlerts
	case live.TopicEngines:
		return console.ReadEngines
	}
	return console.ReadTicketing
}

// stillMay checks a stream's session again: it must be open, and its role the
// same.
func (s *server) stillMay(who caller, topics []live.Topic) func(context.Context) error {
	return func(ctx context.Context) error {
		p, err := s.Glances.Glance(ctx, who.token)
		if errors.Is(err, console.ErrSignedOut) {
			return live.ErrOver
		}
		if err != nil {
			return err
		}
		for _, t := range topics {
			if p.MustChange || !p.Role.May(topicPermission(t)) {
				return live.ErrOver
			}
		}
		return nil
	}
}

// eventReader is a listener as the server reads it: one event, one Read.
type eventReader struct {
	listener *live.Listener
	conn     net.Conn
	rest     []byte
}

var _ io.ReadCloser = (*eventReader)(nil)

// Read waits for the next event. The server's own time limit is for whole
// answers; a stream has one for each event.
func (r *eventReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		next, err := r.listener.Next()
		if err != nil {
			return 0, err
		}
		r.rest = next
		if r.conn != nil {
			// Writing fails by itself where the connection is gone.
			_ = r.conn.SetWriteDeadline(time.Now().Add(maxWrite))
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close ends the stream.
func (r *eventReader) Close() error {
	r.listener.Close()
	return nil
}

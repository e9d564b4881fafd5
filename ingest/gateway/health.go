package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// readyTimeout bounds all readiness checks of one call together.
const readyTimeout = 2 * time.Second

// health answers /healthz (the process serves) and /readyz (what it needs is
// there), and reports whether it did. They are asked by the platform, so they
// are neither screened nor recorded; what is wrong is named, never why.
func (g *Gateway) health(x *exchange) bool {
	switch string(x.c.Request().Header.RequestURI()) {
	case "/healthz":
		x.c.Status(http.StatusOK)
		x.c.Response().SetBodyString("ok\n")
		return true
	case "/readyz":
		ctx, cancel := context.WithTimeout(x.c.UserContext(), readyTimeout)
		defer cancel()
		state := make(map[string]string, len(g.o.Ready))
		status := http.StatusOK
		for name, check := range g.o.Ready {
			state[name] = "ok"
			if err := check(ctx); err != nil {
				state[name], status = "not ready", http.StatusServiceUnavailable
				g.log.WarnContext(ctx, "not ready", "check", name, "error", err)
			}
		}
		body, err := json.Marshal(map[string]any{"ready": status == http.StatusOK, "checks": state})
		if err != nil { // a map of strings: it cannot fail
			status = http.StatusInternalServerError
		}
		x.c.Status(status)
		x.c.Set("Content-Type", "application/json")
		x.c.Response().SetBody(body)
		return true
	default:
		return false
	}
}

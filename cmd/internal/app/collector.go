package app

import (
	"net/http"

	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"fairgate/ingest/fingerprint"
	"fairgate/ingest/fingerprint/collector"
	"fairgate/ingest/gateway"
)

// mountCollector puts the judge of beacons and what it serves into the
// gateway's options, which have their mounts already.
func mountCollector(e Env, store collector.Store, o *gateway.Options) error {
	keys, err := rotated("keys.device", e.Config.Keys.Device, e.Config.Keys.DevicePrevious)
	if err != nil {
		return err
	}
	tokens, err := fingerprint.NewTokens(keys[0], fingerprint.TokenOptions{Previous: second(keys), Now: e.Now})
	if err != nil {
		return err
	}
	log := e.Log.With("part", "collector")
	service, err := collector.New(store, collector.Options{
		Site: e.Config.Site, Keys: keys, Tokens: tokens, Now: e.Now, Log: log, Registerer: e.Registry,
	})
	if err != nil {
		return err
	}
	identify := func(r *http.Request) string {
		visitor, _ := gateway.VisitorFrom(r.Context())
		return visitor.Subject.Device
	}
	handler, err := collector.NewHandler(service, identify)
	if err != nil {
		return err
	}
	o.Collector, o.CollectorPath = service, handler.ScriptPath()
	o.Mounts[collector.Mount] = adaptor.HTTPHandler(handler)
	return nil
}

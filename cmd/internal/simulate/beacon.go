package simulate

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/valyala/fasthttp"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/fingerprint/collector"
	"fairgate/ingest/fingerprint/pointer"
	"fairgate/ingest/gateway"
)

// Beacon does what the browser's collector does, where the actor's browser runs
// it: it asks for a nonce and posts what it saw. Neither is part of the visit:
// nobody waits for them.
func (v *Visit) Beacon(ctx context.Context) {
	if !v.Actor.Traits.Beacons || v.past || ctx.Err() != nil {
		return
	}
	var given struct {
		Nonce string `json:"nonce"`
	}
	// The first answer of all brings the device token that a nonce is for.
	for range 2 {
		v.scene.Sent.Request(v.Actor.Hostile)
		a, err := v.send(ctx, request{method: http.MethodGet, path: collector.NoncePath})
		if err != nil || a.ok() && json.Unmarshal(a.body, &given) != nil {
			return
		}
		if given.Nonce != "" {
			break
		}
	}
	v.do(ctx, request{method: http.MethodPost, path: gateway.CollectPath, body: v.beacon(given.Nonce)})
}

// beacon is a phone's: fingers move no pointer.
func (v *Visit) beacon(nonce string) collector.Beacon {
	return collector.Beacon{
		Version: collector.Version, Nonce: nonce, Source: ingest.SourceBrowser, At: v.now().UnixMilli(),
		Automation: []ingest.Trace{}, Pointer: &pointer.Summary{},
		Traits: collector.Traits{
			Agent: v.Actor.Traits.UserAgent, Languages: []string{v.Actor.Traits.Language}, Zone: "Asia/Shanghai", Offset: 480,
			Screen: collector.Screen{Width: 390, Height: 844, AvailW: 390, AvailH: 844, Depth: 24, Ratio: 3, TouchDots: 5},
		},
	}
}

// keepTelemetry keeps what the gateway gives a device to carry.
func (v *Visit) keepTelemetry(res *fasthttp.Response) {
	c := fasthttp.AcquireCookie()
	defer fasthttp.ReleaseCookie(c)
	c.SetKey(fingerprint.TelemetryCookie)
	if res.Header.Cookie(c) && len(c.Value()) > 0 {
		v.Actor.Device.Carry(string(c.Value()))
	}
}

// Carry stores what a beacon's answer gave to carry.
func (d *Device) Carry(telemetry string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.telemetry = telemetry
}

// Telemetry returns what the device carries.
func (d *Device) Telemetry() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.telemetry
}

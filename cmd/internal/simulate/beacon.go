package simulate

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

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
func (v *Visit) Beacon(ctx context.Context) { v.tell(ctx, nil) }

// FormBeacon is the one that leaves the booking form, with the rhythm of the
// keys that it was filled in with.
func (v *Visit) FormBeacon(ctx context.Context, people int) {
	if v.look.Beacons {
		keys := typing(v.rng, people, v.Actor.pastes)
		v.tell(ctx, &keys)
	}
}

func (v *Visit) tell(ctx context.Context, keys *collector.Keys) {
	if !v.look.Beacons || v.past || ctx.Err() != nil {
		return
	}
	if nonce, ok := v.nonce(ctx); ok {
		v.do(ctx, request{method: http.MethodPost, path: gateway.CollectPath, body: v.beacon(nonce, keys)})
	}
}

// nonce asks for one. The first answer of all brings the device token that a
// nonce is for.
func (v *Visit) nonce(ctx context.Context) (string, bool) {
	var given struct {
		Nonce string `json:"nonce"`
	}
	for range 2 {
		v.scene.Sent.Request(v.Actor.Hostile)
		a, err := v.send(ctx, request{method: http.MethodGet, path: collector.NoncePath})
		if err != nil || a.ok() && json.Unmarshal(a.body, &given) != nil {
			return "", false
		}
		if given.Nonce != "" {
			break
		}
	}
	return given.Nonce, true
}

func (v *Visit) beacon(nonce string, keys *collector.Keys) collector.Beacon {
	b := collector.Beacon{
		Version: collector.Version, Nonce: nonce, Source: ingest.SourceBrowser, At: v.now().Add(v.look.Skew).UnixMilli(),
		Automation: []ingest.Trace{}, Pointer: &pointer.Summary{}, Keys: keys, Traits: v.look.Traits,
	}
	if v.look.Mouse { // fingers move no pointer
		moved := hand(v.rng)
		b.Pointer = &moved
	}
	b.Traits.Languages, b.Traits.Zone, b.Traits.Offset = tags(v.look.Language), v.look.Zone, v.look.Offset
	return b
}

// tags are the languages of an Accept-Language header.
func tags(header string) []string {
	var out []string
	for part := range strings.SplitSeq(header, ",") {
		tag, _, _ := strings.Cut(part, ";")
		out = append(out, tag)
	}
	return out
}

// keepTelemetry keeps what the gateway gives a device to carry.
func (v *Visit) keepTelemetry(res *fasthttp.Response) {
	c := fasthttp.AcquireCookie()
	defer fasthttp.ReleaseCookie(c)
	c.SetKey(fingerprint.TelemetryCookie)
	if res.Header.Cookie(c) && len(c.Value()) > 0 {
		v.device.Carry(string(c.Value()))
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

package simulate

import "sync"

// Device is a browser or phone: it keeps the token that the gateway gave it.
type Device struct {
	mu    sync.Mutex
	token string
	// telemetry is what the gateway gave it to carry of its last beacon.
	telemetry string
	hands     turn // whose it is at the moment
}

// NewDevice makes a device that nobody has used yet.
func NewDevice() *Device { return &Device{} }

// Token returns the device token, empty before the first answer.
func (d *Device) Token() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.token
}

// Keep stores the token of an answer.
func (d *Device) Keep(token string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.token = token
}

package collector

import (
	"fairgate/ingest"
	"fairgate/ingest/fingerprint/pointer"
)

// Version is the version of the beacon's form.
const Version = 1

// Beacon is what a collector posts: one JSON object with these names and no
// others. Everything but v, nonce, source and at may be missing; what is there
// must be of its type and within its bounds.
type Beacon struct {
	Version    int              `json:"v"`
	Nonce      string           `json:"nonce"`
	Source     ingest.Source    `json:"source"`
	At         int64            `json:"at"` // the device's clock, Unix milliseconds
	Traits     Traits           `json:"traits"`
	Automation []ingest.Trace   `json:"automation"`
	Pointer    *pointer.Summary `json:"pointer"`
	Keys       *Keys            `json:"keys"`
	Key        *PublicKey       `json:"key"`
}

// Traits are what stays the same from beacon to beacon. Pictures and sounds
// come as hashes, hexadecimal.
type Traits struct {
	Agent     string   `json:"agent"`
	Platform  string   `json:"platform"`
	Languages []string `json:"languages"`
	Zone      string   `json:"zone"`   // IANA time zone
	Offset    int      `json:"offset"` // minutes east of UTC
	Screen    Screen   `json:"screen"`
	Cores     int      `json:"cores"`
	Memory    float64  `json:"memory"` // GiB
	Plugins   int      `json:"plugins"`
	Canvas    string   `json:"canvas"`
	WebGL     string   `json:"webgl"`
	Renderer  string   `json:"renderer"`
	Audio     string   `json:"audio"`
	Fonts     string   `json:"fonts"`
	// Of mini-programs.
	Brand  string `json:"brand"`
	Model  string `json:"model"`
	System string `json:"system"`
	Client string `json:"client"` // version of WeChat and of its base library
}

// Screen is the display, in CSS pixels.
type Screen struct {
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	AvailW    int     `json:"avail_width"`
	AvailH    int     `json:"avail_height"`
	Depth     int     `json:"depth"`
	Ratio     float64 `json:"ratio"`
	TouchDots int     `json:"touch"`
}

// Keys is the rhythm of typing: never which keys. Times are milliseconds.
type Keys struct {
	Presses    int     `json:"presses"`
	Hold       float64 `json:"hold"` // mean time a key was held down
	HoldSpread float64 `json:"hold_spread"`
	Gap        float64 `json:"gap"` // mean time between presses; pauses over two seconds left out
	GapSpread  float64 `json:"gap_spread"`
	Pastes     int     `json:"pastes"`
}

// PublicKey is the device's own key, P-256, as WebCrypto exports it: the
// coordinates in base64url without padding.
type PublicKey struct {
	X string `json:"x"`
	Y string `json:"y"`
}

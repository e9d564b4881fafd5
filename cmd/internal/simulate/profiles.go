package simulate

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"

	"fairgate/ingest/fingerprint/collector"
	"fairgate/ingest/fingerprint/pointer"
)

// Profile is one browser on one model of device: what its requests and its
// collector tell. Many people have the same.
type Profile struct {
	Agent string
	// Hints are the client hints that Chromium sends, by name.
	Hints  [][2]string
	Traits collector.Traits
	// Mouse says that a pointer is moved by hand, not fingers.
	Mouse bool
}

// model is a kind of device that is sold in numbers.
type model struct {
	name, system  string // as the user agent has them
	width, height int
	ratio         float64
	renderer      string
	cores         int
	memory        float64
	share         float64
	ios, desktop  bool
}

// models are the devices of visitors, roughly as common as they are; among
// Android phones many kinds are rare.
func models() []model {
	iphone := func(width, height int, ratio, share float64, system string) model {
		return model{name: "iPhone", system: system, width: width, height: height, ratio: ratio, renderer: "Apple GPU", cores: 6, share: share, ios: true}
	}
	out := []model{
		iphone(390, 844, 3, 0.09, "18_5"), iphone(393, 852, 3, 0.08, "18_5"), iphone(430, 932, 3, 0.07, "18_5"),
		iphone(414, 896, 2, 0.05, "17_6_1"), iphone(375, 812, 3, 0.04, "16_7_10"), iphone(375, 667, 2, 0.02, "15_8_4"),
		{name: "Windows NT 10.0; Win64; x64", width: 1920, height: 1080, ratio: 1, renderer: "ANGLE (Intel, Intel(R) UHD Graphics)", cores: 8, memory: 8, share: 0.07, desktop: true},
		{name: "Windows NT 10.0; Win64; x64", width: 1536, height: 864, ratio: 1.25, renderer: "ANGLE (NVIDIA, GeForce RTX 3060)", cores: 12, memory: 8, share: 0.05, desktop: true},
		{name: "Macintosh; Intel Mac OS X 10_15_7", width: 1440, height: 900, ratio: 2, renderer: "Apple M2", cores: 8, memory: 8, share: 0.04, desktop: true},
	}
	codes := []string{
		"23127PN0CC", "V2227A", "ALN-AL00", "PHB110", "BVL-AN16", "24053PY09C", "V2309A", "PJA110", "SM-S9210", "2311DRK48C", "CLS-AL00",
		"RMX3888", "V2283A", "23013RK75C", "LIO-AL00", "PGEM10", "M2102K1C", "NOH-AN00", "ELZ-AN00", "V2055A", "22081212C", "OXF-AN00",
		"SM-G9910", "JAD-AL50", "PEQM00", "V1955A", "XT2301-5", "ANY-AN00", "KB2000", "MGA-AL40",
	}
	screens := [][2]int{{412, 915}, {393, 873}, {360, 780}, {384, 854}, {360, 800}, {424, 942}}
	gpus := []string{"Adreno (TM) 750", "Adreno (TM) 740", "Mali-G715", "Mali-G57", "Maleoon 910", "Adreno (TM) 619", "PowerVR GE8320"}
	left := 0.49
	for i, code := range codes {
		share := left * 0.12 // the next takes a part of what is left
		left -= share
		screen := screens[i%len(screens)]
		out = append(out, model{
			name: code, system: fmt.Sprint(10 + i%6), width: screen[0], height: screen[1], ratio: 2.75 + float64(i%3)/4,
			renderer: gpus[i%len(gpus)], cores: 8, memory: []float64{4, 8, 8}[i%3], share: share,
		})
	}
	return out
}

// profile draws a browser as visitors have them.
func profile(rng *rand.Rand, known []model) Profile {
	m, at := known[len(known)-1], rng.Float64()
	for _, each := range known {
		if at -= each.share; at < 0 {
			m = each
			break
		}
	}
	p := Profile{Mouse: m.desktop}
	build, version := rng.IntN(6), 114+rng.IntN(25)
	switch {
	case m.ios && rng.Float64() < 0.75:
		p.Agent = fmt.Sprintf("Mozilla/5.0 (iPhone; CPU iPhone OS %s like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.%d(0x18003c2f) NetType/%s Language/zh_CN",
			m.system, 50+2*build, netType(rng))
	case m.ios:
		version, _, _ := strings.Cut(m.system, "_")
		p.Agent = fmt.Sprintf("Mozilla/5.0 (iPhone; CPU iPhone OS %s like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/%s.%d Mobile/15E148 Safari/604.1", m.system, version, build)
	case m.desktop && strings.HasPrefix(m.name, "Mac") && rng.Float64() < 0.6:
		p.Agent = fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.%d Safari/605.1.15", m.name, build)
	case m.desktop:
		p.Agent = fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", m.name, version)
		if rng.Float64() < 0.4 {
			p.Agent += fmt.Sprintf(" Edg/%d.0.0.0", version)
		}
	case rng.Float64() < 0.7:
		p.Agent = fmt.Sprintf("Mozilla/5.0 (Linux; Android %s; %s Build/UKQ1.230804.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/%d.0.6723.103 Mobile Safari/537.36 XWEB/1300333 MMWEBSDK/20250201 MicroMessenger/8.0.%d.2841(0x28003A35) WeChat/arm64 Weixin NetType/%s Language/zh_CN ABI/arm64",
			m.system, m.name, version, 50+2*build, netType(rng))
	default:
		p.Agent = fmt.Sprintf("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Mobile Safari/537.36", version)
	}
	if strings.Contains(p.Agent, "Chrome/") && rng.Float64() < 0.8 { // the rest is behind a proxy that takes them out
		p.Hints = hints(p.Agent, version, m)
	}
	p.Traits = m.traits(p.Agent, build)
	return p
}

func netType(rng *rand.Rand) string { return []string{"WIFI", "5G", "4G"}[rng.IntN(3)] }

// hints are what Chromium says of itself.
func hints(agent string, version int, m model) [][2]string {
	platform, mobile := `"Android"`, "?1"
	if m.desktop {
		platform, mobile = `"Windows"`, "?0"
		if strings.HasPrefix(m.name, "Mac") {
			platform = `"macOS"`
		}
	}
	brand := "Google Chrome"
	switch {
	case strings.Contains(agent, "Edg/"):
		brand = "Microsoft Edge"
	case strings.Contains(agent, "; wv)"):
		brand = "Android WebView"
	}
	return [][2]string{
		{"Sec-CH-UA", fmt.Sprintf(`"Chromium";v="%d", "%s";v="%d", "Not)A;Brand";v="8"`, version, brand, version)},
		{"Sec-CH-UA-Mobile", mobile},
		{"Sec-CH-UA-Platform", platform},
	}
}

// traits are what the collector reads. Devices of one model and build draw the
// same pictures.
func (m model) traits(agent string, build int) collector.Traits {
	picture := func(what string) string {
		h := fnv.New128a()
		_, _ = fmt.Fprint(h, what, m.name, m.renderer, m.width, m.ios, build/2) // a hash never fails
		return hex.EncodeToString(h.Sum(nil))
	}
	t := collector.Traits{
		Agent: agent, Cores: m.cores, Memory: m.memory, Canvas: picture("canvas"), WebGL: picture("webgl"), Renderer: m.renderer,
		Audio: picture("audio"), Fonts: picture("fonts"),
		Screen: collector.Screen{Width: m.width, Height: m.height, AvailW: m.width, AvailH: m.height, Depth: 24, Ratio: m.ratio, TouchDots: 5},
	}
	switch {
	case m.ios:
		t.Platform = "iPhone"
	case m.desktop:
		t.Platform, t.Screen.TouchDots, t.Plugins, t.Screen.AvailH = "Win32", 0, 5, m.height-40
		if strings.HasPrefix(m.name, "Mac") {
			t.Platform = "MacIntel"
		}
	default:
		t.Platform = "Linux aarch64"
	}
	return t
}

// hand draws what a pointer moved by hand looks like in summary: strokes that
// begin and end slowly, bend a little, and are sampled as a screen refreshes.
func hand(rng *rand.Rand) pointer.Summary {
	var points []pointer.Point
	at, x, y := 0.0, 400.0, 300.0
	for range 6 + rng.IntN(12) {
		toX, toY := rng.Float64()*1200, rng.Float64()*700
		length := math.Hypot(toX-x, toY-y)
		took := (250 + rng.Float64()*500) * (0.6 + length/900)
		bend := rng.NormFloat64() * length * 0.08
		fromX, fromY, begin := x, y, at
		for at < begin+took {
			at += 16 + rng.ExpFloat64()*3
			part := min(1, (at-begin)/took)
			s := part * part * part * (10 - 15*part + 6*part*part) // minimum jerk
			off := bend*math.Sin(math.Pi*s) + rng.NormFloat64()*0.8
			x = fromX + (toX-fromX)*s - off*(toY-fromY)/max(length, 1)
			y = fromY + (toY-fromY)*s + off*(toX-fromX)/max(length, 1)
			points = append(points, pointer.Point{T: math.Round(at), X: math.Round(x), Y: math.Round(y)})
		}
		at += 150 + rng.ExpFloat64()*700
	}
	return pointer.Summarise(points)
}

// typing draws the rhythm of somebody who fills in names and numbers; pasted
// says that they come from a list.
func typing(rng *rand.Rand, people int, pasted bool) collector.Keys {
	gap := math.Exp(math.Log(210) + rng.NormFloat64()*0.4)
	k := collector.Keys{
		Presses: people * (14 + rng.IntN(12)), Hold: 70 + rng.Float64()*60, HoldSpread: 15 + rng.Float64()*30,
		Gap: gap, GapSpread: gap * (0.4 + rng.Float64()*0.7),
	}
	if pasted {
		k.Presses, k.Pastes = 2+rng.IntN(6), 2*people
	} else if rng.Float64() < 0.15 {
		k.Pastes = 1
	}
	return k
}

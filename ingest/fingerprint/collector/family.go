package collector

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"fairgate/ingest"
)

// minGroups is how many groups of traits a device must tell for a family: what
// tells less is like everything.
const minGroups = 5

// groups are the traits in groups that change together: an update of the
// browser changes how pictures and sounds come out, another monitor the screen,
// a journey the time zone. An empty group was not told. Nothing here names a
// version, a window's size or an address.
func (t *Traits) groups() []string {
	narrow, wide := min(t.Screen.Width, t.Screen.Height), max(t.Screen.Width, t.Screen.Height)
	screen, hardware, rendering, locale := "", "", "", ""
	if narrow > 0 {
		screen = fmt.Sprintf("%dx%d@%.2f/%d", narrow, wide, t.Screen.Ratio, t.Screen.Depth)
	}
	if t.Cores > 0 || t.Memory > 0 || t.Screen.TouchDots > 0 {
		hardware = fmt.Sprintf("%d/%g/%d", t.Cores, t.Memory, t.Screen.TouchDots)
	}
	if t.Canvas+t.WebGL+t.Audio != "" {
		rendering = t.Canvas + "/" + t.WebGL + "/" + t.Audio
	}
	if len(t.Languages) > 0 || t.Zone != "" {
		locale = strings.ToLower(strings.Join(t.Languages, ",")) + "/" + t.Zone
	}
	return []string{t.machine(), screen, strings.ToLower(t.Renderer), hardware, t.Fonts, rendering, locale}
}

// machine is what kind of device it says it is, without a version.
func (t *Traits) machine() string {
	if t.Brand+t.Model != "" {
		return strings.ToLower(t.Brand + "/" + t.Model)
	}
	agent := t.Agent
	if agent == "" && t.Platform == "" {
		return ""
	}
	parts := []string{strings.ToLower(t.Platform)}
	// "Mozilla/5.0 (Linux; Android 14; SM-G991B Build/…; wv)": the system's
	// fields, without their numbers.
	if _, rest, found := strings.Cut(agent, "("); found {
		system, _, _ := strings.Cut(rest, ")")
		for field := range strings.SplitSeq(system, ";") {
			field, _, _ = strings.Cut(strings.TrimSpace(field), " Build/")
			if strings.HasPrefix(field, "rv:") {
				continue
			}
			if strings.HasPrefix(field, "Android ") || strings.HasPrefix(field, "CPU ") || strings.HasPrefix(field, "Windows NT") || strings.HasPrefix(field, "Intel Mac") {
				field = strings.TrimRight(field, "0123456789._ ")
				field, _, _ = strings.Cut(field, " OS ")
			}
			parts = append(parts, strings.ToLower(field))
		}
	}
	return strings.Join(append(parts, engine(agent)), "/")
}

// engine is the family of the browser, for its fonts, pictures and hints are
// the engine's.
func engine(agent string) string {
	for _, mark := range []string{"MicroMessenger", "Edg", "OPR/", "Firefox/", "Chrome/", "CriOS", "Safari/"} {
		if strings.Contains(agent, mark) {
			return strings.ToLower(strings.Trim(mark, "/"))
		}
	}
	return "other"
}

// familyKeys are the names under which the device's family is looked for: for
// each group, a hash of all the others. Two devices share one of
// them exactly when they differ in at most one group (locality-sensitive
// hashing for the Hamming distance, with all the projections that leave one
// coordinate out). own is the id of a family that this device would found.
func (t *Traits) familyKeys(site string, source ingest.Source, least int) (own string, keys []string) {
	groups := t.groups()
	told := 0
	for _, g := range groups {
		if g != "" {
			told++
		}
	}
	if told < least {
		return "", nil
	}
	for i := range groups {
		others := slices.Clone(groups)
		others[i] = "*"
		keys = append(keys, digest(append([]string{site, string(source)}, others...)))
	}
	return digest(append([]string{site, string(source), "family"}, groups...)), keys
}

// imprint is a hash of all traits together, versions included: equal for devices
// that tell the very same.
func (t *Traits) imprint(source ingest.Source) string {
	s := t.Screen
	return digest([]string{
		string(source), t.Agent, t.Platform, strings.Join(t.Languages, ","), t.Zone, fmt.Sprint(t.Offset, s.Width, s.Height, s.AvailW, s.AvailH, s.Depth, s.Ratio, s.TouchDots),
		fmt.Sprint(t.Cores, t.Memory, t.Plugins), t.Canvas, t.WebGL, t.Renderer, t.Audio, t.Fonts, t.Brand, t.Model, t.System, t.Client,
	})
}

// digest is 16 hexadecimal digits over the parts, each framed by its length.
func digest(parts []string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part) // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// familyOf finds the device's family among those found under its keys, or
// founds its own. known is the one that the device carries from before: the
// token is the same, whatever else changed. Only a founder's keys are kept, so
// that a family is what differs from its founder in at most one group: were
// everybody's kept, chains of devices, each like the next, would become one
// family of all.
func familyOf(own, known string, found []string) (id string, founds bool) {
	if known != "" {
		return known, false
	}
	best, votes := "", map[string]int{}
	for _, f := range found {
		if f == "" {
			continue
		}
		votes[f]++
		if votes[f] > votes[best] || (votes[f] == votes[best] && f < best) {
			best = f
		}
	}
	if best != "" {
		return best, false
	}
	return own, true
}

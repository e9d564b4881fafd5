package fingerprint

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What can contradict a user agent.
const (
	mismatchHints    = "hints"    // Sec-CH-UA names another browser or version
	mismatchPlatform = "platform" // Sec-CH-UA-Platform names another system
	mismatchMobile   = "mobile"   // Sec-CH-UA-Mobile says otherwise
	mismatchHeaders  = "headers"  // headers that no script can set come as that browser never sends them
	mismatchTLS      = "tls"      // the TLS fingerprint is of no browser
)

// software is what a user agent says it is.
type software struct {
	engine   string // chromium, firefox, safari or empty
	major    int    // of Chromium or Firefox
	platform string // as Sec-CH-UA-Platform names it, or empty
	mobile   bool
}

// ja4 is the first part of a JA4 fingerprint: protocol, TLS version, whether a
// name was asked for, counts of ciphers and extensions, and the first ALPN
// (github.com/FoxIO-LLC/ja4).
var ja4 = regexp.MustCompile(`^[tqd](\d\d|s\d|d\d)[di]\d{4}([0-9a-z]{2})_`)

// number reads the whole number behind a mark, 0 where there is none.
func number(text, mark string) int {
	_, rest, found := strings.Cut(text, mark)
	if !found {
		return 0
	}
	end := 0
	for end < len(rest) && end < 4 && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(rest[:end]) // four digits at most
	return n
}

func softwareOf(agent string) software {
	s := software{mobile: strings.Contains(agent, "Mobile")}
	if !strings.HasPrefix(agent, "Mozilla/5.0 (") {
		return s
	}
	switch {
	case strings.Contains(agent, "iPhone") || strings.Contains(agent, "iPad"):
		s.platform = "iOS"
	case strings.Contains(agent, "Android"):
		s.platform = "Android"
	case strings.Contains(agent, "Windows"):
		s.platform = "Windows"
	case strings.Contains(agent, "CrOS"):
		s.platform = "Chrome OS"
	case strings.Contains(agent, "Macintosh"):
		s.platform = "macOS"
	case strings.Contains(agent, "Linux"):
		s.platform = "Linux"
	}
	// On iOS every browser is Safari's engine, whatever it calls itself.
	if v := number(agent, "Chrome/"); v > 0 && s.platform != "iOS" {
		s.engine, s.major = "chromium", v
	} else if v := number(agent, "Firefox/"); v > 0 {
		s.engine, s.major = "firefox", v
	} else if strings.Contains(agent, "Safari/") || s.platform == "iOS" {
		s.engine = "safari"
	}
	return s
}

// From which version on a browser tells its hints and where a request comes
// from.
const (
	hintsSince = 89
	fetchSince = 90
)

// mismatches names what contradicts the user agent. What is absent contradicts
// nothing: hints come over HTTPS only, privacy browsers leave them out, and the
// order of headers that scripts may set says nothing about the browser.
func (said software) mismatches(headers []Header, tls string) []string {
	if said.engine == "" {
		return nil
	}
	var out []string
	hints := First(headers, "Sec-CH-UA")
	if hints != "" && contradicts(said, hints) {
		out = append(out, mismatchHints)
	}
	platform := strings.Trim(First(headers, "Sec-CH-UA-Platform"), `" `)
	if platform != "" && said.platform != "" && said.engine == "chromium" && !samePlatform(said.platform, platform) {
		out = append(out, mismatchPlatform)
	}
	if mobile := First(headers, "Sec-CH-UA-Mobile"); (mobile == "?1" || mobile == "?0") && said.engine == "chromium" && (mobile == "?1") != said.mobile {
		out = append(out, mismatchMobile)
	}
	if oddFetch(said, headers, hints != "") {
		out = append(out, mismatchHeaders)
	}
	if m := ja4.FindStringSubmatch(tls); m != nil && (m[1] < "12" || m[2] != "h2" && m[2] != "h3") {
		out = append(out, mismatchTLS)
	}
	return out
}

// contradicts reports that the brands are not the agent's: only Chromium sends
// them, with its own version among them.
func contradicts(said software, hints string) bool {
	if said.engine != "chromium" {
		return true
	}
	version := number(hints, `"Chromium";v="`)
	return version != 0 && version != said.major // else a brand of its own
}

func samePlatform(said, hinted string) bool {
	switch {
	case strings.EqualFold(said, hinted), strings.EqualFold(hinted, "Unknown"):
		return true
	case said == "Linux": // desktop sites asked for on a phone, and systems built on it
		return strings.EqualFold(hinted, "Android") || strings.EqualFold(hinted, "Chrome OS") || strings.EqualFold(hinted, "HarmonyOS")
	case said == "Android":
		return strings.EqualFold(hinted, "HarmonyOS")
	default:
		return false
	}
}

// oddFetch looks at the Sec-Fetch headers, which no script can set: Chromium
// writes site, mode, destination, and Firefox the other way around; and what
// sends hints sends these, too.
func oddFetch(said software, headers []Header, hinted bool) bool {
	place := func(name string) int {
		return slices.IndexFunc(headers, func(h Header) bool { return h.Is(name) })
	}
	site, mode, dest := place("Sec-Fetch-Site"), place("Sec-Fetch-Mode"), place("Sec-Fetch-Dest")
	switch {
	case said.engine == "chromium" && hinted && said.major >= max(hintsSince, fetchSince) && site < 0:
		return true
	case site < 0 || mode < 0 || dest < 0:
		return false
	case said.engine == "chromium":
		return site > mode || mode > dest
	case said.engine == "firefox":
		return dest > mode || mode > site
	default:
		return false
	}
}

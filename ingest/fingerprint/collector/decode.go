package collector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fairgate/ingest"
)

// Bounds of a beacon's JSON.
const (
	MaxBody   = 16 << 10
	maxDepth  = 4
	maxValues = 256
)

// Decode reads and checks a beacon. Its error is a *Refusal.
func Decode(body []byte) (*Beacon, error) {
	if len(body) > MaxBody {
		return nil, refuse(TooLarge, "", fmt.Sprintf("the beacon has %d bytes, at most %d", len(body), MaxBody))
	}
	if !utf8.Valid(body) {
		return nil, refuse(Malformed, "", "the beacon is not UTF-8")
	}
	if err := scan(body); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	var b Beacon
	if err := decoder.Decode(&b); err != nil {
		return nil, decodeRefusal(err)
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return &b, nil
}

// scan walks the tokens before anything is built of them: nothing may be
// deeper, more, or twice.
func scan(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var open []*scope
	for values := 0; ; {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF) && values > 0 && len(open) == 0:
			return nil
		case err != nil:
			return refuse(Malformed, "", "the beacon is not one JSON object")
		case values > 0 && len(open) == 0:
			return refuse(Malformed, "", "there is text after the beacon")
		}
		if d, is := token.(json.Delim); is && (d == '}' || d == ']') {
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 {
			if key, fresh := open[len(open)-1].key(token); key {
				if !fresh {
					return refuse(Duplicate, "", "a key is given twice")
				}
				continue
			}
		}
		if values++; values > maxValues {
			return refuse(TooMany, "", fmt.Sprintf("more than %d values", maxValues))
		}
		d, is := token.(json.Delim)
		switch {
		case len(open) == 0 && d != '{':
			return refuse(Malformed, "", "the beacon is not one JSON object")
		case is && len(open) == maxDepth:
			return refuse(TooDeep, "", fmt.Sprintf("nested deeper than %d", maxDepth))
		case is:
			open = append(open, &scope{object: d == '{'})
		}
	}
}

// scope is an object or array that is open.
type scope struct {
	object, value bool // value: the next token is a value, not a key
	keys          []string
}

// key reports whether the token is a key of the object, and if so whether it
// is its first of this name in any case: the decoder folds case.
func (s *scope) key(token json.Token) (key, fresh bool) {
	if !s.object {
		return false, false
	}
	if s.value {
		s.value = false
		return false, false
	}
	name, _ := token.(string)
	name = strings.ToLower(name)
	fresh = !slices.Contains(s.keys, name)
	s.keys, s.value = append(s.keys, name), true
	return true, fresh
}

func decodeRefusal(err error) *Refusal {
	if wrong, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		return refuse(BadValue, wrong.Field, "is not of its type or does not fit it")
	}
	// encoding/json has no type for this error.
	if strings.Contains(err.Error(), "unknown field") {
		return refuse(UnknownField, "", "the beacon has a field that is not known")
	}
	return refuse(Malformed, "", "the beacon is not of the form")
}

// checker collects the first fault.
type checker struct{ err *Refusal }

func (c *checker) bad(field, detail string) {
	if c.err == nil {
		c.err = refuse(BadValue, field, detail)
	}
}

func (c *checker) number(field string, v, least, most float64) {
	if !(v >= least && v <= most) { // refuses NaN, too
		c.bad(field, fmt.Sprintf("is not from %v to %v", least, most))
	}
}

func (c *checker) text(field, v string, most int) {
	if len(v) > most {
		c.bad(field, fmt.Sprintf("has more than %d bytes", most))
	}
	if strings.ContainsFunc(v, unicode.IsControl) {
		c.bad(field, "has a control character")
	}
}

func (c *checker) hash(field, v string) {
	if len(v) > 64 || strings.Trim(v, "0123456789abcdef") != "" {
		c.bad(field, "is not at most 64 hexadecimal digits")
	}
}

const (
	maxAgent     = 512
	maxText      = 128
	maxLanguages = 16
	maxTag       = 35
	maxClock     = 1 << 50 // Unix milliseconds, far beyond any date
	maxDisplay   = 1 << 16
	maxTime      = 1 << 24 // milliseconds
	maxPresses   = 1 << 16
	maxZone      = 64
)

func (b *Beacon) check() error {
	c := &checker{}
	if b.Version != Version {
		c.bad("v", fmt.Sprintf("is not %d", Version))
	}
	if b.Nonce == "" {
		c.bad("nonce", "is missing")
	}
	if !b.Source.Valid() {
		c.bad("source", "is unknown")
	}
	c.number("at", float64(b.At), 1, maxClock)
	b.Traits.check(c)
	if len(b.Automation) > len(ingest.Traces()) {
		c.bad("automation", "has more entries than there are")
	}
	for i, trace := range b.Automation {
		if !trace.Valid() {
			c.bad("automation", "has an entry that is unknown")
		} else if slices.Contains(b.Automation[:i], trace) {
			c.bad("automation", "has an entry twice")
		}
	}
	if b.Pointer != nil && b.Pointer.Validate() != nil {
		c.bad("pointer", "has a figure that no movement has")
	}
	if k := b.Keys; k != nil {
		c.number("keys.presses", float64(k.Presses), 0, maxPresses)
		c.number("keys.pastes", float64(k.Pastes), 0, maxPresses)
		for name, v := range map[string]float64{"hold": k.Hold, "hold_spread": k.HoldSpread, "gap": k.Gap, "gap_spread": k.GapSpread} {
			c.number("keys."+name, v, 0, maxTime)
		}
	}
	if c.err != nil {
		return c.err
	}
	return nil
}

func (t *Traits) check(c *checker) {
	c.text("traits.agent", t.Agent, maxAgent)
	c.text("traits.zone", t.Zone, maxZone)
	for name, v := range map[string]string{
		"platform": t.Platform, "renderer": t.Renderer, "brand": t.Brand, "model": t.Model, "system": t.System, "client": t.Client,
	} {
		c.text("traits."+name, v, maxText)
	}
	if len(t.Languages) > maxLanguages {
		c.bad("traits.languages", fmt.Sprintf("has more than %d entries", maxLanguages))
	}
	for _, tag := range t.Languages {
		c.text("traits.languages", tag, maxTag)
	}
	for name, v := range map[string]string{"canvas": t.Canvas, "webgl": t.WebGL, "audio": t.Audio, "fonts": t.Fonts} {
		c.hash("traits."+name, v)
	}
	c.number("traits.offset", float64(t.Offset), -18*60, 18*60)
	c.number("traits.cores", float64(t.Cores), 0, 1024)
	c.number("traits.memory", t.Memory, 0, 1<<14)
	c.number("traits.plugins", float64(t.Plugins), 0, 1024)
	s := t.Screen
	for name, v := range map[string]int{"width": s.Width, "height": s.Height, "avail_width": s.AvailW, "avail_height": s.AvailH} {
		c.number("traits.screen."+name, float64(v), 0, maxDisplay)
	}
	c.number("traits.screen.depth", float64(s.Depth), 0, 128)
	c.number("traits.screen.ratio", s.Ratio, 0, 64)
	c.number("traits.screen.touch", float64(s.TouchDots), 0, 256)
}

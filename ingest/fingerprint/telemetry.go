package fingerprint

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"time"

	"fairgate/ingest"
)

// Where sealed telemetry is looked for.
const (
	TelemetryCookie = "fgt"
	TelemetryHeader = "X-Device-Telemetry"
)

// TelemetryMaxAge is for how long a beacon speaks for its device.
const TelemetryMaxAge = 24 * time.Hour

// Sealed is what a device carries of its last believed beacon: what it told,
// and the thumbprint of the key that it proved, 16 hexadecimal digits or empty.
type Sealed struct {
	Telemetry ingest.Telemetry
	Key       string
}

// Layout of sealed telemetry: "t1." + base64url(payload) + "." +
// base64url(mac). The payload, big endian: 16 bytes of device id, 8 of time in
// Unix milliseconds, 1 of source, 1 of flags, 8 of family, 8 of print, 8 of key
// thumbprint, 4 of traces, then in 2 bytes each moves, pointer in
// ten-thousandths, keys, key gap, key spread and pastes, and 4 of skew. The
// device's id inside makes it good for no other device.
const (
	sealVersion = "t1."
	sealBytes   = idBytes + 8 + 1 + 1 + 8 + 8 + 8 + 4 + 6*2 + 4
	maxSeal     = 192
	hashDigits  = 16
)

const (
	sealProven byte = 1 << iota
	sealKeyChanged
	sealFamily
	sealPrint
	sealKey
)

// pointerSteps is how finely a pointer's score is kept.
const pointerSteps = 10_000

// Seal makes what the device presents with its later requests. device is its
// id, 32 hexadecimal digits.
func (t *Tokens) Seal(device string, s Sealed) string {
	var b [sealBytes]byte
	id, err := hex.DecodeString(device)
	if err != nil || len(id) != idBytes {
		return ""
	}
	m := s.Telemetry
	flags := sourceFlags(m, s.Key)
	out := append(b[:0], id...)
	out = binary.BigEndian.AppendUint64(out, uint64(max(m.At.UnixMilli(), 0)))
	out = append(out, sourceByte(m.Source), flags)
	for _, digits := range []string{m.Family, m.Print, s.Key} {
		out = binary.BigEndian.AppendUint64(out, hashValue(digits))
	}
	var traces uint32
	for i, trace := range ingest.Traces() {
		if m.Has(trace) {
			traces |= 1 << i
		}
	}
	out = binary.BigEndian.AppendUint32(out, traces)
	for _, n := range []int{m.Moves, int(math.Round(m.Pointer * pointerSteps)), m.Keys, m.KeyGap, m.KeySpread, m.Pastes} {
		out = binary.BigEndian.AppendUint16(out, uint16(min(max(n, 0), math.MaxUint16)))
	}
	out = binary.BigEndian.AppendUint32(out, uint32(int32(m.Skew))) //nolint:gosec // within a day
	head := sealVersion + encoding.EncodeToString(out)
	mac := t.current.SumText(head)
	return head + "." + encoding.EncodeToString(mac[:macBytes])
}

// Open reads what Seal made for the device. ok is false where there is nothing,
// where it is another device's or forged, and where it is older than
// TelemetryMaxAge or from the future.
func (t *Tokens) Open(device, sealed string) (s Sealed, ok bool) {
	dot := strings.LastIndexByte(sealed, '.')
	if len(sealed) > maxSeal || dot < len(sealVersion) || !strings.HasPrefix(sealed, sealVersion) {
		return Sealed{}, false
	}
	var b [sealBytes]byte
	var mac [macBytes]byte
	if !decodeExactly(b[:], sealed[len(sealVersion):dot]) || !decodeExactly(mac[:], sealed[dot+1:]) || !t.signed(sealed[:dot], mac[:]) {
		return Sealed{}, false
	}
	if hex.EncodeToString(b[:idBytes]) != device {
		return Sealed{}, false
	}
	in := b[idBytes:]
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(in))).UTC() //nolint:gosec // written by Seal
	if age := t.now().Sub(at); age < -tokenSkew || age > TelemetryMaxAge {
		return Sealed{}, false
	}
	source, flags := in[8], in[9]
	in = in[10:]
	m := &s.Telemetry
	m.At, m.Source = at, sourceOf(source)
	m.Proven, m.KeyChanged = flags&sealProven != 0, flags&sealKeyChanged != 0
	for i, field := range []struct {
		flag byte
		to   *string
	}{{sealFamily, &m.Family}, {sealPrint, &m.Print}, {sealKey, &s.Key}} {
		if flags&field.flag != 0 {
			*field.to = hex.EncodeToString(in[8*i : 8*i+8])
		}
	}
	in = in[24:]
	if set := binary.BigEndian.Uint32(in); set != 0 {
		for i, trace := range ingest.Traces() {
			if set&(1<<i) != 0 {
				m.Traces = append(m.Traces, trace)
			}
		}
	}
	in = in[4:]
	number := func(i int) int { return int(binary.BigEndian.Uint16(in[2*i:])) }
	m.Moves, m.Pointer, m.Keys, m.KeyGap, m.KeySpread, m.Pastes = number(0), float64(number(1))/pointerSteps, number(2), number(3), number(4), number(5)
	m.Skew = int(int32(binary.BigEndian.Uint32(in[12:]))) //nolint:gosec // written by Seal
	return s, true
}

func sourceFlags(m ingest.Telemetry, key string) (flags byte) {
	for _, f := range []struct {
		set  bool
		flag byte
	}{
		{m.Proven, sealProven},
		{m.KeyChanged, sealKeyChanged},
		{len(m.Family) == hashDigits, sealFamily},
		{len(m.Print) == hashDigits, sealPrint},
		{len(key) == hashDigits, sealKey},
	} {
		if f.set {
			flags |= f.flag
		}
	}
	return flags
}

func sourceByte(s ingest.Source) byte {
	if s == ingest.SourceMiniProgram {
		return 2
	}
	return 1
}

func sourceOf(b byte) ingest.Source {
	if b == 2 {
		return ingest.SourceMiniProgram
	}
	return ingest.SourceBrowser
}

// hashValue reads 16 hexadecimal digits; anything else is 0.
func hashValue(digits string) uint64 {
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

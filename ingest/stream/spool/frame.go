package spool

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	magic      = "FGSPOOL1"
	headerSize = int64(len(magic))
	frameSize  = 8
)

// MaxPayload is the greatest payload in bytes that a frame carries.
const MaxPayload = 1 << 20

// FrameSize tells how many bytes a payload of n bytes takes on disk.
func FrameSize(n int) int64 { return int64(n) + frameSize }

func castagnoli(payload []byte) uint32 {
	return crc32.Checksum(payload, crc32.MakeTable(crc32.Castagnoli))
}

func appendFrame(buf, payload []byte) []byte {
	buf = binary.LittleEndian.AppendUint32(buf, uint32(len(payload))) //nolint:gosec // at most MaxPayload
	buf = binary.LittleEndian.AppendUint32(buf, castagnoli(payload))
	return append(buf, payload...)
}

// frameState says what decodeFrame made of the bytes it was given.
type frameState int

const (
	frameWhole frameState = iota
	frameShort            // more bytes are needed to tell
	frameBroken
)

// decodeFrame reads the first frame of b. Its payload aliases b; need is how
// many bytes the whole frame takes, as far as that can be told.
func decodeFrame(b []byte) (payload []byte, need int, state frameState) {
	if len(b) < frameSize {
		return nil, frameSize, frameShort
	}
	n := binary.LittleEndian.Uint32(b)
	if n == 0 || n > MaxPayload {
		return nil, frameSize, frameBroken
	}
	need = frameSize + int(n)
	if len(b) < need {
		return nil, need, frameShort
	}
	payload = b[frameSize:need]
	if castagnoli(payload) != binary.LittleEndian.Uint32(b[4:]) {
		return nil, need, frameBroken
	}
	return payload, need, frameWhole
}

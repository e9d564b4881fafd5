// Package spool is an append-only log of opaque payloads in segment files on
// one disk: the place where records wait, safe from a crash, until Kafka has
// them.
//
// It owns framing, segments, the repair of a torn tail and the atomic
// replacement of a small state file. It knows neither events nor Kafka nor
// when to wait for the disk: that is ingest/stream, which writes through one
// goroutine and reads through another.
//
// # Format
//
// A segment is a file named by its number (20 decimal digits, ".seg"). It
// begins with the eight bytes "FGSPOOL1". Frames follow: the payload's length
// and its CRC-32C (Castagnoli), both four bytes little-endian, then the
// payload. A frame whose length or checksum does not fit ends the readable
// part of its segment. Opening a log always starts a new segment, so that no
// byte is ever written where a reader's stored position may already point.
package spool

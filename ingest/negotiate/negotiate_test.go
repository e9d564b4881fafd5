package negotiate_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"fairgate/ingest/negotiate"
)

func TestGzip(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"": false, "gzip": true, "br, GZip": true, "gzip;q=0": false, "gzip; q=0.5, br": true, "gzip;q=x": false, "*": false, "gzipped": false,
	} {
		assert.Equal(t, want, negotiate.Gzip(accept), accept)
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]bool{
		"": false, `"a"`: true, `W/"a"`: true, `"b", "a"`: true, `*`: true, `"b"`: false, `a`: false,
	} {
		assert.Equal(t, want, negotiate.Known(list, `"a"`), list)
	}
}

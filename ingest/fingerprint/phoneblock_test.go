package fingerprint_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"fairgate/ingest/fingerprint"
)

func TestPhoneBlock(t *testing.T) {
	t.Parallel()
	for number, block := range map[string]string{
		"17012345678": "1701234", "+86 170 1234 5679": "1701234", "+81 90 1234 5678": "", "1701234": "", "": "", "27012345678": "",
	} {
		assert.Equal(t, block, fingerprint.PhoneBlock(number), number)
	}
}

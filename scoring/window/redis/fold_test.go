package redis

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
)

func TestFoldsIsRareAndFair(t *testing.T) {
	var n int
	for range 16000 {
		if folds([16]byte(uuid.Must(uuid.NewV7()))) {
			n++
		}
	}
	assert.InDelta(t, 1000, n, 200)
}

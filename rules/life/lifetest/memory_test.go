package lifetest_test

import (
	"testing"

	"fairgate/rules/life"
	"fairgate/rules/life/lifetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	lifetest.Run(t, func(*testing.T) life.Store { return lifetest.NewMemory() })
}

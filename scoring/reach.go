package scoring

import (
	"time"

	"fairgate/rules"
)

// Reach is how far back any counter of the program looks: what happened longer
// ago changes no value. Whoever rebuilds counters begins that much earlier.
func Reach(p *rules.Program) time.Duration {
	var reach time.Duration
	for _, s := range seriesOf(p) {
		reach = max(reach, s.series.Keep)
	}
	return reach
}

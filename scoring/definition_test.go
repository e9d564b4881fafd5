package scoring

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fairgate/ingest"
	"fairgate/rules"
)

func TestDefinitionsNameWhatIsCounted(t *testing.T) {
	orders := []ingest.Kind{ingest.KindOrderSubmit, ingest.KindOrderPay}
	first := feature("a", func(f *rules.Feature) { f.Events = orders })
	again := feature("b", func(f *rules.Feature) {
		f.Description, f.Events = "said otherwise", []ingest.Kind{ingest.KindOrderPay, ingest.KindOrderSubmit}
	})
	assert.Equal(t, Definition(first), Definition(again))
	for name, change := range map[string]func(*rules.Feature){
		"entity": func(f *rules.Feature) { f.Entity = rules.EntityDevice },
		"events": func(f *rules.Feature) { f.Events = orders[:1] },
		"where":  func(f *rules.Feature) { f.Where = "hosting" },
		"stage":  func(f *rules.Feature) { f.Stage = rules.StageAsync },
		"window": func(f *rules.Feature) { f.Window = time.Hour },
		"of":     func(f *rules.Feature) { f.Aggregate, f.Of = rules.AggDistinct, rules.FieldDevice },
	} {
		other := first
		change(&other)
		assert.NotEqual(t, Definition(first), Definition(other), name)
	}
}

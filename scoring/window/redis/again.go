package redis

import (
	"context"

	"fairgate/scoring"
	"fairgate/scoring/window"
)

// buildAgain fills again with the reads that looked further back than the mark
// of their entity allows. The marks came with the first pipeline.
func (b *batch) buildAgain(ctx context.Context, t *scoring.Touch) {
	b.eachCut(t, func(et *scoring.EntityTouch, st *scoring.SeriesTouch, k int, from int64) {
		key := any(prefix(et.Entity, et.Key) + st.Series.ID)
		b.again = append(b.again, b.read(ctx, key, st.Series.Reads[k].Aggregate, from))
	})
}

// decodeAgain walks the touch as buildAgain did and puts the answers over the
// first ones.
func (b *batch) decodeAgain(t *scoring.Touch) {
	next := 0
	b.eachCut(t, func(_ *scoring.EntityTouch, st *scoring.SeriesTouch, k int, _ int64) {
		st.Values[k] = b.decodeRead(b.again[next], st.Series.Reads[k], st.Series.Limit)
		next++
	})
}

// eachCut visits the reads whose window a clearing cuts, in a fixed order.
func (b *batch) eachCut(
	t *scoring.Touch, visit func(et *scoring.EntityTouch, st *scoring.SeriesTouch, read int, from int64),
) {
	for i := range t.Entities {
		et := &t.Entities[i]
		if et.Since.IsZero() {
			continue
		}
		for j := range et.Series {
			st := &et.Series[j]
			for k, r := range st.Series.Reads {
				if from, cut := window.Start(b.now, r.Window, et.Since); cut {
					visit(et, st, k, from)
				}
			}
		}
	}
}

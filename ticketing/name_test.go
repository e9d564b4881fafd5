package ticketing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
)

func TestNames(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 50)
	account := f.person(1)
	n := 0
	for name, good := range map[string]bool{
		"王小明": true, "Ann O'Neil-Smith": true, "محمد علي": true, "שרה": true, "买买提·艾力": true, "می\u200cخواهم": true, "𠮷田": true,
		"王😀": false, "\u202eAnn": false, "Ann\u200b": false, "a\nb": false, "  ": false, "👩\u200d🚀": false, "\ufeffAnn": false,
	} {
		b := booking("main", n)
		b.Visitors[0].Name = name
		n++
		o, err := f.Book(t.Context(), ticketing.Call{}, account, b)
		if good {
			require.NoError(t, err, "%q", name)
			assert.NotEmpty(t, o.Positions[0].NameMasked)
			continue
		}
		var refused *ticketing.Error
		require.ErrorAs(t, err, &refused, "%q", name)
		assert.Equal(t, "positions[0].name", refused.Field)
	}
}

func TestDocumentReasons(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 50)
	_, err := f.Book(t.Context(), ticketing.Call{}, f.person(1), ticketing.Booking{Pool: "main", Date: may10, Visitors: []ticketing.Visitor{
		{Name: "王小明", Type: document.PRCID, Number: "340524198001010011"},
	}})
	var refused *ticketing.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "positions[0].document.number", refused.Field)
	assert.Equal(t, "校验码不符", refused.ReasonZH)
	assert.Equal(t, "the check character does not match", refused.ReasonEN)
}

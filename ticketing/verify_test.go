package ticketing_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
)

// issuer knows documents by number; what it says of one may be any error.
type issuer map[string]error

func (i issuer) Verify(_ context.Context, _ string, d document.Document) error { return i[d.Number] }

func TestDocumentsAreAskedFor(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1, Documents: issuer{
		visitor(2).Number: ticketing.ErrDocumentUnknown, visitor(3).Number: errors.New("the line is dead"),
	}})
	f.offer(ticketing.Rules{})
	account := f.person(1)
	book := func(who ...int) (ticketing.Order, error) {
		var visitors []ticketing.Visitor
		for _, n := range who {
			visitors = append(visitors, visitor(n))
		}
		return f.Book(t.Context(), ticketing.Call{}, account, ticketing.Booking{Pool: "main", Date: may10, Visitors: visitors})
	}
	before := f.left(may10)
	_, err := book(1, 2)
	var refused *ticketing.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, ticketing.CodeDocumentUnknown, refused.Code)
	assert.Equal(t, "positions[1].document.number", refused.Field)
	assert.Equal(t, before, f.left(may10), "a refusal takes nothing")
	_, err = book(1, 3)
	require.NoError(t, err, "an issuer that cannot be asked keeps nobody from booking")
}

func TestOddNumbersAreToldAndBooked(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.offer(ticketing.Rules{})
	o, err := f.Book(t.Context(), ticketing.Call{}, f.person(1), ticketing.Booking{Pool: "main", Date: may10, Visitors: []ticketing.Visitor{
		{Name: "Ada", Type: document.ForeignResident, Number: "UTO898902800101"}, visitor(1),
	}})
	require.NoError(t, err)
	assert.NotEmpty(t, o.Positions[0].WarningZH)
	assert.NotEmpty(t, o.Positions[0].WarningEN)
	assert.Empty(t, o.Positions[1].WarningEN)
}

package main

import (
	"encoding/json"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOpenapiPrintsTheDocumentAskedFor(t *testing.T) {
	for _, c := range []struct {
		args  []string
		title string
	}{
		{nil, "Fairgate operators' API"}, {[]string{"operators"}, "Fairgate operators' API"}, {[]string{"ticketing"}, "Fairgate ticketing"},
	} {
		var asked openapiCommand
		parser, err := kong.New(&asked)
		require.NoError(t, err)
		_, err = parser.Parse(c.args)
		require.NoError(t, err)
		raw, err := asked.document()
		require.NoError(t, err)
		var document struct{ Info struct{ Title string } }
		require.NoError(t, json.Unmarshal(raw, &document))
		assert.Equal(t, c.title, document.Info.Title)
	}
	parser, err := kong.New(&openapiCommand{})
	require.NoError(t, err)
	_, err = parser.Parse([]string{"visitors"})
	assert.ErrorContains(t, err, `must be one of "operators","ticketing"`)
}

package httpapi

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules/life"
)

func TestTypesOfOneNameAreTwoSchemas(t *testing.T) {
	t.Parallel()
	type Version struct{ Other int }
	name := schemaNames()
	assert.Equal(t, "Version", name(reflect.TypeFor[life.Version](), "x"))
	assert.Equal(t, "HttpapiVersion", name(reflect.TypeFor[*Version](), "x"))
	assert.Equal(t, "Version", name(reflect.TypeFor[*life.Version](), "x"), "the first keeps its name")
	assert.Equal(t, "HttpapiVersion", name(reflect.TypeFor[Version](), "x"))
	assert.Equal(t, "Hint", name(reflect.TypeFor[struct{}](), "Hint"))
}

func TestTheDocumentCanBeMade(t *testing.T) {
	t.Parallel()
	text, err := Document(nil)
	require.NoError(t, err)
	assert.True(t, json.Valid(text))
}

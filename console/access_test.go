package console

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryPermissionIsListedAndHeldBySomebody(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "access.go", nil, 0)
	require.NoError(t, err)
	var declared []Permission
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Permission" {
			literal, ok := spec.Values[0].(*ast.BasicLit)
			require.True(t, ok)
			text, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			declared = append(declared, Permission(text))
		}
		return true
	})
	require.NotEmpty(t, declared)
	assert.ElementsMatch(t, declared, permissions())
	for _, p := range declared {
		assert.NotEmpty(t, p.Holders(), p)
	}
}

func TestNobodyMayDoWhatIsNotKnown(t *testing.T) {
	for _, r := range append(Roles(), "", "root") {
		assert.False(t, r.May("everything"), r)
	}
	assert.False(t, Role("root").May(ReadReview))
	assert.False(t, Role("root").Valid())
}

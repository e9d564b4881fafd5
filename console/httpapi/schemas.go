package httpapi

import (
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// schemaNames gives types their names in the OpenAPI document. Packages are free
// to call a type what it is: of two types of one name, the one that is
// registered later is called after its package as well, BackfillJob beside Job.
func schemaNames() func(reflect.Type, string) string {
	taken := map[string]reflect.Type{}
	return func(t reflect.Type, hint string) string {
		name := huma.DefaultSchemaNamer(t, hint)
		named := t
		for named.Kind() == reflect.Pointer {
			named = named.Elem()
		}
		if named.Kind() != reflect.Struct || named.Name() == "" {
			return name
		}
		if first, ok := taken[name]; ok && first != named {
			pkg := path.Base(named.PkgPath())
			name = strings.ToUpper(pkg[:1]) + pkg[1:] + name
		}
		taken[name] = named
		return name
	}
}

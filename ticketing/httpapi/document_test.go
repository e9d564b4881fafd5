package httpapi

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// published is as much of an OpenAPI document as the tests read.
type published struct {
	OpenAPI    string
	Info       struct{ Title, Version, Description string }
	Tags       []struct{ Name string }
	Paths      map[string]map[string]publishedOperation
	Components struct {
		Schemas         map[string]any
		SecuritySchemes map[string]any
	}
}

type publishedOperation struct {
	OperationID string
	Summary     string
	Tags        []string
	Security    []map[string][]string
	Parameters  []struct {
		Name, In    string
		Description string
		Required    bool
		Schema      any
	}
	RequestBody *struct {
		Required bool
		Content  map[string]struct{ Schema, Example any }
	}
	Responses map[string]struct {
		Description string
		Content     map[string]struct{ Schema any }
	}
}

func publish(t *testing.T) (published, string) {
	t.Helper()
	raw, err := Document()
	require.NoError(t, err)
	var out published
	require.NoError(t, json.Unmarshal(raw, &out))
	return out, string(raw)
}

func TestTheDocumentIsWhole(t *testing.T) {
	d, raw := publish(t)
	assert.True(t, strings.HasPrefix(d.OpenAPI, "3.1."), d.OpenAPI)
	assert.NotEmpty(t, d.Info.Title)
	assert.NotEmpty(t, d.Info.Version)
	var tags []string
	for _, tag := range d.Tags {
		tags = append(tags, tag.Name)
	}
	ids := map[string]string{}
	for path, item := range d.Paths {
		for method, op := range item {
			name := strings.ToUpper(method) + " " + path
			assert.Regexp(t, `^[a-z]+(-[a-z]+)*$`, op.OperationID, name)
			assert.Empty(t, ids[op.OperationID], "%s has the id of another", name)
			ids[op.OperationID] = name
			assert.NotEmpty(t, op.Summary, name)
			require.Len(t, op.Tags, 1, name)
			assert.Contains(t, tags, op.Tags[0], name)
			for _, need := range op.Security {
				for scheme := range need {
					assert.Contains(t, d.Components.SecuritySchemes, scheme, name)
				}
			}
			assert.Equal(t, op.Tags[0] == tagProcess, len(op.Security) == 0, "%s: only what looks after the process is open", name)
			var inPath []string
			for _, p := range op.Parameters {
				assert.NotEmpty(t, p.Description, "%s: %s", name, p.Name)
				assert.NotNil(t, p.Schema, "%s: %s", name, p.Name)
				if p.In == "path" {
					assert.True(t, p.Required, "%s: %s", name, p.Name)
					inPath = append(inPath, p.Name)
				}
			}
			var named []string
			for _, match := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
				named = append(named, match[1])
			}
			assert.ElementsMatch(t, named, inPath, "%s: the parameters of its path", name)
			succeeds := 0
			for status, response := range op.Responses {
				n, err := strconv.Atoi(status)
				require.NoError(t, err, name)
				assert.NotEmpty(t, response.Description, name)
				if n < http.StatusMultipleChoices {
					succeeds++
					assert.Equal(t, n == http.StatusNoContent, len(response.Content) == 0, "%s %d", name, n)
					continue
				}
				if n == http.StatusNotModified {
					assert.Empty(t, response.Content, name)
					continue
				}
				assert.Contains(t, response.Content, problemMediaType, "%s %d", name, n)
			}
			assert.Equal(t, 1, succeeds, "%s says how it succeeds", name)
		}
	}
	for _, match := range regexp.MustCompile(`"\$ref":"([^"]+)"`).FindAllStringSubmatch(raw, -1) {
		schema, local := strings.CutPrefix(match[1], "#/components/schemas/")
		assert.True(t, local, match[1])
		assert.Contains(t, d.Components.Schemas, schema, "a reference to nothing")
	}
	for name := range d.Components.Schemas {
		assert.Contains(t, raw, `"#/components/schemas/`+name+`"`, "a schema that nothing refers to")
	}
	submit := d.Paths["/api/v1/orders"]["post"]
	require.NotNil(t, submit.RequestBody)
	assert.True(t, submit.RequestBody.Required)
	var example orderBody
	shown, err := json.Marshal(submit.RequestBody.Content["application/json"].Example)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(shown, &example))
	assert.Len(t, example.Positions, 2)
}

func TestEveryRouteIsDocumentedAndTheOtherWayRound(t *testing.T) {
	a, err := newAPI(nil, Options{GatewayKeys: [][]byte{make([]byte, minKey)}})
	require.NoError(t, err)
	var mounted, written []string
	parameter := regexp.MustCompile(`:(\w+)`)
	for _, route := range a.app.GetRoutes(true) {
		if route.Method != http.MethodHead {
			mounted = append(mounted, route.Method+" "+parameter.ReplaceAllString(route.Path, "{$1}"))
		}
	}
	d, _ := publish(t)
	for path, item := range d.Paths {
		for method := range item {
			written = append(written, strings.ToUpper(method)+" "+path)
		}
	}
	assert.ElementsMatch(t, mounted, written)
	assert.Greater(t, len(written), 20)
}

// TestEveryCodeHasAStatusAndIsDocumented reads the codes from the source, so
// that a new one cannot be forgotten.
func TestEveryCodeHasAStatusAndIsDocumented(t *testing.T) {
	d, _ := publish(t)
	documented := map[string][]string{}
	for _, item := range d.Paths {
		for _, op := range item {
			for at, response := range op.Responses {
				for _, match := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(response.Description, -1) {
					documented[match[1]] = append(documented[match[1]], at)
				}
			}
		}
	}
	codes := domainCodes(t)
	require.Greater(t, len(codes), 30)
	for name, code := range codes {
		want := status(ticketing.Code(code))
		assert.NotEqual(t, http.StatusInternalServerError, want, "%s (%s) has no status", name, code)
		assert.Contains(t, documented[code], strconv.Itoa(want), "no operation names %s (%s)", name, code)
		others := slices.DeleteFunc(slices.Clone(documented[code]), func(at string) bool { return at == strconv.Itoa(want) })
		assert.Empty(t, others, "%s is documented with another status", code)
	}
}

// domainCodes are the constants of type ticketing.Code, by their names, in
// ticketing and in the packages below it.
func domainCodes(t *testing.T) map[string]string {
	t.Helper()
	root, err := filepath.Glob(filepath.Join("..", "*.go"))
	require.NoError(t, err)
	parts, err := filepath.Glob(filepath.Join("..", "*", "*.go"))
	require.NoError(t, err)
	out := map[string]string{}
	for _, name := range append(root, parts...) {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			kind := ""
			switch of := spec.Type.(type) {
			case *ast.Ident:
				kind = of.Name
			case *ast.SelectorExpr:
				kind = of.Sel.Name
			}
			value, literal := spec.Values[0].(*ast.BasicLit)
			if literal && kind == "Code" {
				text, err := strconv.Unquote(value.Value)
				require.NoError(t, err)
				out[spec.Names[0].Name] = text
			}
			return true
		})
	}
	return out
}

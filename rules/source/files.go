package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"fairgate/rules"
)

// Document is one ruleset as its author wrote it.
type Document struct {
	// Name selects it: the file's name without ".yaml".
	Name string
	// Origin appears in errors, such as the file's path.
	Origin string
	Data   []byte
	// Whole says that the source cannot show a part of it, so that a change
	// need not be seen twice before it takes effect.
	Whole bool
}

// Source knows where documents are kept. Implementations are safe for
// concurrent use.
type Source interface {
	// Load returns all documents, sorted by name.
	Load(ctx context.Context) ([]Document, error)
}

// Files is a Source of the *.yaml files in one folder.
type Files struct {
	fsys   fs.FS
	prefix string
}

var _ Source = (*Files)(nil)

// NewFiles reads the top folder of fsys, such as an embedded one.
func NewFiles(fsys fs.FS) *Files { return &Files{fsys: fsys} }

// NewDir reads a folder on disk.
func NewDir(dir string) *Files {
	return &Files{fsys: os.DirFS(dir), prefix: strings.TrimSuffix(dir, "/") + "/"}
}

// Load reads every *.yaml file, hidden ones excepted. A folder without any is
// an error, and so is a file that cannot be read or exceeds rules.MaxSize.
func (f *Files) Load(ctx context.Context) ([]Document, error) {
	entries, err := fs.ReadDir(f.fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("read rulesets in %q: %w", f.prefix, err)
	}
	var out []Document
	var errs []error
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		name := entry.Name()
		if entry.IsDir() || path.Ext(name) != ".yaml" || strings.HasPrefix(name, ".") {
			continue
		}
		data, err := f.read(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("read ruleset %q: %w", f.prefix+name, err))
			continue
		}
		out = append(out, Document{Name: strings.TrimSuffix(name, ".yaml"), Origin: f.prefix + name, Data: data})
	}
	if len(out) == 0 && len(errs) == 0 {
		return nil, fmt.Errorf("%w: no *.yaml file in %q", ErrNoDocument, f.prefix)
	}
	slices.SortFunc(out, func(a, b Document) int { return strings.Compare(a.Name, b.Name) })
	return out, errors.Join(errs...)
}

func (f *Files) read(name string) ([]byte, error) {
	info, err := fs.Stat(f.fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > rules.MaxSize {
		return nil, fmt.Errorf("file has %d bytes, at most %d are read", info.Size(), rules.MaxSize)
	}
	return fs.ReadFile(f.fsys, name)
}

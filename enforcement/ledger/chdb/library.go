package chdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// ErrNoLibrary reports that libchdb was found in none of the directories
// looked at. Its text names the command that fetches it.
var ErrNoLibrary = errors.New("the embedded ClickHouse library (libchdb) is not installed: run `make engines` to fetch it")

// PackageVersion is the version of the npm packages that carry the library
// this package was written against.
const PackageVersion = "26.7.3-stable.1"

// PackageName returns the npm package that carries libchdb for an operating
// system and architecture, named as in runtime.GOOS and runtime.GOARCH. ok is
// false where none is published.
func PackageName(goos, goarch string) (name string, ok bool) {
	switch goos + "/" + goarch {
	case "linux/amd64":
		return "@chdb/lib-linux-x64-gnu", true
	case "linux/arm64":
		return "@chdb/lib-linux-arm64-gnu", true
	case "darwin/amd64":
		return "@chdb/lib-darwin-x64", true
	case "darwin/arm64":
		return "@chdb/lib-darwin-arm64", true
	}
	return "", false
}

// FindLibrary returns the absolute path of libchdb. Each of places is either
// the library itself, or a directory that holds it directly or holds the npm
// package (DIR/node_modules/@chdb/…/libchdb.so); empty ones are passed over
// and the first hit wins. The error wraps ErrNoLibrary and lists what was
// looked at.
func FindLibrary(places ...string) (string, error) {
	var looked []string
	for _, place := range places {
		if place == "" {
			continue
		}
		for _, candidate := range candidates(place) {
			info, err := os.Stat(candidate)
			if err == nil && info.Mode().IsRegular() {
				return filepath.Abs(candidate)
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
				return "", fmt.Errorf("look for libchdb: %w", err)
			}
		}
		looked = append(looked, place)
	}
	if len(looked) == 0 {
		return "", fmt.Errorf("%w (no directory was given)", ErrNoLibrary)
	}
	return "", fmt.Errorf("%w (looked in %s)", ErrNoLibrary, strings.Join(looked, ", "))
}

// candidates lists the files that place may stand for. The Darwin package
// carries its library under the same name.
func candidates(place string) []string {
	list := []string{
		place,
		filepath.Join(place, "libchdb.so"),
		filepath.Join(place, "libchdb.dylib"),
	}
	if name, ok := PackageName(runtime.GOOS, runtime.GOARCH); ok {
		list = append(list, filepath.Join(place, "node_modules", filepath.FromSlash(name), "libchdb.so"))
	}
	return list
}

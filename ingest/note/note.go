// Package note keeps a small file beside a process: what it must still know
// when it starts again while the engines are away.
//
// It owns how such a file is replaced, so that a crash leaves the old content
// or the new one and never a part of either. What is in it is its callers'
// affair. It imports no other package of the product; everything downstream may
// use it.
package note

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Replace makes content the whole content of the file, readable by its owner
// alone, and creates the folder where it is missing. The content is on disk
// before it takes the old one's place; the error names the file.
func Replace(file string, content []byte) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("replace %s: %w", file, err)
	}
	temporary, err := os.CreateTemp(dir, filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("replace %s: %w", file, err)
	}
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("replace %s: %w", file, err), os.Remove(temporary.Name()))
	}
	return nil
}

package main

import (
	"os"

	"fairgate/console/httpapi"
)

type openapiCommand struct{}

// Run prints the document that clients are generated from.
func (openapiCommand) Run() error {
	document, err := httpapi.Document()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(document, '\n'))
	return err
}

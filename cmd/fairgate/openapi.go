package main

import (
	"os"

	operators "fairgate/console/httpapi"
	ticketing "fairgate/ticketing/httpapi"
)

type openapiCommand struct {
	API string `arg:"" optional:"" default:"operators" enum:"operators,ticketing" help:"Whose document: operators or ticketing."`
}

// Run prints the document that clients are generated from.
func (c openapiCommand) Run() error {
	document, err := c.document()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(document, '\n'))
	return err
}

func (c openapiCommand) document() ([]byte, error) {
	booking, err := ticketing.Document()
	if err != nil || c.API == "ticketing" {
		return booking, err
	}
	return operators.Document(booking)
}

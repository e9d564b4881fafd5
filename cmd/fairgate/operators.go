package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"fairgate/cmd/internal/app"
)

// operatorsFlags say how a command reaches the operators' API.
type operatorsFlags struct {
	Operators string `help:"Base URL of the operators' API." default:"http://127.0.0.1:8090"`
	Data      string `help:"Data directory of the running 'fairgate dev', for its key." default:"./data" type:"path"`
	Key       string `help:"API key of an operator, in place of the data directory's." env:"FAIRGATE_OPERATOR_KEY"`
}

// maxAnswer bounds an answer of the operators' API.
const maxAnswer = 64 << 20

// call sends in (where it is not nil) as JSON and decodes the answer into out.
// A refusal is an error in the API's own words.
func (f operatorsFlags) call(ctx context.Context, method, path string, in, out any) error {
	return f.callBy(ctx, app.OperatorKey, method, path, in, out)
}

// analystFlags are operatorsFlags of a command that does an analyst's work.
type analystFlags struct{ operatorsFlags }

// call is operatorsFlags' with the data directory's key of an analyst.
func (f analystFlags) call(ctx context.Context, method, path string, in, out any) error {
	return f.callBy(ctx, app.AnalystKey, method, path, in, out)
}

// callBy calls with a key of the data directory, unless another was given.
func (f operatorsFlags) callBy(ctx context.Context, secret, method, path string, in, out any) error {
	key := f.Key
	if key == "" {
		var err error
		if key, err = app.ReadSecret(f.Data, secret); err != nil {
			return err
		}
	}
	body := &bytes.Buffer{}
	if in != nil {
		if err := json.NewEncoder(body).Encode(in); err != nil {
			return fmt.Errorf("operators' API: encode: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, f.Operators+path, body)
	if err != nil {
		return fmt.Errorf("operators' API: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	client := &http.Client{Timeout: time.Minute}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("operators' API: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("operators' API: read the answer: %w", err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return refusal(res.StatusCode, data)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("operators' API: %w", err)
	}
	return nil
}

// refusal is a problem as the API describes it.
func refusal(status int, data []byte) error {
	var problem struct {
		Detail string `json:"detail"`
		Errors []struct {
			Location string `json:"location"`
			Message  string `json:"message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(data, &problem); err != nil || problem.Detail == "" {
		return fmt.Errorf("operators' API: status %d: %.300s", status, data)
	}
	var text strings.Builder
	text.WriteString(problem.Detail)
	for _, e := range problem.Errors {
		text.WriteString("; ")
		if e.Location != "" {
			text.WriteString(e.Location + ": ")
		}
		text.WriteString(e.Message)
	}
	return fmt.Errorf("operators' API: status %d: %s", status, text.String())
}

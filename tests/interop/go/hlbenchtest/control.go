package hlbenchtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// ControlError is an answer of the server's control API that is none: what is wrong, and what to do about it.
type ControlError struct {
	Status  int    `json:"-"`
	Message string `json:"error"`
	Hint    string `json:"hint"`
}

func (e *ControlError) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return fmt.Sprintf("%s (%s)", e.Message, e.Hint)
}

// control is a client of the control API.
type control struct {
	url   string
	token string
	http  *http.Client
}

func newControl(to ready) *control {
	return &control{
		url: to.ControlURL, token: to.Token, http: &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second},
	}
}

func (c *control) get(path string, query url.Values, answer any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.call(http.MethodGet, path, nil, answer)
}

func (c *control) post(path string, body map[string]any, answer any) error {
	if body == nil {
		body = map[string]any{}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.call(http.MethodPost, path, encoded, answer)
}

func (c *control) call(method, path string, body []byte, answer any) error {
	request, err := http.NewRequest(method, c.url+"/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("hlbench does not answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("hlbench does not answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		failure := &ControlError{Status: response.StatusCode}
		if json.Unmarshal(content, failure) != nil || failure.Message == "" {
			failure.Message = fmt.Sprintf("status %d: %s", response.StatusCode, content)
		}
		return failure
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(content, answer)
}

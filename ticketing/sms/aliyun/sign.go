package aliyun

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const algorithm = "ACS3-HMAC-SHA256"

// authorization makes the Authorization header of a request without a body: an
// HMAC over method, path, sorted query, the host and the x-acs- headers.
func authorization(req *http.Request, keyID, secret string) string {
	headers := map[string]string{"host": req.Host}
	for name, values := range req.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-acs-") {
			headers[lower] = strings.TrimSpace(values[0])
		}
	}
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	var lines strings.Builder
	for _, name := range names {
		lines.WriteString(name + ":" + headers[name] + "\n")
	}
	signed := strings.Join(names, ";")
	canonical := strings.Join([]string{
		req.Method, "/", canonicalQuery(req.URL.Query()), lines.String(), signed, headers["x-acs-content-sha256"],
	}, "\n")
	sum := sha256.Sum256([]byte(canonical))
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(algorithm + "\n" + hex.EncodeToString(sum[:]))) // hash.Hash never fails
	return algorithm + " Credential=" + keyID + ",SignedHeaders=" + signed + ",Signature=" + hex.EncodeToString(mac.Sum(nil))
}

// canonicalQuery sorts and escapes as RFC 3986 does, which is stricter than
// what Go's forms do to blanks.
func canonicalQuery(query url.Values) string {
	return strings.ReplaceAll(query.Encode(), "+", "%20")
}

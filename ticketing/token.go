package ticketing

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Who a session token is from and for, as its claims say.
const (
	TokenIssuer   = "ticketing"
	TokenAudience = "visitors"
)

// signToken makes the session's JWT (EdDSA, RFC 8037). Ed25519 is
// deterministic: the same session has the same token, so that no token need be
// stored for an idempotent repetition.
func signToken(key ed25519.PrivateKey, s Session) (string, error) {
	token, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.RegisteredClaims{
		Subject:   s.AccountID,
		Issuer:    TokenIssuer,
		Audience:  jwt.ClaimStrings{TokenAudience},
		IssuedAt:  jwt.NewNumericDate(s.CreatedAt),
		ExpiresAt: jwt.NewNumericDate(s.ExpiresAt),
		ID:        s.ID,
	}).SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign session token: %w", err)
	}
	return token, nil
}

// readToken verifies a token and returns what it says.
func readToken(key ed25519.PublicKey, token string, now time.Time) (verified, error) {
	var claims jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(token, &claims,
		func(*jwt.Token) (any, error) { return key, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(TokenIssuer), jwt.WithAudience(TokenAudience),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil {
		return verified{}, ErrUnauthenticated
	}
	return verified{claims.ID, claims.Subject, claims.ExpiresAt.Time}, nil
}

// Dex's own server with its storage in memory, for bench/token: dex CERTIFICATE KEY TOKENS WEB. So many users have
// signed in before, each with a refresh token "refresh.N"; WEB is the folder of Dex's pages. Prints its port.
package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/dexidp/dex/server"
	"github.com/dexidp/dex/storage"
	"github.com/dexidp/dex/storage/memory"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
)

const (
	client    = "bench"
	connector = "mock"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// What the authorization code flow would have left behind. A bare id is a refresh token that has not been used yet; the dot
// keeps Dex from reading it as one of its own form.
func signIn(s storage.Storage, number int) {
	user := "user-" + strconv.Itoa(number)
	id := "refresh." + strconv.Itoa(number)
	now := time.Now()
	must(s.CreateRefresh(storage.RefreshToken{
		ID: id, ClientID: client, ConnectorID: connector, CreatedAt: now, LastUsed: now,
		Scopes: []string{"openid", "email", "offline_access"},
		Claims: storage.Claims{UserID: user, Username: user, Email: user + "@example.org", EmailVerified: true},
	}))
	must(s.CreateOfflineSessions(storage.OfflineSessions{
		UserID: user, ConnID: connector,
		Refresh: map[string]*storage.RefreshTokenRef{client: {ID: id, ClientID: client, CreatedAt: now, LastUsed: now}},
	}))
}

func main() {
	logger := &logrus.Logger{Out: io.Discard, Formatter: new(logrus.TextFormatter), Level: logrus.ErrorLevel}
	s := memory.New(logger)
	must(s.CreateClient(storage.Client{ID: client, Secret: "secret", RedirectURIs: []string{"http://localhost"}, Name: client}))
	must(s.CreateConnector(storage.Connector{ID: connector, Type: "mockCallback", Name: connector}))
	tokens, err := strconv.Atoi(os.Args[3])
	must(err)
	for i := 0; i < tokens; i++ {
		signIn(s, i)
	}
	handler, err := server.NewServer(context.Background(), server.Config{
		Issuer: "https://127.0.0.1", Storage: s, Logger: logger, Web: server.WebConfig{Dir: os.Args[4]},
		PrometheusRegistry: prometheus.NewRegistry(),
	})
	must(err)
	certificate, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
	must(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	must(http.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}}), handler))
}

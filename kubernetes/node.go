package main

import (
	"context"
	"os"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loop"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/template"
	"github.com/coredns/coredns/plugin/pkg/log"
	"k8s.io/klog/v2"
	kubeproxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	kubeletapp "k8s.io/kubernetes/cmd/kubelet/app"
)

// The kubelet ends by itself on SIGTERM, whatever its context says.
func kubelet(ctx context.Context, args []string, ready func()) error {
	command := kubeletapp.NewKubeletCommand(ctx)
	command.SetArgs(args)
	ready()
	return command.ExecuteContext(ctx)
}

// kube-proxy knows no end but that of its process.
func proxy(ctx context.Context, args []string, ready func()) error {
	command := kubeproxy.NewProxyCommand()
	command.SetArgs(args)
	ended := make(chan error, 1)
	go func() { ended <- command.ExecuteContext(ctx) }()
	ready()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

// The order in which plugins see a query; upstream's own for those that are built in.
var plugins = []string{
	"bind", "errors", "health", "ready", "template", "hosts", "cache", "loop", "kubernetes", "forward",
}

func dns(ctx context.Context, args []string, ready func()) error {
	if len(args) != 1 {
		return os.ErrInvalid
	}
	content, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	// CoreDNS makes itself klog's logger, and klog is where the standard log goes: neither may lead to the other. Its own
	// lines go out directly, and klog gets its own output back. Hence it comes first in its process: changing klog's
	// logger is safe only while nobody logs.
	if err := log.Configure("json", os.Stderr); err != nil {
		return err
	}
	dnsserver.Directives = plugins
	caddy.AppName, caddy.AppVersion, caddy.Quiet = "CoreDNS", "lazuli", true
	instance, err := caddy.Start(caddy.CaddyfileInput{Filepath: args[0], Contents: content, ServerTypeName: "dns"})
	if err != nil {
		return err
	}
	klog.ClearLogger()
	ready()
	<-ctx.Done()
	return instance.Stop()
}

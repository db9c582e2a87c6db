// Command kubernetes is a whole Kubernetes in one program: upstream's own components, linked together unchanged. What is
// ours is how they are started. Components that are joined by "+" run in one process, one after the other, each as soon
// as the one before it is ready; that saves the memory that every process of so large a program pays for its
// initialisation.
//
//	kubernetes etcd --data-dir etcd + kube-apiserver FLAGS + kube-controller-manager FLAGS + kube-scheduler FLAGS
//	kubernetes coredns Corefile + kubelet FLAGS + kube-proxy FLAGS
//
// SIGTERM ends them in reverse order. The process ends with an error as soon as one of its components does.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client-go's own metrics
	_ "k8s.io/component-base/metrics/prometheus/version"  // the version metric
)

// A component runs until its context is done or it fails, and calls ready once it serves.
type component func(ctx context.Context, args []string, ready func()) error

var components = map[string]component{
	"etcd":                    etcd,
	"kube-apiserver":          apiServer,
	"kube-controller-manager": controllerManager,
	"kube-scheduler":          scheduler,
	"kubelet":                 kubelet,
	"kube-proxy":              proxy,
	"coredns":                 dns,
}

// How long a component may take to end before the next one is told to.
const grace = 10 * time.Second

func main() {
	// Each component applies its logging settings, which are process-wide and the same for all.
	logsapi.ReapplyHandling = logsapi.ReapplyHandlingIgnoreUnchanged
	logs.InitLogs()
	err := run(os.Args[1:])
	logs.FlushLogs()
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubernetes:", err)
		os.Exit(1)
	}
}

type running struct {
	name   string
	cancel context.CancelFunc
	done   chan struct{}
}

func run(args []string) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	failed := make(chan error, 1)

	var started []running
	defer func() {
		for _, each := range slices.Backward(started) {
			each.cancel()
			select {
			case <-each.done:
			case <-time.After(grace):
			}
		}
	}()

	for _, words := range split(args, "+") {
		if len(words) == 0 || components[words[0]] == nil {
			return fmt.Errorf("unknown component in %q", words)
		}
		each, ready := start(words[0], words[1:], failed)
		started = append(started, each)
		select {
		case <-ready:
		case err := <-failed:
			return err
		case <-signals:
			return nil
		}
	}
	if len(started) == 0 {
		return fmt.Errorf("name a component and its flags; join several by +")
	}
	select {
	case err := <-failed:
		return err
	case <-signals:
		return nil
	}
}

func start(name string, args []string, failed chan<- error) (running, <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	each := running{name: name, cancel: cancel, done: make(chan struct{})}
	ready := make(chan struct{})
	go func() {
		defer close(each.done)
		err := components[name](ctx, args, func() { close(ready) })
		if ctx.Err() != nil {
			return
		}
		select {
		case failed <- fmt.Errorf("%s ended: %w", name, err):
		default:
		}
	}()
	return each, ready
}

func split(words []string, separator string) [][]string {
	var groups [][]string
	for len(words) > 0 {
		end := slices.Index(words, separator)
		if end < 0 {
			return append(groups, words)
		}
		groups = append(groups, words[:end])
		words = words[end+1:]
	}
	return groups
}

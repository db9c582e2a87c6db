package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	cliflag "k8s.io/component-base/cli/flag"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	apiserveroptions "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	manageroptions "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	kubescheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	scheduleroptions "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
)

// parse reads flags as the component's own command would.
func parse(name string, sets cliflag.NamedFlagSets, args []string) error {
	flags := pflag.NewFlagSet(name, pflag.ContinueOnError)
	flags.SetNormalizeFunc(cliflag.WordSepNormalizeFunc)
	for _, set := range sets.FlagSets {
		flags.AddFlagSet(set)
	}
	return flags.Parse(args)
}

// etcd serves one member on sockets of the working directory, which only its owner reaches: no port, no certificates.
func etcd(ctx context.Context, args []string, ready func()) error {
	flags := pflag.NewFlagSet("etcd", pflag.ContinueOnError)
	directory := flags.String("data-dir", "etcd", "where the data is")
	client := flags.String("client-socket", "etcd.sock", "socket for clients, relative to the working directory")
	peer := flags.String("peer-socket", "etcd-peer.sock", "socket for peers, relative to the working directory")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config := embed.NewConfig()
	config.Dir = *directory
	config.LogLevel = "warn"
	config.ListenClientUrls = []url.URL{{Scheme: "unix", Host: *client}}
	config.AdvertiseClientUrls = config.ListenClientUrls
	config.ListenPeerUrls = []url.URL{{Scheme: "unix", Host: *peer}}
	config.AdvertisePeerUrls = config.ListenPeerUrls
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	server, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer server.Close()
	select {
	case <-server.Server.ReadyNotify():
		ready()
	case err := <-server.Err():
		return err
	case <-ctx.Done():
		return nil
	}
	select {
	case err := <-server.Err():
		return err
	case <-ctx.Done():
		return nil
	}
}

func apiServer(ctx context.Context, args []string, ready func()) error {
	options := apiserveroptions.NewServerRunOptions()
	if err := parse("kube-apiserver", options.Flags(), args); err != nil {
		return err
	}
	if err := options.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return err
	}
	// As upstream's command does: what the server asks of itself is no news.
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	completed, err := options.Complete(ctx)
	if err != nil {
		return err
	}
	if errs := completed.Validate(); len(errs) != 0 {
		return fmt.Errorf("%v", errs)
	}
	config, err := apiserver.NewConfig(completed)
	if err != nil {
		return err
	}
	complete, err := config.Complete()
	if err != nil {
		return err
	}
	server, err := apiserver.CreateServerChain(complete)
	if err != nil {
		return err
	}
	prepared, err := server.PrepareRun()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(server.GenericAPIServer.LoopbackClientConfig)
	if err != nil {
		return err
	}
	go func() {
		for ctx.Err() == nil {
			if client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error() == nil {
				ready()
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return prepared.Run(ctx)
}

func controllerManager(ctx context.Context, args []string, ready func()) error {
	options, err := manageroptions.NewKubeControllerManagerOptions()
	if err != nil {
		return err
	}
	sets := options.Flags(manager.KnownControllers(), manager.ControllersDisabledByDefault(), manager.ControllerAliases())
	options.ParsedFlags = &sets
	if err := parse("kube-controller-manager", sets, args); err != nil {
		return err
	}
	config, err := options.Config(ctx, manager.KnownControllers(), manager.ControllersDisabledByDefault(), manager.ControllerAliases())
	if err != nil {
		return err
	}
	ready()
	return manager.Run(ctx, config.Complete())
}

func scheduler(ctx context.Context, args []string, ready func()) error {
	options := scheduleroptions.NewOptions()
	if err := parse("kube-scheduler", *options.Flags, args); err != nil {
		return err
	}
	config, scheduler, err := kubescheduler.Setup(ctx, options)
	if err != nil {
		return err
	}
	ready()
	return kubescheduler.Run(ctx, config, scheduler)
}

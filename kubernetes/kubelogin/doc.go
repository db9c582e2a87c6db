//go:build tools

// Package kubelogin only pins a program.
package kubelogin

import _ "github.com/Azure/kubelogin"

#!/usr/bin/env bash
# Builds the Kubernetes of lazuli's clusters from Go modules (../kubernetes) into the cache, and prints the folder, which
# then has
#
#   kubernetes      the servers and the node's parts in one program
#   kubectl         upstream's kubectl
#   kubelogin.zip   what `az aks install-cli` installs beside kubectl, packed as its releases are
#   pause.tar       the sandbox image: one static program that holds a pod's namespaces open
#   bundle.json     the versions
#
# Seven to twelve minutes on two cores the first time, and 5 GB in Go's own caches, which `go clean -cache -modcache`
# empties; nothing afterwards. An interrupted run goes on where it stopped, because Go keeps what it has compiled.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=cache.sh
source "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

version=1.37.2
kubelogin=0.2.21
revision=1 # of ../kubernetes and of this recipe; src/cluster/toolbox.h names the folder too
folder=kubernetes-$version-$revision
target=$lazuli_cache/$folder
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../kubernetes" && pwd)

[ -f "$target/bundle.json" ] && { echo "$target"; exit 0; }
lock "$folder"
[ -f "$target/bundle.json" ] && { echo "$target"; exit 0; }
go=$("$(dirname "${BASH_SOURCE[0]}")/fetch-go.sh" 1.26.6)
mkdir -p "$target"

package=k8s.io/component-base/version
flags="-s -w -X $package.gitVersion=v$version -X $package.gitMajor=1 -X $package.gitMinor=37 -X $package.gitTreeState=clean"
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-buildvcs=false GOWORK=off

download() {
  local try
  for try in 1 2 3; do
    (cd "$1" && "$go" mod download) >&2 && return
    say "try $try of 3 failed"
  done
  fail "the Go modules could not be downloaded. If this machine is offline: run this once on a machine that reaches Go's module proxy, and copy $lazuli_cache here"
}

# compile FOLDER PACKAGE PROGRAM FLAGS: go build, and a line now and then that says how far it is.
compile() {
  say "compiling $3"
  (cd "$1" && nice "$go" build -v -trimpath -ldflags "$4" -o "$target/$3.part" "$2" 2>&1) |
    awk -v every=100 -v name="$lazuli_name" '
      /^[a-z0-9.]+(\/[A-Za-z0-9._~-]+)*$/ { if (++count % every == 0) { print name ": " count " packages compiled"; fflush() } next }
      { print; fflush() }' >&2 || fail "$3 could not be compiled; the lines above say why"
  mv "$target/$3.part" "$target/$3"
}

# pack_image PROGRAM NAME: an image from scratch with that one program, in the form of `docker save`; byte for byte the
# same for the same program.
pack_image() {
  local work name
  work=$(mktemp -d "$target/.image.XXXXXX")
  name=$(basename "$1")
  mkdir "$work/root"
  cp "$1" "$work/root/$name"
  local tar=(tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner)
  "${tar[@]}" -C "$work/root" -cf "$work/layer.tar" "$name"
  printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":["/%s"],"User":"65535:65535"},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$("$go" env GOARCH)" "$name" "$(sha256sum <"$work/layer.tar" | cut -d' ' -f1)" >"$work/config.json"
  printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$2" >"$work/manifest.json"
  "${tar[@]}" -C "$work" -cf "$target/$name.tar.part" config.json layer.tar manifest.json
  mv "$target/$name.tar.part" "$target/$name.tar"
  rm -rf "$work"
}

pack_kubelogin() {
  local work platform
  platform=linux_$("$go" env GOARCH)
  work=$(mktemp -d "$target/.zip.XXXXXX")
  mkdir -p "$work/bin/$platform"
  mv "$target/kubelogin" "$work/bin/$platform/kubelogin"
  (cd "$work" && $system_python -m zipfile -c kubelogin.zip bin/)
  mv "$work/kubelogin.zip" "$target/kubelogin.zip"
  rm -rf "$work"
}

say "Kubernetes $version into $target (seven to twelve minutes on two cores)"
say "downloading the modules (about 700 MB unpacked)"
download "$source"
download "$source/kubelogin"
compile "$source" ./pause pause "-s -w"
pack_image "$target/pause" mcr.microsoft.com/oss/kubernetes/pause:3.6
rm "$target/pause"
compile "$source" . kubernetes "$flags"
compile "$source" ./kubectl kubectl "$flags"
compile "$source/kubelogin" github.com/Azure/kubelogin kubelogin "-s -w -X main.gitTag=v$kubelogin"
pack_kubelogin

printf '{"kubernetes":"%s","kubelogin":"%s","revision":%s}\n' $version $kubelogin $revision >"$target/bundle.part"
mv "$target/bundle.part" "$target/bundle.json"
say "done"
echo "$target"

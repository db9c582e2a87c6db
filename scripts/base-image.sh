#!/usr/bin/env bash
# Makes a base image from Debian's packages alone, for machines that reach no image registry, and prints its path: an
# oci-archive in the cache.
#
#   python   stands in for python:X.Y: `python`, `pip` and `venv` work, and pip installs into the system as it does there.
#            It has Debian's own Python (3.11 on Debian 12), whatever name it is imported under, and curl.
#   java     stands in for maven:3-eclipse-temurin-17: Debian's OpenJDK 17 and Maven.
#
#   lazuli image import docker.io/library/python:3.8.10-slim "$(scripts/base-image.sh python)"
#
# One to two minutes the first time; needs root. Nothing about this machine goes into the image.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=cache.sh
source "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

suite=bookworm
flavour=${1:-}
# The revision is of the recipe: a change of it makes the image anew.
case $flavour in
  python) packages=python3,python3-venv,python3-pip,curl revision=3 command=python3 ;;
  java) packages=openjdk-17-jdk-headless,maven revision=1 command=jshell ;;
  *) fail "which base image? python or java" ;;
esac
folder=$flavour-base-image-$suite-$revision
target=$lazuli_cache/$folder.tar

[ -f "$target" ] && { echo "$target"; exit 0; }
lock "$folder"
[ -f "$target" ] && { echo "$target"; exit 0; }
[ "$(id -u)" = 0 ] || fail "making a base image needs root"
"$(dirname "${BASH_SOURCE[0]}")/setup.sh" base-image

work=$(mktemp -d "$lazuli_cache/.$folder.XXXXXX")
storage=(--root "$work/storage" --runroot "$work/run" --storage-driver overlay)
clean_up() {
  buildah "${storage[@]}" rm --all >/dev/null 2>&1 || true
  umount "$work/storage/overlay" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

# Where apt itself fetches from, so that a machine with a mirror of its own uses it.
# shellcheck disable=SC2016 # $(SITE) is apt's
mirror=$(apt-get indextargets --format '$(SITE)' "Codename: $suite" 2>/dev/null | head -1)
mirror=${mirror:-http://deb.debian.org/debian}

say "Debian $suite with ${packages//,/, } from $mirror (one to two minutes)"
# In a mount namespace of its own, so that no mount of debootstrap's outlives it.
unshare --mount debootstrap --variant=minbase --include="$packages,ca-certificates" \
  $suite "$work/root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
  { tail -5 "$work/debootstrap.log" >&2; fail "debootstrap failed; the lines above say why"; }
root=$work/root
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/usr/share/{doc,man,info,locale}/* \
  "$root"/debootstrap "$root"/etc/{resolv.conf,hostname}
find "$root"/dev -mindepth 1 -delete
if [ "$flavour" = python ]; then
  ln -s /usr/bin/python3 "$root/usr/local/bin/python"
  rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
  # openai before 1.55.3, which the tutorial's own sample pins without pinning httpx, does not start with httpx 0.28. The
  # sample is not edited; pip is told here, and names this file if something else needs a newer one.
  printf 'httpx<0.28\n' >"$root/etc/pip-constraints.txt"
  printf '[install]\nconstraint = /etc/pip-constraints.txt\n' >"$root/etc/pip.conf"
fi
echo "deb http://deb.debian.org/debian $suite main" >"$root/etc/apt/sources.list"

say "packing the image"
printf 'FROM scratch\nCOPY root /\nENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8\nCMD ["%s"]\n' \
  $command >"$work/Dockerfile"
buildah "${storage[@]}" bud --isolation chroot --layers=false --quiet -t base -f "$work/Dockerfile" "$work" >/dev/null
buildah "${storage[@]}" push --quiet base "oci-archive:$work/image.tar:docker.io/library/$flavour:debian"
mv "$work/image.tar" "$target"
say "done: $(du -h "$target" | cut -f1)"
echo "$target"

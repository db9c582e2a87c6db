#!/usr/bin/env bash
# Installs what is missing for the named purposes from Debian's packages, and nothing else: no service is started or
# enabled, no repository added. Run again, it checks in a blink and changes nothing.
#
#   scripts/setup.sh [build] [run] [test] [base-image]     (default: build run)
#
# The lists are packages/PURPOSE.txt beside this file, one package a line.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Another package that serves the same purpose: a machine may carry it instead, and both cannot be installed.
stands_in_for() {
  case $1 in
    nginx-light) echo nginx nginx-full nginx-extras ;;
  esac
}

wanted() {
  local purpose
  for purpose in "$@"; do
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/packages/$purpose.txt"
  done | sort -u
}

purposes() { for list in "$here"/packages/*.txt; do basename "$list" .txt; done | paste -sd' '; }

installed() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true; }

missing() {
  local -a packages alternatives
  local package
  mapfile -t packages < <(wanted "$@")
  comm -23 <(printf '%s\n' "${packages[@]}") <(installed "${packages[@]}" | sort -u) | while read -r package; do
    read -ra alternatives <<<"$(stands_in_for "$package")"
    if [ ${#alternatives[@]} -eq 0 ] || [ -z "$(installed "${alternatives[@]}")" ]; then echo "$package"; fi
  done
}

# Debian starts a service when its package is installed. policy-rc.d (exit 101: not allowed) is the documented way to
# prevent that; one that the machine has already comes back afterwards.
policy=/usr/sbin/policy-rc.d
forbid_services() {
  saved=$(mktemp -d)
  if [ -e $policy ] || [ -L $policy ]; then cp -a $policy "$saved/policy"; rm -f $policy; fi
  trap allow_services EXIT
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod 755 $policy
}
allow_services() {
  rm -f $policy
  if [ -e "$saved/policy" ] || [ -L "$saved/policy" ]; then cp -a "$saved/policy" $policy; fi
  rm -rf "$saved"
}

# Nor shall they start at the next boot. Only units of packages that this run installed.
disable_services() {
  local package unit
  command -v systemctl >/dev/null || return 0
  for package in "$@"; do
    dpkg -L "$package" 2>/dev/null | sed -n 's#^\(/usr\)\?/lib/systemd/system/\([^/@]*\.\(service\|timer\|socket\)\)$#\2#p' |
      while read -r unit; do systemctl disable --quiet "$unit" 2>/dev/null || true; done
  done
}

main() {
  [ $# -gt 0 ] || set -- build run
  command -v dpkg-query >/dev/null || fail "this is not Debian: install by hand what $here/packages/*.txt list"
  local -a packages before added
  local purpose packages_text
  for purpose in "$@"; do
    [ -f "$here/packages/$purpose.txt" ] || fail "unknown purpose '$purpose': use $(purposes)"
  done
  packages_text=$(missing "$@")
  if [ -z "$packages_text" ]; then say "nothing is missing for: $*"; return; fi
  mapfile -t packages <<<"$packages_text"
  if [ "$(id -u)" != 0 ]; then
    say "these packages are missing, and installing needs root:"
    printf '  apt-get install --no-install-recommends %s\n' "${packages[*]}" >&2
    exit 1
  fi
  say "installing for $*: ${packages[*]}"
  mapfile -t before < <(dpkg-query -W -f '${Package}\n' | sort -u)
  export DEBIAN_FRONTEND=noninteractive
  forbid_services
  apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -q update >&2 ||
    fail "the package lists could not be fetched: is Debian's package registry reachable from here?"
  apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -q -y --no-install-recommends install "${packages[@]}" >&2 ||
    fail "the packages could not be installed; the lines above say why"
  mapfile -t added < <(comm -13 <(printf '%s\n' "${before[@]}") <(dpkg-query -W -f '${Package}\n' | sort -u))
  disable_services "${added[@]}"
  packages_text=$(missing "$@")
  [ -z "$packages_text" ] || fail "still missing: $packages_text"
  say "done; no service was started or enabled"
}
main "$@"

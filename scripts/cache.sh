# Shared by the fetch scripts: where the cache is, how a step says what it does, and how a finished thing is told from
# one that was interrupted. To be sourced, not run.
#
# Everything that is fetched lives outside the checkout, in a folder named after what it is and its version, so that
# checkouts share it and a new version never meets an old one's files.
# shellcheck shell=bash

lazuli_cache=${LAZULI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lazuli}
lazuli_name=$(basename "$0" .sh)

say() { printf '%s: %s\n' "$lazuli_name" "$*" >&2; }
fail() { say "$*"; exit 1; }

# One at a time for each folder: a second run waits for the first, and then finds the work done.
lock() {
  mkdir -p "$lazuli_cache"
  exec 8>"$lazuli_cache/.$1.lock"
  flock -n 8 || { say "another run is fetching $1; waiting for it"; flock 8; }
}

# Debian's own Python, whatever else stands first in PATH.
system_python=/usr/bin/python3

make_venv() {
  [ -x "$1/bin/python" ] && "$1/bin/python" -m pip --version >/dev/null 2>&1 && return
  [ -x $system_python ] || fail "$system_python is missing: scripts/setup.sh run installs it"
  $system_python -m venv --clear "$1" || fail "no virtual environment could be made: scripts/setup.sh run installs python3-venv"
}

# pip_install VENV REQUIREMENT...: goes on where an interrupted run stopped, because pip keeps what is installed.
pip_install() {
  local venv=$1 try
  shift
  for try in 1 2 3; do
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar "$(progress)" "$@" >&2 && return
    say "try $try of 3 failed"
  done
  fail "pip could not install $*. If this machine is offline: run this once on a machine that reaches PyPI, and copy $lazuli_cache here"
}

progress() { if [ -t 2 ]; then echo on; else echo off; fi; }

check_sha256() {
  printf '%s  %s\n' "$2" "$1" | sha256sum --check --status
}

# Shared by the benchmarks, to be sourced by a script that has made the checkout's root its directory: a place to work
# in, the processes that are measured (by name, ended with the script), and processor time.
# shellcheck shell=bash

build=${BUILD:-build}
work=$(mktemp -d)
declare -A pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"' EXIT

build_program() { # TARGET...
  [ -f "$build/CMakeCache.txt" ] || cmake --preset dev >/dev/null
  cmake --build "$build" --target "$@" >/dev/null
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

make_certificate() { # cert.pem and key.pem, for servers at 127.0.0.1; its own root
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
}

nginx_instance() { # NAME < the http block's own lines
  { echo "daemon off; master_process off; pid $work/$1.pid; error_log $work/$1.log; events { worker_connections 4096; }"
    echo "http { access_log off; keepalive_requests 1000000; ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem;"
    echo "client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;"
    cat; echo "}"; } >"$work/$1.conf"
  nginx -c "$work/$1.conf" -p "$work" 2>/dev/null &
  pids[$1]=$!
}

# A program of bench/programs: what it prints first (its port, and what belongs to it) comes into the variable `printed`.
start_program() { # NAME PROGRAM ARGUMENT...
  local name=$1 program=$2
  shift 2
  "$build/bench/$program" "$@" >"$work/$name.out" 2>"$work/$name.log" &
  pids[$name]=$!
  until [ -s "$work/$name.out" ]; do
    kill -0 "${pids[$name]}" 2>/dev/null || { cat "$work/$name.log" >&2; exit 1; }
    sleep 0.1
  done
  # shellcheck disable=SC2034  # for the script
  printed=$(cat "$work/$name.out")
}

await_answer() { # NAME PORT
  until curl -sk -o /dev/null "https://127.0.0.1:$2/"; do
    kill -0 "${pids[$1]}" 2>/dev/null || { cat "$work/$1.log" >&2; exit 1; }
    sleep 0.1
  done
}

ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }

# Requests by wrk over TLS on kept connections: requests/s and microseconds of NAME's processor for each.
measure() { # NAME PORT SECONDS CONNECTIONS [wrk's own options]
  local before after pid=${pids[$1]} port=$2 seconds=$3 connections=$4
  shift 4
  before=$(ticks "$pid")
  wrk "$@" -t 1 -c "$connections" -d "${seconds}s" "https://127.0.0.1:$port/" >"$work/wrk"
  after=$(ticks "$pid")
  if grep -qE 'Non-2xx|Socket errors' "$work/wrk"; then cat "$work/wrk" >&2; fi
  awk -v t=$((after - before)) '/requests in/ {n = $1} /Requests\/sec/ {r = $2} END {printf "%.0f %.1f\n", r, t * 10000 / n}' "$work/wrk"
}

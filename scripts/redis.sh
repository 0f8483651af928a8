#!/usr/bin/env bash
# Prints the path of a redis-server for the tests, or says on stderr why there is none.
# Looked for in this order: $REDIS_SERVER; PATH; the packages of Debian and its kin, where this may install them.
set -euo pipefail

if [[ -n ${REDIS_SERVER:-} ]]; then
  [[ -x $REDIS_SERVER ]] && { printf '%s\n' "$REDIS_SERVER"; exit 0; }
  printf 'REDIS_SERVER is set to %s, which is no program.\n' "$REDIS_SERVER" >&2
  exit 1
fi

if command -v redis-server; then exit 0; fi

if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  printf 'Installing redis-server with apt-get, for the tests of gates that share a Redis.\n' >&2
  export DEBIAN_FRONTEND=noninteractive
  install() { timeout 300 apt-get install -y redis-server; }
  { install || { timeout 300 apt-get update && install; }; } >&2 || true
  # Its package starts one of its own on the usual port; the tests have theirs.
  if command -v redis-server; then exit 0; fi
fi

printf 'No redis-server: install it, or set REDIS_SERVER to its path.\n' >&2
exit 1

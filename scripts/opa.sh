#!/usr/bin/env bash
# Prints the path of an OPA that can build the policies (1.0 or later), or says on stderr why there is none.
# Looked for in this order: $OPA; PATH; the project's cache; `go install` into the cache; a download into the cache,
# kept only when its SHA-256 is the one in $OPA_SHA256, or, without that, the one published beside it. An unverified
# binary is never run.
set -euo pipefail

VERSION=1.22.0
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cached="$root/.cache/opa/$VERSION-wasm/opa"

usable() {
  local version
  version=$("$1" version 2>/dev/null | sed -n 's/^Version: //p') || return 1
  [[ $version =~ ^[1-9][0-9]*\. ]]
}

say() { printf '%s\n' "$*" >&2; }

found() {
  printf '%s\n' "$1"
  exit 0
}

if [[ -n ${OPA:-} ]]; then
  usable "$OPA" && found "$OPA"
  say "OPA is set to $OPA, which is not an OPA 1.0 or later."
  exit 1
fi

if on_path=$(command -v opa) && usable "$on_path"; then found "$on_path"; fi

if [[ -x $cached ]] && usable "$cached"; then found "$cached"; fi

mkdir -p "$(dirname "$cached")"
staging=$(mktemp -d "$root/.cache/opa/.staging.XXXXXX")
trap 'rm -rf "$staging"' EXIT

if command -v go >/dev/null; then
  say "Building OPA $VERSION with go install; this takes some three minutes, once."
  # With its WebAssembly runtime, so that tests can run there as well.
  if GOBIN="$staging" go install -tags=opa_wasm "github.com/open-policy-agent/opa@v$VERSION" >&2 && usable "$staging/opa"; then
    mv "$staging/opa" "$cached"
    found "$cached"
  fi
  say "go install did not produce a usable OPA."
fi

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) asset=opa_linux_amd64_static ;;
  Linux-aarch64 | Linux-arm64) asset=opa_linux_arm64_static ;;
  Darwin-x86_64) asset=opa_darwin_amd64 ;;
  Darwin-arm64) asset=opa_darwin_arm64_static ;;
  *) asset= ;;
esac

fetch() { curl --fail --silent --show-error --location --proto '=https' --max-time 300 --output "$2" "$1"; }

if [[ -n $asset ]] && command -v curl >/dev/null; then
  url="https://github.com/open-policy-agent/opa/releases/download/v$VERSION/$asset"
  say "Downloading $url"
  expected=${OPA_SHA256:-}
  if [[ -z $expected ]] && fetch "$url.sha256" "$staging/sha256"; then expected=$(cut -d' ' -f1 "$staging/sha256"); fi
  if [[ -z $expected ]]; then
    say "There is no checksum to verify it with."
  elif fetch "$url" "$staging/opa"; then
    actual=$( (sha256sum "$staging/opa" 2>/dev/null || shasum -a 256 "$staging/opa") | cut -d' ' -f1)
    if [[ $actual != "$expected" ]]; then
      say "The download has SHA-256 $actual, expected $expected. Not kept."
      exit 1
    fi
    chmod +x "$staging/opa"
    if usable "$staging/opa"; then
      mv "$staging/opa" "$cached"
      found "$cached"
    fi
    say "The download is not a usable OPA for this machine."
  fi
fi

say "No usable OPA (1.0 or later). One of these helps:"
say "  - install OPA from https://www.openpolicyagent.org/docs/ and put it on PATH, or name it: OPA=/path/to/opa"
say "  - install Go, and this script builds OPA $VERSION"
say "  - let this script reach the release downloads of OPA (OPA_SHA256 pins the checksum)"
exit 1

#!/usr/bin/env bash
# Builds the library, the default policy and the packs into wasm/bundle.tar.gz and wasm/manifest.json: the same sources and the same OPA give the same
# bytes. With --check nothing is written; it fails when the committed bundle is not what the sources build.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
case "${1:-}" in
  '' | --check) mode=${1:-} ;;
  *)
    echo "usage: scripts/build-policy.sh [--check]" >&2
    exit 2
    ;;
esac

opa=$(scripts/opa.sh)
sources=(policies/mcp policies/packs policies/data.yaml)
sha256() { (sha256sum 2>/dev/null || shasum -a 256) | cut -d' ' -f1; }

unformatted=$("$opa" fmt --list policies)
if [[ -n $unformatted ]]; then
  printf 'Not formatted (run %s fmt --write policies):\n%s\n' "$opa" "$unformatted" >&2
  exit 1
fi

capabilities=()
[[ -f config/opa-capabilities.json ]] && capabilities=(--capabilities config/opa-capabilities.json)
"$opa" check --strict --schema config/schema "${capabilities[@]}" "${sources[@]}"

# The revision names the sources, not the moment or the commit, so that it can be built again.
revision=portcullis-$(
  find "${sources[@]}" -type f \( -name '*.rego' -o -name 'data.yaml' \) | LC_ALL=C sort |
    while IFS= read -r file; do printf '%s\0' "$file" && cat "$file"; done | sha256 | cut -c1-12
)

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
"$opa" build --target wasm --entrypoint mcp/main/decision --revision "$revision" "${capabilities[@]}" \
  --output "$staging/bundle.tar.gz" "${sources[@]}"

digest=$(sha256 <"$staging/bundle.tar.gz")
version=$("$opa" version | sed -n 's/^Version: //p')
cat >"$staging/manifest.json" <<JSON
{
  "sha256": "$digest",
  "opa": "$version",
  "revision": "$revision",
  "entrypoint": "mcp/main/decision"
}
JSON

if [[ $mode == --check ]]; then
  built_with=$(sed -n 's/^ *"opa": "\(.*\)",$/\1/p' wasm/manifest.json)
  if [[ $built_with != "$version" ]]; then
    echo "wasm/ was built with OPA $built_with, this is $version: build with the same one to compare." >&2
    exit 1
  fi
  if cmp -s "$staging/manifest.json" wasm/manifest.json && cmp -s "$staging/bundle.tar.gz" wasm/bundle.tar.gz; then
    echo "wasm/bundle.tar.gz is what policies/ builds ($revision)."
    exit 0
  fi
  echo "wasm/bundle.tar.gz is not what policies/ builds. Run scripts/build-policy.sh and commit wasm/." >&2
  exit 1
fi

mkdir -p wasm
mv "$staging/bundle.tar.gz" "$staging/manifest.json" wasm/
chmod 644 wasm/bundle.tar.gz wasm/manifest.json
echo "wasm/bundle.tar.gz: $revision, OPA $version, sha256 $digest"

/**
 * Reads an OPA bundle: the bytes of bundle.tar.gz go in, the module, its data and its manifest come out, or a
 * `BundleError` that says what to do. The archive is untrusted: unpacking is bounded, every header is checked, and
 * what a bundle has no business holding (links, two modules, names that climb out) is refused, never skipped.
 * Signatures are not judged here; `files` holds every file for whoever does.
 */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { isObject, type Json, type JsonObject } from '../../frame/json.ts';
import { readTar, TarError } from './tar.ts';

export interface PolicyBundle {
  readonly wasm: Uint8Array;
  readonly data: JsonObject;
  readonly manifest: BundleManifest;
  /** `sha256:` and 64 hex digits, of the bytes as they came. */
  readonly digest: string;
  /** By name without a leading slash, e.g. `policy.wasm`, `.manifest`, `.signatures.json`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface BundleManifest {
  /** Empty when the bundle was built without `--revision`. */
  readonly revision: string;
  readonly roots: readonly string[];
  readonly entrypoints: readonly string[];
}

export interface BundleOptions {
  /** Of the unpacked archive; default 64 MiB. */
  readonly maxBytes?: number;
  /** Must be compiled in; default `mcp/main/decision`. */
  readonly entrypoint?: string;
}

export const POLICY_ENTRYPOINT = 'mcp/main/decision';
const MAX_BYTES = 64 * 1024 * 1024;
const REGO_VERSIONS: readonly unknown[] = [undefined, 0, 1];

/** A bundle that cannot be loaded; the message is for the person who built it. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
}

/** @throws BundleError */
export function readBundle(bytes: Uint8Array, options: BundleOptions = {}): PolicyBundle {
  const { maxBytes = MAX_BYTES, entrypoint = POLICY_ENTRYPOINT } = options;
  const files = unpack(bytes, maxBytes);
  const manifest = readManifest(files, entrypoint);
  const wasm = onlyModule(files);
  const stray = [...files.keys()].find(
    (name) => /(^|\/)data\.(json|ya?ml)$/.test(name) && name !== 'data.json',
  );
  if (stray) {
    throw new BundleError(
      `the bundle holds ${stray}; \`opa build\` merges all data into one data.json, use what it writes`,
    );
  }
  return {
    wasm,
    data: readData(files.get('data.json')),
    manifest,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    files,
  };
}

function unpack(bytes: Uint8Array, maxBytes: number): ReadonlyMap<string, Uint8Array> {
  try {
    return readTar(gunzipSync(bytes, { maxOutputLength: maxBytes }));
  } catch (cause) {
    if (cause instanceof TarError) throw new BundleError(`not a bundle: ${cause.message}`, { cause });
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new BundleError(
        `the bundle unpacks to more than ${maxBytes} bytes; raise the limit or ship less`,
        {
          cause,
        },
      );
    }
    throw new BundleError('not a bundle: the file is not gzip, or is cut short', { cause });
  }
}

function readManifest(files: ReadonlyMap<string, Uint8Array>, entrypoint: string): BundleManifest {
  const file = files.get('.manifest');
  if (!file) throw new BundleError('the bundle has no .manifest; build it with `opa build -t wasm`');
  const manifest = parseJson(file, '.manifest');
  if (!isObject(manifest)) throw new BundleError('.manifest is not an object');
  const { revision = '', roots = [''], wasm = [], rego_version: regoVersion } = manifest;
  if (typeof revision !== 'string') throw new BundleError('.manifest: revision is not a string');
  if (!REGO_VERSIONS.includes(regoVersion)) {
    throw new BundleError(
      `.manifest: rego_version ${JSON.stringify(regoVersion)} is not known here (0 and 1 are)`,
    );
  }
  if (!isStrings(roots)) throw new BundleError('.manifest: roots is not a list of strings');
  const entrypoints = readEntrypoints(wasm);
  if (!entrypoints.includes(entrypoint)) {
    throw new BundleError(
      `the bundle does not answer ${entrypoint}; build it with \`opa build -t wasm -e ${entrypoint}\``,
    );
  }
  return { revision, roots, entrypoints };
}

function readEntrypoints(wasm: Json): readonly string[] {
  const entries = Array.isArray(wasm) ? (wasm as readonly Json[]) : [];
  if (entries.length === 0) {
    throw new BundleError('the bundle holds no compiled policy; build it with `opa build -t wasm`');
  }
  return entries.map((entry) => {
    const { entrypoint, module } = isObject(entry) ? entry : {};
    if (typeof entrypoint !== 'string' || typeof module !== 'string') {
      throw new BundleError('.manifest: an entry of wasm lacks its entrypoint or module');
    }
    if (module.replace(/^\//, '') !== 'policy.wasm') {
      throw new BundleError(
        `.manifest: ${entrypoint} is in ${module}; only one module, policy.wasm, is supported`,
      );
    }
    return entrypoint;
  });
}

function onlyModule(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const modules = [...files.keys()].filter((name) => name.endsWith('.wasm'));
  const wasm = files.get('policy.wasm');
  if (!wasm || modules.length !== 1) {
    throw new BundleError(
      `the bundle holds ${modules.length === 0 ? 'no module' : modules.join(', ')}; it must hold exactly policy.wasm`,
    );
  }
  return wasm;
}

function readData(file: Uint8Array | undefined): JsonObject {
  if (!file) return {};
  const data = parseJson(file, 'data.json');
  if (!isObject(data)) throw new BundleError('data.json is not an object');
  return data;
}

function isStrings(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function parseJson(file: Uint8Array, name: string): Json {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file);
    return JSON.parse(text, refuseRounding) as Json;
  } catch (cause) {
    throw new BundleError(`${name}: ${cause instanceof Error ? cause.message : 'not JSON'}`, { cause });
  }
}

/** Data passes through doubles when it is merged; a rule must not compare with a number nobody wrote. */
function refuseRounding(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value;
  const source = context?.source ?? '';
  const isRounded = /^-?[0-9]+$/.test(source) && !Number.isSafeInteger(value);
  if (isRounded || !Number.isFinite(value)) {
    throw new Error(`the number ${source} does not fit a double exactly; write it as a string`);
  }
  return value;
}

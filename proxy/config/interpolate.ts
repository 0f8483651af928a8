/**
 * `${VAR}`, `${VAR:-default}`, `${env:VAR}`, `${file:/path}` and `${cwd}` in the strings of a configuration, the
 * forms that client configs already use. What cannot be filled in is an error, never an empty string. Values are
 * put in once and not looked at again, so nothing inside them expands.
 */
export interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly readFile: (path: string) => string;
}

export interface Problem {
  /** Where in the file, e.g. `servers.github.url`. */
  readonly path: string;
  readonly message: string;
}

const REFERENCE = /\$\{([^}]*)\}/g;

/** @returns the value with its strings filled in; what could not be is added to `problems`. */
export function interpolate(value: unknown, sources: Sources, problems: Problem[], path = ''): unknown {
  if (typeof value === 'string') {
    // One that is not closed, or stands inside another's default, would be left as it is written.
    if (value.split('${').length - 1 !== (value.match(REFERENCE) ?? []).length) {
      problems.push({ path, message: 'has a ${ without its own }' });
      return value;
    }
    return value.replace(REFERENCE, (_, reference: string) => resolve(reference, sources, problems, path));
  }
  if (Array.isArray(value)) {
    return value.map((element, index) => interpolate(element, sources, problems, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`;
    // Assigned, its members would be inherited: settings nobody checks. Validation would drop it without a word.
    if (name === '__proto__') problems.push({ path: at, message: 'is not a setting' });
    return [name, interpolate(member, sources, problems, at)] as const;
  });
  return Object.fromEntries(members);
}

function resolve(reference: string, sources: Sources, problems: Problem[], path: string): string {
  const fail = (message: string) => {
    problems.push({ path, message });
    return '';
  };
  if (reference === 'cwd') return sources.cwd;
  if (reference.startsWith('file:')) {
    try {
      return sources.readFile(reference.slice(5)).trimEnd();
    } catch (cause) {
      return fail(`\${${reference}} could not be read: ${(cause as NodeJS.ErrnoException).code ?? 'error'}`);
    }
  }
  if (reference.startsWith('input:')) {
    return fail(
      `\${${reference}} asks the editor's user; name an environment variable instead, e.g. \${TOKEN}`,
    );
  }
  const [, name, fallback] = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/.exec(reference) ?? [];
  if (name === undefined) {
    // What stands after :- may be a secret.
    return fail(`\${${reference.split(':-')[0]}} is not a reference; write \${NAME} or \${file:/path}`);
  }
  const found = Object.hasOwn(sources.env, name) ? sources.env[name] : undefined;
  if (found !== undefined && (found !== '' || fallback === undefined)) return found;
  return (
    fallback ?? fail(`the environment variable ${name} is not set; set it, or write \${${name}:-default}`)
  );
}

/** What one running gate is made of; built in `main.ts`, replaced as a whole when the configuration changes. */
import type { InputLimits } from '../decide/judgeable-args.ts';
import type { ScanLimits } from '../frame/scan.ts';
import type { Catalogue } from './catalogue.ts';
import type {
  Clock,
  IdentityPort,
  LogPort,
  PolicyPort,
  ProvenancePort,
  RecordPort,
  SharedPort,
  StatePort,
  UpstreamPort,
} from './ports.ts';
import type { Sessions } from './sessions.ts';
import type { Tasks } from './tasks.ts';
import type { Views } from './views.ts';

export interface Gate {
  readonly servers: ReadonlyMap<string, Server>;
  readonly identity: IdentityPort;
  readonly policy: PolicyPort;
  readonly record: RecordPort;
  readonly state: StatePort;
  /** Undefined where no policy asks where values came from. */
  readonly provenance: ProvenancePort | undefined;
  /** Undefined where this gate is the only one. */
  readonly shared: SharedPort | undefined;
  /** Subjects of callers that may pass on their user's words. */
  readonly intentFrom: ReadonlySet<string>;
  readonly sessions: Sessions;
  readonly tasks: Tasks;
  readonly views: Views;
  readonly clock: Clock;
  readonly log: LogPort;
  readonly limits: GateLimits;
  /** Zone of `input.time`, e.g. `Europe/Vienna`. */
  readonly timeZone: string;
  /** Keys the digests that stand in for redacted text, so they cannot be looked up elsewhere. */
  readonly hashKey: string;
  /** `labels` of every record line. */
  readonly labels: { readonly app: 'portcullis'; readonly id: string; readonly version: string };
  /** Calls being answered now; one counter for all servers. */
  readonly load: { inFlight: number };
}

export interface Server {
  readonly name: string;
  readonly upstream: UpstreamPort;
  readonly catalogue: Catalogue;
  /** Where relative path arguments begin, when the configuration says so. */
  readonly root: string | undefined;
}

export interface GateLimits extends ScanLimits, InputLimits {
  readonly maxInFlight: number;
}

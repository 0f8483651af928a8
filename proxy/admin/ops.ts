/**
 * The ops listener: whether the process lives (`/healthz`) and whether it can judge (`/readyz`). Read-only, without
 * credentials and without anything a policy or a caller would call a secret.
 */
import { createServer, type Server } from 'node:http';
import type { Gate } from '../pipeline/gate.ts';

export interface OpsState {
  readonly policy: { readonly revision: string; readonly digest: string };
  readonly gate: Pick<Gate, 'servers' | 'sessions' | 'load' | 'labels' | 'shared'>;
}

export function createOpsServer(current: () => OpsState): Server {
  return createServer({ maxHeaderSize: 8 * 1024 }, (request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(`${JSON.stringify(body)}\n`);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, { error: 'GET only' });
    if (request.url === '/healthz') return answer(200, { status: 'ok' });
    if (request.url === '/readyz') {
      const { status, body } = ready(current());
      return answer(status, body);
    }
    return answer(404, { error: 'there are /healthz and /readyz' });
  });
}

/** A gate that runs has loaded its policy and opened its record; what it shares with others may be out of reach. */
function ready({ policy, gate }: OpsState): { readonly status: number; readonly body: object } {
  const isReady = gate.shared?.isReachable() ?? true;
  const body = {
    status: isReady ? 'ready' : 'state_unreachable',
    version: gate.labels.version,
    policy: { revision: policy.revision, digest: policy.digest },
    servers: [...gate.servers.keys()],
    sessions: gate.sessions.size,
    in_flight: gate.load.inFlight,
  };
  return { status: isReady ? 200 : 503, body };
}

/**
 * The ops listener: whether the process lives (`/healthz`) and whether it can judge (`/readyz`). Read-only, without
 * credentials and without anything a policy or a caller would call a secret.
 */
import { createServer, type Server } from 'node:http';
import type { Gate } from '../pipeline/gate.ts';

export interface OpsState {
  readonly policy: { readonly revision: string; readonly digest: string };
  readonly gate: Pick<Gate, 'servers' | 'sessions' | 'load' | 'labels'>;
}

export function createOpsServer(current: () => OpsState): Server {
  return createServer({ maxHeaderSize: 8 * 1024 }, (request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(`${JSON.stringify(body)}\n`);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, { error: 'GET only' });
    if (request.url === '/healthz') return answer(200, { status: 'ok' });
    if (request.url === '/readyz') return answer(200, ready(current()));
    return answer(404, { error: 'there are /healthz and /readyz' });
  });
}

/** A gate that runs has loaded its policy and opened its record: it does not start otherwise. */
function ready({ policy, gate }: OpsState): object {
  return {
    status: 'ready',
    version: gate.labels.version,
    policy: { revision: policy.revision, digest: policy.digest },
    servers: [...gate.servers.keys()],
    sessions: gate.sessions.size,
    in_flight: gate.load.inFlight,
  };
}

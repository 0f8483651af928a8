/** The tools of a server as it lists them to this caller, every page of them. */
import type { JsonObject } from '../../proxy/frame/json.ts';
import { connect } from '../connect.ts';

const PAGES = 100;

/** @throws Error that names the address when it cannot be reached or never ends its list. */
export async function listTools(
  url: URL,
  headers: Readonly<Record<string, string>>,
  version: string,
): Promise<readonly JsonObject[]> {
  const { client, close } = await connect(url, headers, version);
  try {
    const found: JsonObject[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES; page += 1) {
      const { tools, nextCursor } = await client.listTools(cursor === undefined ? {} : { cursor });
      found.push(...(tools as unknown as JsonObject[]));
      if (nextCursor === undefined) return found;
      cursor = nextCursor;
    }
    throw new Error(`${url} lists its tools on more than ${PAGES} pages`);
  } finally {
    await close();
  }
}

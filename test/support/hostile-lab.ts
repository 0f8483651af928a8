/**
 * What a run of the hostile corpus needs around it: the upstream that records, credentials, and gates.
 */

import type { Credentials } from './hostile-credentials.ts';
import type { CaseClient } from './hostile-duplex.ts';
import type { RecordingUpstream } from './recording-upstream.ts';

/** How callers log in: not at all, by API key, by token. */
export type Profile = 'open' | 'api_keys' | 'jwt';
export type AnswerAs = RecordingUpstream['answerAs'];

export interface Target {
  readonly url: string;
  /** How cases reach it, where that is not a POST. */
  connect?(version: string, authorization: string | undefined): CaseClient;
  /** Breaks a part of the gate; the corpus' class `failopen` has the names. */
  inject?(fault: string): void | Promise<void>;
  close(): Promise<void>;
}

export interface Lab {
  readonly upstream: RecordingUpstream;
  readonly credentials: Credentials;
  /** A gate that many cases share. */
  shared(profile: Profile): Promise<Target>;
  /** A gate for one case, which closes it. */
  own(profile: Profile): Promise<Target>;
}

/** `input.result`: what the policy is told about an answer it asked to see, without the answer itself. */
import type { PolicyInput } from '../decide/contract.ts';
import { detectSecrets } from '../decide/redact/detect.ts';
import { isObject, type Json } from '../frame/json.ts';
import type { ResponseFrame } from '../frame/read-frame.ts';

const MAX_SAMPLE = 4_096;
const MAX_URLS = 50;
const URLS = /\bhttps?:\/\/[^\s"'<>\\]{1,500}/g;

export function describeResult(frame: ResponseFrame): NonNullable<PolicyInput['result']> {
  const payload = frame.result ?? frame.error ?? {};
  const sample = sampleOf(payload).toWellFormed();
  return {
    is_error: frame.error !== undefined || payload['isError'] === true,
    bytes: frame.bytes?.length ?? Buffer.byteLength(frame.text),
    text_sample: sample,
    secrets: [...detectSecrets(payload, '/result')],
    urls: [...new Set(frame.text.match(URLS) ?? [])].slice(0, MAX_URLS),
    content_types: contentTypes(payload['content']),
  };
}

/** The first texts of the answer, as the model would read them. */
function sampleOf(payload: Json): string {
  let sample = '';
  const visit = (value: Json): void => {
    if (sample.length >= MAX_SAMPLE) return;
    if (typeof value === 'string') sample += `${value.slice(0, MAX_SAMPLE - sample.length)}\n`;
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  visit(payload);
  return sample.slice(0, MAX_SAMPLE);
}

function contentTypes(content: Json | undefined): string[] {
  if (!Array.isArray(content)) return [];
  const types = (content as readonly Json[]).map((block) => (isObject(block) ? block['type'] : undefined));
  return [...new Set(types.filter((type) => typeof type === 'string'))]
    .slice(0, 20)
    .map((type) => type.slice(0, 64));
}

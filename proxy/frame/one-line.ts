/**
 * JSON text as one line, for wires on which a line is a message.
 *
 * Line ends between tokens are white space to JSON and message ends to a pipe. Inside strings some readers (Node's
 * readline, Python's splitlines) also end a line at characters that JSON lets stand there: an argument could then hold
 * a message of its own, which nobody has judged. Escaped they mean the same.
 *
 * @see MCP 2025-11-25, basic/transports, "stdio"
 */
const LINE_ENDS = ['\n', '\r', '\u0085', '\u2028', '\u2029'];
const ANY_LINE_END = /[\n\r\u0085\u2028\u2029]/g;

/** @returns the message itself where it is one line already: then its bytes stay. */
export function oneLine(body: Uint8Array | string): Uint8Array | string {
  if (typeof body !== 'string' && !LINE_ENDS.some((end) => Buffer.prototype.includes.call(body, end)))
    return body;
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  return text.replace(ANY_LINE_END, (end) =>
    end === '\n' || end === '\r' ? ' ' : `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * A process that appends to a record, to be killed or starved by its test. `stream FILE DURABILITY`: numbered lines
 * without end, each number printed once its line has been written. `starved FILE`: under a file size limit of 1 KiB,
 * one line that fits, one that does not, then room is made within the torn piece, and one more that fits.
 */
import { truncateSync, writeSync } from 'node:fs';
import { openFileRecord } from '../../../proxy/services/audit/file-record.ts';

const [mode, file = '', durability = 'flush'] = process.argv.slice(2);
const record = openFileRecord({ file, durability: durability as 'flush' | 'fsync' });

if (mode === 'stream') {
  const pad = 'x'.repeat(200);
  for (let number = 0; ; number += 3) {
    const three = [0, 1, 2].map((more) => record.append(`{"n":${number + more},"pad":"${pad}"}`));
    await Promise.all(three);
    writeSync(1, `${number}\n${number + 1}\n${number + 2}\n`);
  }
} else {
  const said: string[] = [];
  const append = (line: string) =>
    record.append(line).then(
      () => said.push('written'),
      (cause: Error) => said.push(cause.name),
    );
  await append(`{"a":"${'x'.repeat(900)}"}`);
  await append(`{"b":"${'y'.repeat(500)}"}`);
  truncateSync(file, 950);
  await append('{"c":"z"}');
  await append('{"d":"z"}');
  process.stdout.write(JSON.stringify(said));
}

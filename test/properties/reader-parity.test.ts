/** 100,000 mutated frames: what the reader takes, three others read alike. `make fuzz` runs ten million. */
import { expect, test } from 'vitest';
import { FRAME_LIMITS, readFrame } from '../../proxy/frame/read-frame.ts';
import { verifies } from '../requirements.ts';
import { createRandom, minimise, mutate, SEEDS } from '../support/fuzz-frames.ts';
import { disparity } from '../support/fuzz-parity.ts';

const RUNS = 100_000;

test('frames as people send them are taken', () => {
  const refused = SEEDS.map((text) =>
    readFrame(Buffer.from(text), { ...FRAME_LIMITS, direction: 'to_client' }),
  ).filter(({ kind }) => kind === 'refusal');
  expect(refused).toEqual([]);
  expect(SEEDS.map((text) => disparity(Buffer.from(text))).filter(Boolean)).toEqual([]);
});

test('mutated frames are read alike or refused', { timeout: 120_000 }, () => {
  verifies('R02', 'every');
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 32);
  const random = createRandom(seed);
  let taken = 0;
  for (let run = 0; run < RUNS; run++) {
    const bytes = mutate(random);
    const wrong = disparity(bytes);
    if (wrong !== undefined) {
      const least = minimise(bytes, (shorter) => disparity(shorter) === wrong);
      expect.fail(
        `FUZZ_SEED=${seed}: ${wrong}\n${JSON.stringify(least.toString('utf8'))}\n${least.toString('hex')}`,
      );
    }
    if (readFrame(bytes, { ...FRAME_LIMITS, direction: 'to_client' }).kind !== 'refusal') taken++;
  }
  // A run in which hardly anything is a frame would show nothing.
  expect(taken).toBeGreaterThan(RUNS / 20);
});

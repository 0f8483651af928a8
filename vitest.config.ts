/** Tests start servers, OPA and whole gates: on a busy machine that takes a while, and nothing here asserts on time. */
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: '100%' } });

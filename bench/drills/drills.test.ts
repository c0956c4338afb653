import { expect, onTestFinished, test } from 'vitest';
import { drills } from './catalogue.ts';
import { DrillRun } from './run-drill.ts';

const small = { buyers: 60, units: 10, method: 'fifo' } as const;

/** The shortest drills that say something; the others take longer than a test may. */
test.each(['redis-kill', 'worker-kill', 'redis-wipe'])(
  '%s: struck, and nothing that is promised was broken',
  async (name) => {
    const drill = drills.find((one) => one.name === name);
    if (!drill) throw new Error(`no drill ${name}`);
    const lines: string[] = [];
    const run = new DrillRun({ ...drill, sellingSecondsMin: 5 }, 1, small, (line) => lines.push(line));
    onTestFinished(() => run.stop());
    const result = await run.run();
    expect(result.violations, lines.join('\n')).toEqual([]);
    expect(result.strikes).toBeGreaterThan(0);
  },
  180_000,
);

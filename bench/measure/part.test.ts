import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../supervisor/fixtures/temporary-directory.ts';
import { BenchFailure, BrokenInvariant } from './failure.ts';
import { Part } from './part.ts';

test('a wrong answer that a part met is as wrong as one that was met here', async () => {
  const part = await Part.start('bench/measure/fixtures/refusing/main.ts', {
    directory: await temporaryDirectory(),
  });
  onTestFinished(() => part.stop());
  const wrong = part.ask({ unitsMissing: 3 });
  await expect(wrong).rejects.toBeInstanceOf(BrokenInvariant);
  await expect(wrong).rejects.toThrow('3 units are missing');
  const failed = part.ask({ unitsMissing: 0 });
  await expect(failed).rejects.toBeInstanceOf(BenchFailure);
  await expect(failed).rejects.toThrow('this part is broken');
});

import { open } from 'node:fs/promises';

const bytesMax = 16_384;

/**
 * What a program said that died: of the log from `position` on, the last FATAL line, else the last line;
 * empty where it said nothing.
 */
export async function dyingWords(path: string, position: number): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(bytesMax), position });
    const lines = buffer
      .toString('utf8', 0, bytesRead)
      .split('\n')
      .map((line) => line.trim());
    return lines.findLast((line) => line.includes('FATAL')) ?? lines.findLast((line) => line !== '') ?? '';
  } finally {
    await file.close();
  }
}

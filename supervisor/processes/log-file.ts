import { open } from 'node:fs/promises';

const tailBytes = 4_096;

/** The last line of a log that says something; an empty string where there is none. */
export async function lastLine(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(tailBytes),
      position: Math.max(0, size - tailBytes),
    });
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    return (
      lines
        .filter((line) => line.trim() !== '')
        .at(-1)
        ?.trim() ?? ''
    );
  } finally {
    await file.close();
  }
}

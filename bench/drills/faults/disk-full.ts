import { execFileSync } from 'node:child_process';
import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { between, type Drill, DrillFailure } from '../scene.ts';

/** Room for both stores of a rush of 20,000, and little enough to be filled in a moment. */
const sizeMiB = 768;
const pieceBytes = 2 ** 20;

export const diskFull: Drill = {
  name: 'disk-full',
  summary: 'the disk under both stores is full for some seconds (a tmpfs; takes the right to mount)',
  pauseMs: [1_000, 4_000],
  sellingSecondsMin: 40,
  async prepare(next) {
    let mounted: string | null = null;
    return {
      async arrange({ dataDir }) {
        mount(dataDir);
        mounted = dataDir;
        await chmod(dataDir, 0o711);
        await mkdir(join(dataDir, 'logs'), { mode: 0o700 });
        return {};
      },
      async begin({ system }) {
        const ballast = join(system.dataDir, 'ballast');
        return {
          async strike() {
            await fill(ballast);
            await sleep(between(500, 3_000, next));
            await rm(ballast, { force: true });
            return 'disk';
          },
          end: () => rm(ballast, { force: true }),
        };
      },
      async clean() {
        if (mounted !== null) execFileSync('umount', ['-l', mounted]);
      },
    };
  },
};

function mount(directory: string): void {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', directory], { stdio: 'pipe' });
  } catch (error) {
    const words = (error as { stderr?: Buffer }).stderr?.toString().trim();
    throw new DrillFailure(`disk-full needs a small disk of its own, and mount says: ${words}`);
  }
}

/** Writes until nothing more fits, to the last byte. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  const zeros = Buffer.alloc(pieceBytes);
  try {
    for (let length = pieceBytes; length > 0; ) {
      try {
        const { bytesWritten } = await file.write(zeros, 0, length);
        if (bytesWritten === 0) length >>= 1;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        length >>= 1;
      }
    }
  } finally {
    await file.close();
  }
}

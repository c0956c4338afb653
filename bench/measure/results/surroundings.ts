import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';

/** What stood beside the system while it was measured; what is not known is left out. */
export interface Surroundings {
  redis?: string | undefined;
  postgres?: string | undefined;
  wrk?: string | undefined;
  /** The file system that the stores' data lies on. */
  dataOn?: string | undefined;
}

/** The kernel's numbers, from its include/uapi/linux/magic.h. */
const fileSystems: Readonly<Record<number, string>> = {
  61267: 'ext4',
  16914836: 'tmpfs',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlay',
  801189825: 'zfs',
  26985: 'nfs',
};

/** The name of the file system that holds `path`, or its number. */
export function fileSystemOf(path: string): string {
  const { type } = statfsSync(path);
  return fileSystems[type] ?? `0x${type.toString(16)}`;
}

/** Of the wrk on the PATH: it tells its version, and ends with 1. */
export function wrkVersion(): string | undefined {
  const { stdout } = spawnSync('wrk', ['-v'], { encoding: 'utf8' });
  return /^wrk (\S+)/.exec(stdout ?? '')?.[1];
}

/** What has to be known of figures from there, or null. */
export const remarkOn = ({ dataOn }: Surroundings): string | null =>
  dataOn === 'tmpfs'
    ? 'the data lies in memory (tmpfs): what appendfsync and synchronous_commit wait for costs nothing here'
    : null;

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
  0xef53: 'ext4',
  0x01021994: 'tmpfs',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x794c7630: 'overlay',
  0x2fc12fc1: 'zfs',
  0x6969: 'nfs',
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

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Why that file cannot be written, or null. Asked before a run rather than after it. */
export function whyNotWritable(file: string): string | null {
  if (!existsSync(file)) return isWritable(dirname(file)) ? null : `${dirname(file)} cannot be written to.`;
  if (statSync(file).isDirectory()) return 'It is a directory.';
  return isWritable(file) ? null : `${basename(file)} cannot be written to.`;
}

/** Why nothing can be written into that folder, which need not exist yet, or null. */
export function whyNoFolder(folder: string): string | null {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  if (!statSync(existing).isDirectory()) return `${existing} is no folder.`;
  return isWritable(existing) ? null : `${existing} cannot be written to.`;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** What cannot be done here; its message is all that the reader needs. */
export class PlantingFailure extends Error {}

/** The last commit of this repository in a directory of its own, for bugs that nobody wants to meet elsewhere. */
export class Copy {
  readonly directory: string;
  readonly #parent: string;

  constructor() {
    this.#parent = mkdtempSync(join(tmpdir(), 'doorbuster-bugs-'));
    this.directory = join(this.#parent, 'copy');
    git(root, 'worktree', 'add', '--quiet', '--detach', this.directory, 'HEAD');
    symlinkSync(join(root, 'node_modules'), join(this.directory, 'node_modules'));
  }

  plant(patch: string): void {
    git(this.directory, 'apply', patch);
  }

  /** As it was committed, whatever was planted. */
  restore(): void {
    git(this.directory, 'checkout', '--quiet', '--', '.');
  }

  remove(): void {
    rmSync(this.#parent, { recursive: true, force: true, maxRetries: 5 });
    git(root, 'worktree', 'prune');
  }
}

function git(directory: string, ...args: string[]): void {
  try {
    execFileSync('git', ['-C', directory, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? (error as Error).message).trim();
    throw new PlantingFailure(`git ${args[0]} failed: ${said}`);
  }
}

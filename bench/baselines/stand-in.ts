import { register } from 'node:module';

/** A module of the program that is started, and what is loaded in its place. */
export interface StandIn {
  original: URL;
  replacement: URL;
}

/**
 * Loads `replacement` wherever the program imports `original`; only the replacement itself still gets the
 * original. An opponent is thereby the very program that it is compared with, one module apart: whatever is
 * changed about the door, in any room, both have it at once, and neither the gateway nor the engine carries
 * an injection point that no customer needs.
 *
 * Called by a file that node loads with `--import`, after the loader and before the program.
 */
export function standIn({ original, replacement }: StandIn): void {
  register(new URL('./stand-in-hook.ts', import.meta.url), {
    data: { original: original.href, replacement: replacement.href },
  });
}

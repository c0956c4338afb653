import { fileURLToPath } from 'node:url';
import { loadScripts } from '../../../engine/redis/script-loader.ts';

/** Every script, as `engine/redis/scripts.ts` calls it. */
export const scripts = [...loadScripts(fileURLToPath(new URL('../../../lua', import.meta.url))).values()];

const names = new Map(scripts.map(({ sha, name }) => [sha, name]));

/** The name of the script that EVALSHA is asked for. */
export const scriptNamed = (sha: string): string => names.get(sha) ?? sha;

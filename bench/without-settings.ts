import { SettingsSchema } from '../engine/contracts/settings.ts';

/**
 * That environment without any setting of Doorbuster. Who runs a system has its stores, secrets and providers
 * exported; what promises stores of its own must not sell, pay and drop schemas on those.
 */
export function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = new Set(Object.keys(SettingsSchema.properties));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.has(name)));
}

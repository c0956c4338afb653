import { type Settings, SettingsSchema } from '../engine/contracts/settings.ts';

type Environment = Record<string, string | undefined>;

/** Our own environment without any of our settings: what a program that is none of our planes may know. */
export function bareEnvironment(): Environment {
  const names = new Set(Object.keys(SettingsSchema.properties));
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !names.has(name)));
}

/** The environment of the gateways, the operator plane and the workers: each reads the same settings. */
export function childEnvironment(settings: Settings): Environment {
  const given = Object.entries(settings).map(([name, value]) => [name, String(value)]);
  return { ...bareEnvironment(), ...Object.fromEntries(given) };
}

import type { System } from '../demo/system.ts';
import type { Conditions } from '../psp/conditions.ts';
import { DrillFailure } from './scene.ts';

/** Makes the payment provider so; what is not named stays as it is. Throws `DrillFailure` where it takes no such thing. */
export async function makeWeather(
  { providerOrigin }: Pick<System, 'providerOrigin'>,
  conditions: Partial<Conditions>,
): Promise<void> {
  const response = await fetch(`${providerOrigin}/control`, {
    method: 'PUT',
    body: JSON.stringify(conditions),
  });
  if (!response.ok) throw new DrillFailure(`the provider took no conditions: ${await response.text()}`);
}

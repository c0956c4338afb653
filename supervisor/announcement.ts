import type { RunningSystem } from './system.ts';

/** Where everything is, and how to get in; printed once the system runs. */
export function announcement(system: RunningSystem): string {
  const { publicUrl, operatorUrl, providerUrl, dataDirectory, mailDirectory, settings } = system;
  const rows = [
    ['public', `${publicUrl}  (HTTP under /api/v1, WebSocket at /ws)`],
    ['operator', `${operatorUrl}  (API under /api/v1/admin, /metrics)`],
    [
      'payments',
      `${providerUrl}  (${system.isProviderSimulated ? 'a simulated payment provider: no money moves' : 'the payment provider'})`,
    ],
    ...(mailDirectory === null
      ? []
      : [
          [
            'mail',
            `${mailDirectory}  (mails to buyers are kept there, and sent to nobody: SMTP_URL is not set)`,
          ],
        ]),
    ['data', dataDirectory],
    ['logs', `${dataDirectory}/logs`],
  ];
  const places = rows.map(([name, place]) => `  ${name?.padEnd(10)}${place}`).join('\n');
  return `\nDoorbuster is open.\n\n${places}\n${settings.DEV_TOKENS === 'on' ? tokenHelp(publicUrl) : ''}\nCtrl-C stops everything.\n`;
}

const tokenHelp = (publicUrl: string) => `
An operator's token, for trying things out (DEV_TOKENS=on):

  curl -s ${publicUrl}/api/v1/auth/dev-token -H 'content-type: application/json' -d '{"sub":"me","role":"admin"}'
`;

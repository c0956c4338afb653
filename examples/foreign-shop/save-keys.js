// Prints Doorbuster's public keys, to be saved: node save-keys.js http://localhost:3000 > jwks.json
const [origin = 'http://localhost:3000'] = process.argv.slice(2);
const reply = await fetch(`${origin}/.well-known/jwks.json`);
if (!reply.ok) {
  console.error(`${reply.url} answers ${reply.status}`);
  process.exit(1);
}
process.stdout.write(await reply.text());

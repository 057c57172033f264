// node tests/e2e/grammar/many.mjs [HOW MANY] [FIRST SEED]: the check of schemas.test.mjs at length. Exit status 1 when anything was wrong.
import { startServer } from '../harness.mjs';
import { checkSchemas } from './check.mjs';

const server = await startServer();
const seen = await checkSchemas(server, Number(process.argv[3] ?? 1), Number(process.argv[2] ?? 2000));
await server.stop();
const { wrong, ...counts } = seen;
for (const line of wrong.slice(0, 20)) console.log(line);
console.log(JSON.stringify({ ...counts, wrong: wrong.length }));
process.exitCode = wrong.length ? 1 : 0;

import { parseArgs } from 'node:util';
import { massRegistration } from './mass-registration.ts';

/** `npm run e2e:registration [-- --servers N --sabotaged N --within SECONDS]`: exit code 1 when one was misjudged or it took too long. */
const { values } = parseArgs({
  options: {
    servers: { type: 'string', default: '1000' },
    sabotaged: { type: 'string', default: '37' },
    within: { type: 'string', default: '120' },
  },
});
const servers = Number(values.servers);
const sabotaged = Number(values.sabotaged);
const figures = await massRegistration({ servers, sabotaged });
process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
const well =
  figures.misjudged.length === 0 &&
  figures.leaked_addresses === 0 &&
  figures.left_on === sabotaged &&
  figures.distinct_addresses === servers - sabotaged &&
  figures.seconds <= Number(values.within);
process.exit(well ? 0 : 1);

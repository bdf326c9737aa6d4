import { connect } from 'amqplib';
import { jobQueue } from '../../conductor/bus/bus.ts';
import { eventually } from '../services/eventually.ts';
import type { Site } from './site.ts';

/** What a client may ask while MariaDB is away: of both APIs, reading and changing. */
const REQUESTS = (uuid: string): readonly (readonly [method: string, path: string, body?: object])[] => [
  ['GET', '/v1/nodes?limit=1'],
  ['PUT', `/v1/nodes/${uuid}/states/power`, { target: 'power on' }],
  ['GET', '/lifecycle/v1/servers?limit=1'],
  ['POST', `/lifecycle/v1/servers/${uuid}/actions/power-on`],
];

/** MariaDB crashes and is started again. Resolves with what the API answered to wrongly meanwhile, in words. */
export async function crashMariadb({ mariadb, api, subjects }: Site): Promise<string[]> {
  await mariadb.kill();
  const wrong: string[] = [];
  for (const [method, path, body] of REQUESTS(subjects[0]?.uuid ?? '')) {
    const { status, retry_after } = await api.request(method, path, body);
    if (status !== 503 || retry_after === null)
      wrong.push(
        `While MariaDB was away ${method} ${path} was answered ${status}, Retry-After ${retry_after}.`,
      );
  }
  await mariadb.start();
  await eventually(async () => {
    const { status } = await api.request('GET', '/v1/nodes?limit=1');
    if (status !== 200) throw new Error(`The API still answers ${status}.`);
  });
  return wrong;
}

/** Deletes the queue that wakes the conductors, with whatever is in it. */
export async function deleteJobQueue({ rabbitmq }: Site): Promise<void> {
  const connection = await connect(rabbitmq.url);
  try {
    const channel = await connection.createChannel();
    await channel.deleteQueue(jobQueue(''));
  } finally {
    await connection.close();
  }
}

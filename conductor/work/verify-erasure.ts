import { randomUUID } from 'node:crypto';
import { canonicalJson } from '../../lifecycle/canonical-json.ts';
import {
  certificateDocument,
  type ErasedDisk,
  ErasureDoubt,
  readErasure,
} from '../../lifecycle/erase-certificate.ts';
import { isoText } from '../../lifecycle/iso-text.ts';
import type { PlannedStep } from '../../lifecycle/job.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { StepContext, StepDefinition } from '../step.ts';
import { inBandStep } from './in-band-step.ts';

export const VERIFY_ERASURE = 'deploy.verify_erasure';

/** History entries that are looked through for the chain of custody. */
const HISTORY = 200;

/**
 * The agent reads the erased disks back. A disk that still holds something fails the step, and with it the clean; else the
 * erasure is certified, once, where the provider has a key to sign with.
 */
export function verifyErasureStep(step: PlannedStep): StepDefinition {
  return inBandStep('clean', step, async (ctx, result) => {
    try {
      const disks = readErasure(resultOf(result));
      return { outcome: 'done', result: await certify(ctx, disks) };
    } catch (error) {
      if (!(error instanceof ErasureDoubt)) throw error;
      return { outcome: 'fail', message: `The erasure of the disks is not proved. ${error.message}` };
    }
  });
}

function resultOf(result: Json): Json {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return null;
  return (result as JsonObject).clean_result ?? null;
}

/** Resolves with words for the journal. */
async function certify(ctx: StepContext, disks: readonly ErasedDisk[]): Promise<string> {
  const { certifier, job, node, store } = ctx;
  const read = `${disks.length} ${disks.length === 1 ? 'disk' : 'disks'} read back, nothing found`;
  if (certifier === null) return `${read}; no certificate: [certificates]signing_key_file is not set`;
  // A conductor that died after it had written it.
  const known = await store.erase_certificates.getByJob(job.uuid);
  if (known !== null) return `${read}; certificate ${known.uuid}`;
  const [server, history] = await Promise.all([
    store.servers.get(node.uuid),
    store.history.list(node.uuid, { sort_dir: 'desc', limit: HISTORY }),
  ]);
  const uuid = randomUUID();
  const custodian = typeof job.args.custodian === 'string' ? job.args.custodian : null;
  const { serial_number = null, manufacturer = null, product_name = null } = server ?? {};
  const facts = {
    ...{ uuid, custodian, issued_at: isoText(ctx.now()) },
    server: { uuid: node.uuid, name: node.name, serial_number, manufacturer, product_name },
    operator: {
      ...{ user: job.user, project: job.project, request_id: job.request_id },
      conductor: ctx.hostname,
    },
    custody: history.toReversed().map(({ created_at, event, user, project, state }) => ({
      at: isoText(created_at),
      event,
      user,
      project,
      state,
    })),
  };
  const document = canonicalJson(certificateDocument(facts, disks));
  await store.erase_certificates.create({
    ...{ uuid, document, custodian, serial_number, node_uuid: node.uuid, job_uuid: job.uuid },
    signature: certifier.sign(document),
    ...{ key_id: certifier.key_id, public_key: certifier.public_key },
  });
  return `${read}; certificate ${uuid}`;
}

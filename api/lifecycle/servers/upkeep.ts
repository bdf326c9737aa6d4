import { codeOf } from '../../../lifecycle/coded-text.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { UPKEEP, type Upkeep, type UpkeepRefusal, upkeepRefusal } from '../../../lifecycle/upkeep.ts';
import type { FoundServer } from './access.ts';

/** @throws Conflict with the reason, where it cannot be done now */
export function refuseUpkeep(name: Upkeep, found: FoundServer): void {
  const refusal = refusalOf(name, found);
  if (refusal !== null) throw serviceError('Conflict', { why: refusal.text });
}

/** What the provider may do with the server now, and why not otherwise. */
export function upkeepView(found: FoundServer): JsonObject {
  return {
    upkeep: UPKEEP.map((upkeep) => {
      const refusal = refusalOf(upkeep, found);
      return {
        ...{ upkeep, allowed: refusal === null, reason: refusal?.text ?? null },
        refusal: refusal === null ? null : codeOf(refusal),
      };
    }),
  };
}

const refusalOf = (name: Upkeep, { server, node }: FoundServer): UpkeepRefusal | null =>
  upkeepRefusal(name, { ...server, busy: node !== null && node.reservation !== null });

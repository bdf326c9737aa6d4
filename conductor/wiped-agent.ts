import type { JsonObject } from '../lifecycle/json.ts';

/** What a power-off or reboot makes worthless: the agent's address may change, and its token is for one boot. */
const OF_ONE_BOOT = [
  'agent_url',
  'agent_secret_token',
  'agent_verify_ca',
  'agent_last_heartbeat',
  'agent_version',
  'agent_status',
  'agent_status_message',
];

/** driver_internal_info without the agent of the last boot. A token that went out with virtual media stays. */
export function wipedAgent(driver_internal_info: JsonObject): JsonObject {
  const keeps_token = driver_internal_info.agent_secret_token_pregenerated === true;
  return Object.fromEntries(
    Object.entries(driver_internal_info).filter(
      ([key]) => !OF_ONE_BOOT.includes(key) || (keeps_token && key === 'agent_secret_token'),
    ),
  );
}

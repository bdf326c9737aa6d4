import { PAYLOAD_TYPE } from '../../drivers/ipmi/codec/packet.ts';
import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import { nothing } from '../../drivers/ipmi/commands/command.ts';
import {
  activatePayload,
  deactivatePayload,
  getChannelPayloadSupport,
  getChannelPayloadVersion,
  getPayloadActivationStatus,
  getPayloadInstanceInfo,
} from '../../drivers/ipmi/commands/payload.ts';
import {
  getSolConfiguration,
  SOL_PARAMETER,
  setSolConfiguration,
} from '../../drivers/ipmi/commands/sol-configuration.ts';
import {
  getUserPayloadAccess,
  setUserPayloadAccess,
} from '../../drivers/ipmi/commands/user-payload-access.ts';
import type { OpenSession, Session } from '../../drivers/ipmi/managed/session-table.ts';
import type { BmcState } from './bmc-state.ts';
import { on, type Row } from './handler.ts';
import { getParameter, isLanChannel, setParameter } from './parameters.ts';

const DISABLED = 0x81;
const ACTIVE_ELSEWHERE = 0x80;
const ALREADY_DEACTIVATED = 0x80;
const NEEDS_ENCRYPTION = 0x84;
const NOT_AVAILABLE = 0x80;
/** IPMI messages and SOL; open session and RAKP 1 to 4. */
const STANDARD_PAYLOADS = (1 << PAYLOAD_TYPE.ipmi) | (1 << PAYLOAD_TYPE.sol);
const SETUP_PAYLOADS = 0x3f;
const SOL_BIT = 1 << PAYLOAD_TYPE.sol;
const PAYLOAD_VERSION = 0x10;

/** Bytes of each parameter that can be set. IPMI v2.0 table 26-5 */
const LENGTHS: Readonly<Record<number, number>> = {
  [SOL_PARAMETER.setInProgress]: 1,
  [SOL_PARAMETER.enable]: 1,
  [SOL_PARAMETER.authentication]: 1,
  [SOL_PARAMETER.accumulation]: 2,
  [SOL_PARAMETER.retry]: 2,
  [SOL_PARAMETER.bitRate]: 1,
  [SOL_PARAMETER.volatileBitRate]: 1,
  [SOL_PARAMETER.port]: 2,
};

function isSol({ payload_type, instance }: { payload_type: number; instance?: number }): boolean {
  return payload_type === PAYLOAD_TYPE.sol && (instance ?? 1) === 1;
}

/** The place of a session's user in the BMC's table. */
function placeOf({ users }: BmcState, { user }: Session): number {
  return users.findIndex(({ name }) => name === user?.name) + 1;
}

/** Payloads are of RMCP+ alone. */
function isSealed(session: OpenSession | null): session is Session {
  return session !== null && 'suite' in session;
}

/** A payload command's answer when its payload is not the one that there is. */
function refusal(bmc: BmcState, instance: { payload_type: number; instance: number }): number | null {
  if (!isSol(instance)) return COMPLETION_CODE.parameterOutOfRange;
  return bmc.sol.enabled ? null : DISABLED;
}

/** Serial over LAN: payloads and their configuration. IPMI v2.0 24, 26 */
export const SOL_ROWS: readonly Row[] = [
  on(activatePayload, (bmc, request, session) => {
    const refused = refusal(bmc, request);
    if (refused !== null) return refused;
    if (!isSealed(session)) return COMPLETION_CODE.notInPresentState;
    if (bmc.sol.refused_users.has(placeOf(bmc, session))) return DISABLED;
    if (bmc.sol.session !== null) return ACTIVE_ELSEWHERE;
    if (!request.encrypted || !request.authenticated) return NEEDS_ENCRYPTION;
    bmc.sol.activate(session);
    const size = bmc.sol.packet_size;
    return { inbound_size: size, outbound_size: size, port: bmc.port };
  }),
  on(deactivatePayload, (bmc, request, session) => {
    const refused = refusal(bmc, request);
    if (refused !== null) return refused;
    return bmc.sol.deactivate(isSealed(session) ? session : null) ? nothing : ALREADY_DEACTIVATED;
  }),
  on(getPayloadActivationStatus, (bmc, request) =>
    isSol(request)
      ? { capacity: 1, active: bmc.sol.session === null ? 0 : 1 }
      : COMPLETION_CODE.parameterOutOfRange,
  ),
  on(getPayloadInstanceInfo, (bmc, request) =>
    isSol(request)
      ? { session_id: bmc.sol.session?.id ?? 0, serial_port: 1 }
      : COMPLETION_CODE.parameterOutOfRange,
  ),
  on(getChannelPayloadSupport, () => ({ standard: STANDARD_PAYLOADS, setup: SETUP_PAYLOADS })),
  on(getChannelPayloadVersion, (_bmc, { payload_type }) =>
    payload_type === PAYLOAD_TYPE.ipmi || payload_type === PAYLOAD_TYPE.sol
      ? { version: PAYLOAD_VERSION }
      : NOT_AVAILABLE,
  ),
  on(getUserPayloadAccess, ({ sol }, { channel, user_id }) =>
    isLanChannel(channel)
      ? { standard: sol.refused_users.has(user_id) ? 0 : SOL_BIT, oem: 0 }
      : COMPLETION_CODE.invalidData,
  ),
  on(setUserPayloadAccess, ({ sol }, { channel, user_id, enable, standard }) => {
    if (!isLanChannel(channel)) return COMPLETION_CODE.invalidData;
    if ((standard & SOL_BIT) === 0) return nothing;
    if (enable) sol.refused_users.delete(user_id);
    else sol.refused_users.add(user_id);
    return nothing;
  }),
  on(getSolConfiguration, (bmc, request) => getParameter(bmc.sol.parameters, request)),
  on(setSolConfiguration, (bmc, request) =>
    setParameter(bmc.sol.parameters, request, LENGTHS, SOL_PARAMETER.channel),
  ),
];

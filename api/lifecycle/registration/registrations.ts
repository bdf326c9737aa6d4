import type { JsonObject } from '../../../lifecycle/json.ts';
import type { RegistrationRecord } from '../../../lifecycle/registration-records.ts';
import type { LifecycleHandler } from '../handler.ts';
import { isoTime } from '../iso-time.ts';
import { findRecord, listPage, type Resource, shown } from '../resource.ts';

const PLAIN = [
  ...(['system_uuid', 'node_uuid', 'state', 'step', 'cause', 'address', 'bmc_address'] as const),
  ...(['serial_number', 'manufacturer', 'product_name', 'agent_version', 'log_tail'] as const),
];

const REGISTRATION: Resource<RegistrationRecord> = {
  kind: 'Registration',
  collection: 'registrations',
  param: 'registration',
  table: (store) => store.registrations,
  rules: { read: 'lifecycle:registration:get', write: 'lifecycle:registration:manage' },
  filters: ['state', 'step', 'system_uuid', 'node_uuid'],
  searched: ['serial_number', 'system_uuid', 'address', 'bmc_address', 'product_name', 'cause'],
  view: (record) => ({
    ...Object.fromEntries(PLAIN.map((field) => [field, record[field]])),
    ports: record.ports.map((one): JsonObject => ({ ...one })),
    firmware: record.firmware.map(
      ({ update, ...one }): JsonObject => ({ ...one, update: update === undefined ? null : { ...update } }),
    ),
    finished_at: isoTime(record.finished_at),
  }),
  read: () => ({}),
};

/** The attempts of servers to register. */
export const REGISTRATION_HANDLERS: Readonly<Record<string, LifecycleHandler>> = {
  'lifecycle.registrations.list': async (request, api) => {
    api.policy.authorize(REGISTRATION.rules.read, {}, request.caller);
    return listPage(request, api, REGISTRATION);
  },
  'lifecycle.registrations.show': async (request, api) => {
    api.policy.authorize(REGISTRATION.rules.read, {}, request.caller);
    return { status: 200, body: shown(REGISTRATION, await findRecord(api, request, REGISTRATION)) };
  },
};

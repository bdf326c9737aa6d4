import type { Stored } from '../lifecycle/records.ts';
import type {
  CableRecord,
  EnrolmentTokenRecord,
  FirmwareBaselineRecord,
  FlavorRecord,
  IpPoolRecord,
  NoticeRecord,
  ProfileRecord,
  RegistrationRecord,
} from '../lifecycle/registration-records.ts';
import { flag, json, nullable, secretJson, uuid, value } from './columns.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

const STORED = { id: ID, uuid: uuid(), created_at: CREATED_AT, updated_at: UPDATED_AT } satisfies Record<
  keyof Stored | 'uuid',
  unknown
>;

export const PROFILES = defineTable<ProfileRecord>({
  name: 'profiles',
  kind: 'profile',
  columns: {
    ...STORED,
    name: value(),
    description: value(null),
    owner: value(null),
    public: flag(false),
    kernel: value(null),
    initrd: value(null),
    cmdline: value(null),
    squashfs: value(null),
    image: value(null),
    image_checksum: value(null),
    iso: value(null),
    install_script: value(null),
    template_kind: value(null),
    template: value(null),
  },
  unique: { profiles_uuid: ['uuid'], profiles_name: ['name'] },
});

export const FLAVORS = defineTable<FlavorRecord>({
  name: 'flavors',
  kind: 'flavor',
  columns: {
    ...STORED,
    name: value(),
    description: value(null),
    match: json('[]'),
    priority: value(0),
    profile_uuid: value(null),
    availability_zone: value(null),
    resource_class: value(null),
  },
  unique: { flavors_uuid: ['uuid'], flavors_name: ['name'] },
});

export const IP_POOLS = defineTable<IpPoolRecord>({
  name: 'ip_pools',
  kind: 'pool',
  columns: {
    ...STORED,
    name: value(),
    purpose: value('bmc'),
    network: value(),
    ranges: json('[]'),
    gateway: value(null),
    vlan_id: value(null),
    external_url: value(null),
    external_auth: nullable(secretJson('{}')),
  },
  unique: { ip_pools_uuid: ['uuid'], ip_pools_name: ['name'] },
});

export const CABLES = defineTable<CableRecord>({
  name: 'cables',
  kind: 'cable',
  columns: {
    ...STORED,
    device: value(),
    port: value(),
    switch_name: value(),
    switch_port: value(),
    note: value(null),
  },
  unique: { cables_uuid: ['uuid'], cables_port: ['device', 'port'] },
});

export const FIRMWARE_BASELINES = defineTable<FirmwareBaselineRecord>({
  name: 'firmware_baselines',
  kind: 'firmware baseline',
  columns: {
    ...STORED,
    component: value(),
    manufacturer: value(null),
    product_name: value(null),
    version: value(),
    digest: value(null),
    enforced: flag(false),
    update_url: value(null),
    update_checksum: value(null),
    update_script: value(null),
    update_timeout_s: value(null),
    note: value(null),
  },
  unique: { firmware_baselines_uuid: ['uuid'] },
});

export const ENROLMENT_TOKENS = defineTable<EnrolmentTokenRecord>({
  name: 'enrolment_tokens',
  kind: 'enrolment token',
  columns: {
    ...STORED,
    name: value(),
    token_hash: value(),
    expires_at: value(null),
    uses_left: value(null),
    last_used_at: value(null),
  },
  unique: {
    enrolment_tokens_uuid: ['uuid'],
    enrolment_tokens_name: ['name'],
    enrolment_tokens_hash: ['token_hash'],
  },
});

export const REGISTRATIONS = defineTable<RegistrationRecord>({
  name: 'registrations',
  kind: 'registration',
  columns: {
    ...STORED,
    system_uuid: value(),
    node_uuid: value(null),
    token_uuid: value(null),
    state: value('running'),
    step: value('enrol'),
    cause: value(null),
    log_tail: value(null),
    address: value(null),
    bmc_address: value(null),
    serial_number: value(null),
    manufacturer: value(null),
    product_name: value(null),
    agent_version: value(null),
    secret_hash: value(null),
    ports: json('[]'),
    firmware: json('[]'),
    finished_at: value(null),
  },
  unique: { registrations_uuid: ['uuid'] },
});

export const NOTICES = defineTable<NoticeRecord>({
  name: 'notices',
  kind: 'notice',
  columns: {
    ...STORED,
    outlet: value(),
    event: value(),
    severity: value(),
    project: value(null),
    server_uuid: value(null),
    subscription_uuid: value(null),
    audience: value(null),
    subject_key: value(),
    payload: json('{}'),
    state: value('queued'),
    attempts: value(0),
    next_at: value(),
    last_error: value(null),
    sent_at: value(null),
  },
  unique: { notices_uuid: ['uuid'], notices_once: ['outlet', 'subject_key'] },
});

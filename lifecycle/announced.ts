import type {
  AllocationRecord,
  ChassisRecord,
  DeployTemplateRecord,
  InspectionRuleRecord,
  NodeRecord,
  PortgroupRecord,
  PortRecord,
  RunbookRecord,
  VolumeConnectorRecord,
  VolumeTargetRecord,
} from './records.ts';

/** What clients create, change and delete, besides nodes, by the name that it has in the event types of notifications. */
export interface SatelliteRecords {
  allocation: AllocationRecord;
  chassis: ChassisRecord;
  deploytemplate: DeployTemplateRecord;
  inspectionrule: InspectionRuleRecord;
  port: PortRecord;
  portgroup: PortgroupRecord;
  runbook: RunbookRecord;
  volumeconnector: VolumeConnectorRecord;
  volumetarget: VolumeTargetRecord;
}

export type SatelliteObject = keyof SatelliteRecords;

/** What is announced of an object that a client changes; of one that is not made yet, what is known of it. */
export type Announced =
  | {
      object: 'node';
      action: 'create' | 'update' | 'delete' | 'maintenance_set';
      record: Partial<NodeRecord>;
    }
  | {
      [O in SatelliteObject]: {
        object: O;
        action: 'create' | 'update' | 'delete';
        record: Partial<SatelliteRecords[O]>;
      };
    }[SatelliteObject];

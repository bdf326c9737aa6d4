import type { Handler } from '../handler.ts';
import {
  deleteAllocation,
  deleteNodeAllocation,
  listAllocations,
  patchAllocation,
  showAllocation,
  showNodeAllocation,
} from './allocations/allocations.ts';
import { createAllocation } from './allocations/create.ts';
import { createChassis, deleteChassis, listChassis, patchChassis, showChassis } from './chassis/chassis.ts';
import { listConductors, showConductor } from './conductors/conductors.ts';
import {
  createDeployTemplate,
  deleteDeployTemplate,
  listDeployTemplates,
  patchDeployTemplate,
  showDeployTemplate,
} from './deploy-templates/deploy-templates.ts';
import { callDriverMethod, listDriverMethods, showLogicalDiskProperties } from './drivers/driver-extras.ts';
import {
  listDrivers,
  showDriver,
  showDriverProperties,
  showDriverPropertiesByQuery,
} from './drivers/drivers.ts';
import { createEvents } from './events/create.ts';
import {
  createInspectionRule,
  deleteInspectionRule,
  listInspectionRules,
  patchInspectionRule,
  showInspectionRule,
} from './inspection-rules/inspection-rules.ts';
import { createNode } from './nodes/create.ts';
import { deleteNode } from './nodes/delete.ts';
import { listBios, listChildren, listFirmware, showBiosSetting, showInventory } from './nodes/hardware.ts';
import {
  setBootMode,
  setConsole,
  setRaidConfig,
  setSecureBoot,
  showConsole,
} from './nodes/hardware-states.ts';
import { listHistory, showHistoryEntry } from './nodes/history.ts';
import { listChassisNodes, listNodes } from './nodes/list.ts';
import { clearMaintenance, setMaintenance } from './nodes/maintenance.ts';
import {
  injectNmi,
  listBootDevices,
  listIndicators,
  setBootDevice,
  setIndicator,
  showBootDevice,
  showIndicator,
} from './nodes/management.ts';
import { patchNode } from './nodes/patch.ts';
import { setProvisionState } from './nodes/provision.ts';
import { showNode } from './nodes/show.ts';
import { setPower, showStates } from './nodes/states.ts';
import { addTrait, clearTraits, listTraits, removeTrait, replaceTraits } from './nodes/traits.ts';
import { validateNode, validateNodeByQuery } from './nodes/validate.ts';
import { callPassthru, listPassthruMethods } from './nodes/vendor-passthru.ts';
import { attachVif, detachVif, listVifs } from './nodes/vifs.ts';
import { attachVirtualMedia, detachVirtualMedia, listVirtualMedia } from './nodes/vmedia.ts';
import {
  createPortgroup,
  deletePortgroup,
  listNodePortgroups,
  listPortgroups,
  patchPortgroup,
  showPortgroup,
} from './portgroups/portgroups.ts';
import { createPort } from './ports/create.ts';
import { deletePort } from './ports/delete.ts';
import { listNodePorts, listPortgroupPorts, listPorts } from './ports/list.ts';
import { patchPort } from './ports/patch.ts';
import { showPort } from './ports/show.ts';
import { continueInspection } from './ramdisk/continue-inspection.ts';
import { heartbeat } from './ramdisk/heartbeat.ts';
import { lookUp } from './ramdisk/lookup.ts';
import { showHealth, showOpenapi, showRoot, showV1 } from './root/show.ts';
import {
  addRunbookTrait,
  clearRunbookTraits,
  createRunbook,
  deleteRunbook,
  listRunbooks,
  listRunbookTraits,
  patchRunbook,
  removeRunbookTrait,
  replaceRunbookTraits,
  showRunbook,
} from './runbooks/runbooks.ts';
import { listShards } from './shards/list.ts';
import { CONNECTORS, showVolume, TARGETS, volumeHandlers } from './volume/volume.ts';

const connectors = volumeHandlers(CONNECTORS);
const targets = volumeHandlers(TARGETS);

/** Operation of openapi.yaml → its handler. The server refuses to start when one of the two lacks the other. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  'root.show': showRoot,
  'v1.show': showV1,
  'openapi.show': showOpenapi,
  'healthcheck.show': showHealth,
  'ramdisk.lookup': lookUp,
  'ramdisk.heartbeat': heartbeat,
  'ramdisk.continue_inspection': continueInspection,
  'nodes.list': listNodes,
  'nodes.detail': listNodes,
  'nodes.create': createNode,
  'nodes.show': showNode,
  'nodes.patch': patchNode,
  'nodes.delete': deleteNode,
  'nodes.validate': validateNode,
  'nodes.validate_query': validateNodeByQuery,
  'nodes.maintenance.set': setMaintenance,
  'nodes.maintenance.clear': clearMaintenance,
  'nodes.states.show': showStates,
  'nodes.states.power': setPower,
  'nodes.states.provision': setProvisionState,
  'nodes.states.raid': setRaidConfig,
  'nodes.states.boot_mode': setBootMode,
  'nodes.states.secure_boot': setSecureBoot,
  'nodes.states.console.show': showConsole,
  'nodes.states.console.set': setConsole,
  'nodes.management.boot_device.show': showBootDevice,
  'nodes.management.boot_device.set': setBootDevice,
  'nodes.management.boot_device.supported': listBootDevices,
  'nodes.management.inject_nmi': injectNmi,
  'nodes.management.indicators.list': listIndicators,
  'nodes.management.indicators.show': showIndicator,
  'nodes.management.indicators.set': setIndicator,
  'nodes.vmedia.list': listVirtualMedia,
  'nodes.vmedia.attach': attachVirtualMedia,
  'nodes.vmedia.detach': detachVirtualMedia,
  'nodes.vendor_passthru.methods': listPassthruMethods,
  'nodes.vendor_passthru.get': callPassthru,
  'nodes.vendor_passthru.post': callPassthru,
  'nodes.vendor_passthru.put': callPassthru,
  'nodes.vendor_passthru.patch': callPassthru,
  'nodes.vendor_passthru.delete': callPassthru,
  'nodes.vendor_passthru.query_get': callPassthru,
  'nodes.vendor_passthru.query_post': callPassthru,
  'nodes.vendor_passthru.query_put': callPassthru,
  'nodes.vendor_passthru.query_patch': callPassthru,
  'nodes.vendor_passthru.query_delete': callPassthru,
  'nodes.traits.list': listTraits,
  'nodes.traits.replace': replaceTraits,
  'nodes.traits.add': addTrait,
  'nodes.traits.clear': clearTraits,
  'nodes.traits.remove': removeTrait,
  'nodes.vifs.list': listVifs,
  'nodes.vifs.attach': attachVif,
  'nodes.vifs.detach': detachVif,
  'nodes.history.list': listHistory,
  'nodes.history.show': showHistoryEntry,
  'nodes.ports.list': listNodePorts,
  'nodes.ports.detail': listNodePorts,
  'ports.list': listPorts,
  'ports.detail': listPorts,
  'ports.create': createPort,
  'ports.show': showPort,
  'ports.patch': patchPort,
  'ports.delete': deletePort,
  'nodes.portgroups.list': listNodePortgroups,
  'nodes.portgroups.detail': listNodePortgroups,
  'nodes.volume.show': showVolume,
  'nodes.volume.connectors': connectors.list,
  'nodes.volume.targets': targets.list,
  'nodes.bios.list': listBios,
  'nodes.bios.show': showBiosSetting,
  'nodes.firmware.list': listFirmware,
  'nodes.inventory.show': showInventory,
  'nodes.children.list': listChildren,
  'portgroups.list': listPortgroups,
  'portgroups.detail': listPortgroups,
  'portgroups.create': createPortgroup,
  'portgroups.show': showPortgroup,
  'portgroups.patch': patchPortgroup,
  'portgroups.delete': deletePortgroup,
  'portgroups.ports.list': listPortgroupPorts,
  'portgroups.ports.detail': listPortgroupPorts,
  'deploy_templates.list': listDeployTemplates,
  'deploy_templates.create': createDeployTemplate,
  'deploy_templates.show': showDeployTemplate,
  'deploy_templates.patch': patchDeployTemplate,
  'deploy_templates.delete': deleteDeployTemplate,
  'runbooks.list': listRunbooks,
  'runbooks.create': createRunbook,
  'runbooks.show': showRunbook,
  'runbooks.patch': patchRunbook,
  'runbooks.delete': deleteRunbook,
  'runbooks.traits.list': listRunbookTraits,
  'runbooks.traits.replace': replaceRunbookTraits,
  'runbooks.traits.add': addRunbookTrait,
  'runbooks.traits.clear': clearRunbookTraits,
  'runbooks.traits.remove': removeRunbookTrait,
  'volume.show': showVolume,
  'volume.connectors.list': connectors.list,
  'volume.connectors.create': connectors.create,
  'volume.connectors.show': connectors.show,
  'volume.connectors.patch': connectors.patch,
  'volume.connectors.delete': connectors.delete,
  'volume.targets.list': targets.list,
  'volume.targets.create': targets.create,
  'volume.targets.show': targets.show,
  'volume.targets.patch': targets.patch,
  'volume.targets.delete': targets.delete,
  'events.create': createEvents,
  'shards.list': listShards,
  'drivers.list': listDrivers,
  'drivers.show': showDriver,
  'drivers.properties': showDriverProperties,
  'drivers.properties_query': showDriverPropertiesByQuery,
  'drivers.vendor_passthru.methods': listDriverMethods,
  'drivers.vendor_passthru.get': callDriverMethod,
  'drivers.vendor_passthru.post': callDriverMethod,
  'drivers.vendor_passthru.put': callDriverMethod,
  'drivers.vendor_passthru.patch': callDriverMethod,
  'drivers.vendor_passthru.delete': callDriverMethod,
  'drivers.vendor_passthru.query_get': callDriverMethod,
  'drivers.vendor_passthru.query_post': callDriverMethod,
  'drivers.vendor_passthru.query_put': callDriverMethod,
  'drivers.vendor_passthru.query_patch': callDriverMethod,
  'drivers.vendor_passthru.query_delete': callDriverMethod,
  'drivers.raid.logical_disk_properties': showLogicalDiskProperties,
  'allocations.list': listAllocations,
  'allocations.create': createAllocation,
  'allocations.show': showAllocation,
  'allocations.patch': patchAllocation,
  'allocations.delete': deleteAllocation,
  'nodes.allocation.show': showNodeAllocation,
  'nodes.allocation.delete': deleteNodeAllocation,
  'inspection_rules.list': listInspectionRules,
  'inspection_rules.create': createInspectionRule,
  'inspection_rules.show': showInspectionRule,
  'inspection_rules.patch': patchInspectionRule,
  'inspection_rules.delete': deleteInspectionRule,
  'conductors.list': listConductors,
  'conductors.show': showConductor,
  'chassis.list': listChassis,
  'chassis.detail': listChassis,
  'chassis.create': createChassis,
  'chassis.show': showChassis,
  'chassis.patch': patchChassis,
  'chassis.delete': deleteChassis,
  'chassis.nodes.list': listChassisNodes,
  'chassis.nodes.detail': listChassisNodes,
};

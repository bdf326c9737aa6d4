"""Drives a Redfish BMC with sushy, the library that Ironic speaks Redfish with, and prints what it saw as JSON."""

import json
import sys

import sushy

url, ca, password = sys.argv[1:4]
root = sushy.Sushy(url, username='admin', password=password, verify=ca)
seen = {}

system = root.get_system()
seen['power'] = [system.power_state.value]
system.reset_system(sushy.RESET_TYPE_ON)
system.refresh(force=True)
seen['power'].append(system.power_state.value)
system.set_system_boot_options(sushy.BOOT_SOURCE_TARGET_PXE, sushy.BOOT_SOURCE_ENABLED_ONCE)
system.secure_boot.reset_keys(sushy.SECURE_BOOT_RESET_KEYS_TO_DEFAULT)

bios = system.bios
seen['bios'] = bios.attributes['ProcCores']
bios.set_attribute('ProcCores', 8, sushy.APPLY_TIME_ON_RESET)
bios.invalidate()
seen['pending'] = bios.pending_attributes
system.reset_system(sushy.RESET_TYPE_FORCE_RESTART)
bios.invalidate()
bios.refresh()
seen['applied'] = [bios.attributes['ProcCores'], bios.pending_attributes]

storage = system.storage.get_members()[0]
seen['drives'] = [[drive.identity, drive.media_type] for drive in storage.drives]
wanted = {'RAIDType': 'RAID1', 'Links': {'Drives': [{'@odata.id': drive.path} for drive in storage.drives[:2]]}}
volume = storage.volumes.create(wanted, apply_time=sushy.APPLY_TIME_IMMEDIATE)
seen['volume'] = [volume.identity, volume.raid_type.value, volume.capacity_bytes]
volume.delete()
storage.volumes.invalidate()
storage.volumes.refresh()
seen['volumes left'] = len(storage.volumes.get_members())

updates = root.get_update_service()
monitor = updates.simple_update('http://127.0.0.1/bmc-2.0.0.bin', transfer_protocol='HTTP')
seen['update at first'] = monitor.is_processing
while monitor.is_processing:
    monitor.wait(10)
inventory = updates.firmware_inventory
inventory.invalidate()
seen['firmware'] = {part.identity: part.version for part in inventory.get_members()}

# The BMC has restarted with its new firmware: sushy logs in again by itself.
manager = root.get_manager_collection().get_members()[0]
seen['bmc version'] = manager.firmware_version
media = manager.virtual_media.get_members()[0]
media.insert_media('http://127.0.0.1/a.iso', username='u', password='p')
media.refresh(force=True)
seen['media'] = [media.inserted, media.image]
media.eject_media()
media.refresh(force=True)
seen['media'].append(media.inserted)

subscription = root.get_event_service().subscriptions.create(
    {'Destination': 'https://127.0.0.1/e', 'Protocol': 'Redfish', 'Context': 'c', 'EventTypes': ['Alert']})
seen['subscription'] = [subscription.identity, subscription.context]
subscription.delete()

seen['processors'] = [system.processors.summary.count, system.processors.summary.architecture.value]
seen['memory'] = system.memory_summary.size_gib
seen['interfaces'] = len(system.ethernet_interfaces.summary)
print(json.dumps(seen))

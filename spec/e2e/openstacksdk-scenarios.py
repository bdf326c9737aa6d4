"""What a user of openstacksdk does with a bare-metal service, in scenarios.

Prints one JSON object: the name of each scenario and what it saw. The account comes from the environment (OS_*).
"""

import json
import os
import sys
import uuid

import openstack
from openstack import exceptions, utils

LIMIT = 60  # seconds that a wait may take

FAKE = dict(
    driver='fake-hardware', boot_interface='fake', deploy_interface='fake', inspect_interface='fake',
    rescue_interface='fake', network_interface='noop', storage_interface='noop',
)


def refused(call):
    """The status of the refusal of `call`, or None when it went through."""
    try:
        call()
    except exceptions.HttpException as error:
        return error.status_code
    return None


def settled(api):
    """The node, when nobody works on it."""
    return api.wait_for_node_reservation(api.get_node('sdk'), timeout=LIMIT)


def creates(api):
    node = api.create_node(name='sdk', provision_state='enroll', resource_class='sdk', **FAKE)
    seen = {'created': node.provision_state, 'found': api.find_node('sdk').id == node.id}
    seen['missing'] = api.find_node('nobody')
    seen['taken'] = refused(lambda: api.create_node(name='sdk', provision_state='enroll', **FAKE))
    node = api.update_node(node, extra={'a': 'b'}, is_maintenance=True, maintenance_reason='fan')
    seen['updated'] = [node.extra, node.is_maintenance, node.maintenance_reason]
    node = api.update_node(node, is_maintenance=False)
    seen['maintenance'] = node.is_maintenance
    node = api.patch_node(node, [{'op': 'add', 'path': '/properties/cpus', 'value': 4}])
    seen['properties'] = node.properties
    api.set_node_maintenance(node, 'again')
    seen['set'] = api.get_node(node).maintenance_reason
    api.unset_node_maintenance(node)
    return seen


def waits(api):
    node = api.set_node_provision_state('sdk', 'manage', wait=True, timeout=LIMIT)
    seen = [node.provision_state, node.power_state]
    node = api.set_node_provision_state('sdk', 'inspect', wait=True, timeout=LIMIT)
    seen.append(node.provision_state)
    node = api.set_node_provision_state('sdk', 'provide', wait=True, timeout=LIMIT)
    return seen + [node.provision_state, node.last_error]


def deploys(api):
    seen = {'early': refused(lambda: api.set_node_provision_state('sdk', 'rebuild'))}
    result = {name: check.result for name, check in api.validate_node('sdk').items()}
    seen['valid'] = [result[name] for name in ('power', 'deploy', 'management')]
    node = api.set_node_provision_state(
        'sdk', 'active', config_drive={'meta_data': {'hostname': 'h'}}, wait=True, timeout=LIMIT)
    seen['deployed'] = [node.provision_state, node.power_state]
    node = api.set_node_provision_state('sdk', 'rescue', rescue_password='letmein', wait=True, timeout=LIMIT)
    seen['rescued'] = node.provision_state
    api.set_node_provision_state('sdk', 'unrescue')
    [node] = api.wait_for_nodes_provision_state(['sdk'], 'active', timeout=LIMIT)
    seen['unrescued'] = node.provision_state
    node = api.set_node_provision_state('sdk', 'deleted', wait=True, timeout=LIMIT)
    seen['deleted'] = [node.provision_state, node.instance_info]
    return seen


def powers(api):
    seen = []
    for target in ('power on', 'rebooting', 'soft power off', 'power on', 'power off'):
        api.set_node_power_state('sdk', target, wait=True, timeout=LIMIT)
        node = settled(api)
        seen.append(node.power_state)
    return seen


def manages_hardware(api):
    api.set_node_boot_device('sdk', 'cdrom', persistent=True)
    api.set_node_boot_mode('sdk', 'bios')
    node = settled(api)
    seen = [node.boot_mode]
    api.set_node_boot_mode('sdk', 'uefi')
    settled(api)
    api.set_node_secure_boot('sdk', True)
    node = settled(api)
    return seen + [node.boot_mode, node.is_secure_boot]


def tags_traits(api):
    api.set_node_traits('sdk', ['CUSTOM_A', 'CUSTOM_B'])
    api.add_node_trait('sdk', 'CUSTOM_C')
    gone = api.remove_node_trait('sdk', 'CUSTOM_A')
    return {'traits': sorted(api.get_node('sdk').traits), 'removed': gone,
            'again': refused(lambda: api.remove_node_trait('sdk', 'CUSTOM_A')),
            'bad': refused(lambda: api.add_node_trait('sdk', 'lower'))}


def wires(api):
    node = api.find_node('sdk')
    port = api.create_port(address='52:54:00:10:00:01', node_id=node.id)
    group = api.create_port_group(address='52:54:00:10:00:02', node_id=node.id, name='bond')
    seen = {'port': [port.address, port.is_pxe_enabled, port.node_id == node.id],
            'taken': refused(lambda: api.create_port(address='52:54:00:10:00:01', node_id=node.id)),
            'details': [one.extra for one in api.ports(details=True, node=node.id)],
            'by address': [one.id == port.id for one in api.ports(address='52:54:00:10:00:01')]}
    api.update_port(port, extra={'slot': 1})
    seen['updated'] = api.get_port(port.id).extra
    seen['group'] = [one.name for one in api.port_groups(details=True)]
    api.delete_port_group(group)
    seen['groups left'] = len(list(api.port_groups()))
    return seen


def attaches_vifs(api):
    api.update_node('sdk', network_interface='flat')
    vif = str(uuid.uuid4())
    api.attach_vif_to_node('sdk', vif)
    seen = {'attached': api.list_node_vifs('sdk') == [vif],
            'twice': refused(lambda: api.attach_vif_to_node('sdk', vif, retry_on_conflict=False)),
            'too many': refused(lambda: api.attach_vif_to_node('sdk', str(uuid.uuid4()))),
            'detached': api.detach_vif_from_node('sdk', vif),
            'gone': api.detach_vif_from_node('sdk', vif),
            'gone, said': refused(lambda: api.detach_vif_from_node('sdk', vif, ignore_missing=False))}
    seen['left'] = api.list_node_vifs('sdk')
    return seen


def stores(api):
    node = api.find_node('sdk')
    connector = api.create_volume_connector(node_id=node.id, type='iqn', connector_id='iqn.2017-05.org.openstack:9')
    target = api.create_volume_target(
        node_id=node.id, volume_type='iscsi', boot_index=0, volume_id='v1', properties={'target_lun': 1})
    seen = {'connectors': [one.connector_id for one in api.volume_connectors(details=True, node=node.id)],
            'targets': [[one.volume_id, one.properties] for one in api.volume_targets(details=True, node=node.id)]}
    api.update_volume_target(target, volume_id='v2')
    seen['updated'] = api.get_volume_target(target.id).volume_id
    api.delete_volume_target(target)
    api.delete_volume_connector(connector)
    seen['left'] = len(list(api.volume_targets())) + len(list(api.volume_connectors()))
    return seen


def allocates(api):
    made = api.create_allocation(name='claim', resource_class='sdk', traits=['CUSTOM_C'])
    made = api.wait_for_allocation(made, timeout=LIMIT)
    node = api.find_node('sdk')
    seen = {'state': made.state, 'matched': [made.node_id == node.id, node.instance_id == made.id],
            'listed': [one.name for one in api.allocations(state='active')]}
    none = api.create_allocation(name='vain', resource_class='nonsense')
    try:
        api.wait_for_allocation(none, timeout=LIMIT)
    except exceptions.ResourceFailure as error:
        seen['vain'] = 'nonsense' in str(error)
    api.update_allocation(made, name='mine', extra={'a': 'b'})
    seen['renamed'] = api.get_allocation('mine').extra
    api.delete_allocation('mine')
    api.delete_allocation('vain')
    seen['freed'] = api.find_node('sdk').instance_id
    return seen


def lists_details(api):
    for number in range(3):
        api.create_node(name='page-%d' % number, provision_state='enroll', resource_class='pages', **FAKE)
    names = [node.name for node in api.nodes(resource_class='pages', limit=1)]
    detailed = [node.driver for node in api.nodes(details=True, resource_class='pages')]
    narrow = [node.to_dict()['driver'] for node in api.nodes(resource_class='pages', fields=['name'])]
    chassis = api.create_chassis(description='rack')
    seen = {'paged': sorted(names), 'detailed': detailed, 'narrow': narrow,
            'drivers': sorted(driver.name for driver in api.drivers(details=True)),
            'driver': api.get_driver('fake-hardware').default_deploy_interface,
            'conductors': [api.get_conductor(one.hostname).alive for one in api.conductors()],
            'chassis': [one.description for one in api.chassis(details=True)]}
    api.delete_chassis(chassis)
    for number in range(3):
        api.delete_node('page-%d' % number)
    return seen


def keeps_templates(api):
    steps = [{'interface': 'bios', 'step': 'apply_configuration', 'args': {'settings': []}, 'priority': 150}]
    made = api.create_deploy_template(name='CUSTOM_SDK', steps=steps)
    seen = {'steps': api.get_deploy_template('CUSTOM_SDK').steps == steps,
            'listed': [one.name for one in api.deploy_templates(details=True)]}
    api.update_deploy_template(made, extra={'a': 'b'})
    seen['extra'] = api.get_deploy_template('CUSTOM_SDK').extra
    api.delete_deploy_template(made)
    return seen


def keeps_runbooks(api):
    """This release of the SDK has no calls for runbooks: its adapter, with the version that brought them, does."""
    step = {'interface': 'deploy', 'step': 'hold', 'args': {}, 'order': 1}
    made = api.post('/runbooks', json={'name': 'CUSTOM_SDK', 'steps': [step]}, microversion='1.92')
    changed = api.patch('/runbooks/CUSTOM_SDK', json=[{'op': 'replace', 'path': '/public', 'value': True}],
                        microversion='1.92')
    shown = api.get('/runbooks/CUSTOM_SDK', microversion='1.92').json()
    gone = api.delete('/runbooks/CUSTOM_SDK', microversion='1.92')
    return {'statuses': [made.status_code, changed.status_code, gone.status_code],
            'shown': [shown['name'], shown['public'], shown['steps']],
            'before': api.get('/runbooks', microversion='1.91').status_code}


def keeps_inspection_rules(api):
    """As with runbooks."""
    rule = {'description': 'sdk', 'priority': 5,
            'conditions': [{'op': 'eq', 'args': {'values': ['{inventory[cpu][count]}', 4]}}],
            'actions': [{'op': 'set-attribute', 'args': {'path': '/extra/seen', 'value': 'yes'}}]}
    made = api.post('/inspection_rules', json=rule, microversion='1.96')
    path = '/inspection_rules/' + made.json().get('uuid', 'none')
    changed = api.patch(path, json=[{'op': 'replace', 'path': '/priority', 'value': 7}], microversion='1.96')
    shown = api.get(path, microversion='1.96').json()
    gone = api.delete(path, microversion='1.96')
    return {'statuses': [made.status_code, changed.status_code, gone.status_code],
            'shown': [shown['description'], shown['priority'], shown['conditions'][0]['op']],
            'before': api.get('/inspection_rules', microversion='1.95').status_code}


def deletes(api):
    node = api.find_node('sdk')
    api.delete_node(node)
    return {'found': api.find_node('sdk'), 'again': api.delete_node(node),
            'said': refused(lambda: api.delete_node(node, ignore_missing=False))}


SCENARIOS = (
    creates, waits, deploys, powers, manages_hardware, tags_traits, wires, attaches_vifs, stores, allocates,
    lists_details, keeps_templates, keeps_runbooks, keeps_inspection_rules, deletes,
)


def main():
    api = openstack.connect(cloud='envvars').baremetal
    utils.iterate_timeout.__defaults__ = (0.2,)  # seconds between looks while it waits
    api.status_code_retry_delay = 0.05  # seconds between its five tries after a 409
    seen = {}
    for scenario in SCENARIOS:
        name = scenario.__name__.replace('_', ' ')
        try:
            seen[name] = scenario(api)
        except Exception as error:  # the others are still worth seeing
            seen[name] = '%s: %s' % (type(error).__name__, error)
    json.dump(seen, sys.stdout)


if __name__ == '__main__':
    os.environ.setdefault('HOME', '/nonexistent')
    main()

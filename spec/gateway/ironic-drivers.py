"""Runs the driver code of a real Ironic against a BMC: argv[1] is 'ipmi' or 'redfish', standard input the node's driver_info as JSON."""
import json
import logging
import os
import pty
import select
import sys
import tempfile
import time
from types import SimpleNamespace

from ironic.common import boot_devices, states
from ironic.common.context import RequestContext
from ironic.conductor.task_manager import TaskManager
from ironic.conf import CONF
from ironic.drivers.modules import ipmitool
from ironic.drivers.modules.redfish import boot as redfish_boot
from ironic.drivers.modules.redfish import management as redfish_management
from ironic.drivers.modules.redfish import power as redfish_power
from ironic.drivers.modules.redfish import utils as redfish_utils
import sushy

logging.basicConfig(level=logging.WARNING)
CONF([], project='ironic', default_config_files=[])
# Loopback: there is nothing to wait for between two commands.
CONF.set_override('min_command_interval', 1, group='ipmi')
ipmitool.time = SimpleNamespace(time=time.time, sleep=lambda seconds: None)
CONF.set_override('command_retry_timeout', 10, group='ipmi')


class Node(SimpleNamespace):
    def save(self):
        pass

    def set_driver_internal_info(self, key, value):
        self.driver_internal_info = {**self.driver_internal_info, key: value}

    def del_driver_internal_info(self, key, default=None):
        return self.driver_internal_info.pop(key, default)

    def timestamp_driver_internal_info(self, key):
        self.set_driver_internal_info(key, '2026-01-01')

    def refresh(self):
        pass


node = Node(
    uuid='1be26c0b-03f2-4d2e-ae87-c02d7f33c123', driver_info=json.load(sys.stdin), driver_internal_info={}, properties={},
    instance_info={}, name='n', driver=sys.argv[1], power_state=None, provision_state='active', console_enabled=False,
    management_interface=sys.argv[1], extra={})


class Task(TaskManager):
    """A lock on the node, without the database that it is in."""

    def __init__(self):
        self._node, self.shared, self.context, self.driver = node, False, RequestContext(), None

    def upgrade_lock(self, purpose=None, retry=None):
        pass


task = Task()
said = {}


def power_tour(power, management):
    task.driver = SimpleNamespace(power=power, management=management)
    power.validate(task)
    management.validate(task)
    tour = [power.get_power_state(task)]
    management.set_boot_device(task, boot_devices.PXE, persistent=False)
    said['boot'] = management.get_boot_device(task)
    for target in (states.POWER_OFF, states.POWER_ON):
        power.set_power_state(task, target, timeout=20)
        tour.append(power.get_power_state(task))
    said['power'] = tour


def console_tour(console):
    """The command of Ironic's console in a terminal of our own: Debian's socat does not understand how 21.4 quotes it."""
    driver_info = ipmitool._parse_driver_info(node)

    def start(uuid, port, command):
        words = command.split(' ')
        child, terminal = pty.fork()
        if child == 0:
            os.execvp(words[0], words)
        seen = b''
        until = time.monotonic() + 30
        while b'Linux 6.1' not in seen and time.monotonic() < until:
            # ipmitool forgets what is typed before it has the terminal.
            if b'operational' in seen:
                os.write(terminal, b'uname')
            if select.select([terminal], [], [], 0.5)[0]:
                seen += os.read(terminal, 4096)
        said['console'] = b'Linux 6.1' in seen
        os.write(terminal, b'\r~.')
        os.waitpid(child, 0)

    with tempfile.TemporaryDirectory() as folder:
        CONF.set_override('tempdir', folder)
        # What an Ironic that starts a console does first.
        console._exec_stop_console(driver_info)
        console._start_console(driver_info, start)
        CONF.clear_override('tempdir')


def deploy_tour(power, management, managers):
    """What a deployment asks of a BMC, from the first look to the disk that boots."""
    power.set_power_state(task, states.POWER_OFF, timeout=20)
    redfish_boot._eject_vmedia(task, managers, sushy.VIRTUAL_MEDIA_CD)
    redfish_boot._insert_vmedia(task, managers, 'http://images.example/deploy.iso', sushy.VIRTUAL_MEDIA_CD)
    management.set_boot_device(task, boot_devices.CDROM, persistent=False)
    power.set_power_state(task, states.POWER_ON, timeout=20)
    said['media'] = [media.image for manager in managers for media in manager.virtual_media.get_members() if media.inserted]
    redfish_boot._eject_vmedia(task, managers, sushy.VIRTUAL_MEDIA_CD)
    management.set_boot_device(task, boot_devices.DISK, persistent=True)
    power.reboot(task, timeout=20)
    said['deployed'] = [power.get_power_state(task), management.get_boot_device(task)]
    power.set_power_state(task, states.POWER_OFF, timeout=20)


if sys.argv[1] == 'ipmi':
    # What ironic-conductor finds out when it starts.
    for option in ('timing', 'single_bridge', 'dual_bridge'):
        ipmitool._is_option_supported(option)
    power_tour(ipmitool.IPMIPower(), ipmitool.IPMIManagement())
    said['sensors'] = sorted(ipmitool.IPMIManagement().get_sensors_data(task))
    console_tour(ipmitool.IPMISocatConsole())
    try:
        ipmitool.send_raw(task, '0x06 0x45 0x05 0x62')
        said['raw'] = 'passed'
    except Exception as error:
        said['raw'] = type(error).__name__
else:
    power_tour(redfish_power.RedfishPower(), redfish_management.RedfishManagement())
    deploy_tour(redfish_power.RedfishPower(), redfish_management.RedfishManagement(), redfish_utils.get_system(node).managers)
    said['sensors'] = sorted(redfish_management.RedfishManagement().get_sensors_data(task))
print(json.dumps(said))

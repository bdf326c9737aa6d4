"""Speaks the protocol of ironic-python-agent to the service: inspection, lookup, heartbeats, and a command API.

What it can do: write raw images (also gzip, xz and bzip2 streams) while their checksum is made, put a config drive behind
them, erase disks, shut down and restart. Everything else it refuses by name.
"""
import base64
import bz2
import fcntl
import gzip
import hashlib
import http.client
import json
import lzma
import os
import random
import re
import ssl
import struct
import subprocess
import threading
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = "kurogane-1"
MANAGER = "KuroganeHardwareManager"
MANAGER_VERSION = {"kurogane_hardware_manager": "1"}
CHUNK = 1024 * 1024
MAX_BODY = 100 * 1024 * 1024
KEPT_RESULTS = 200
BLKZEROOUT, BLKDISCARD, BLKRRPART, BLKFLSBUF = 0x127F, 0x1277, 0x125F, 0x1261


def say(text):
    print(f"agent: {text}", flush=True)


def read(path, default=""):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return default


def kernel_params():
    words = re.findall(r'(?:[^\s"]|"[^"]*")+', read("/proc/cmdline"))
    return {key: value.strip('"') for key, _, value in (word.partition("=") for word in words)}


class AgentError(Exception):
    def __init__(self, kind, message, code=500):
        super().__init__(message)
        self.kind, self.code = kind, code


# --- The machine ------------------------------------------------------------------------------------------------------


def ports():
    base = "/sys/class/net"
    return sorted(name for name in os.listdir(base) if os.path.exists(f"{base}/{name}/device"))


def address_of(port):
    reply = subprocess.run(
        ["ip", "-4", "-o", "addr", "show", "dev", port, "scope", "global"], capture_output=True, text=True
    ).stdout
    found = re.search(r"inet ([\d.]+)", reply)
    return found.group(1) if found else None


def disks():
    """Whole disks, the smallest that has 4 GiB or else the first one being the root disk, as the real agent lists them."""
    found = []
    for name in sorted(os.listdir("/sys/block")):
        base = f"/sys/block/{name}"
        if re.match(r"(loop|ram|zram|sr|fd|dm-|md)", name) or read(f"{base}/ro") == "1":
            continue
        size = int(read(f"{base}/size", "0")) * 512
        if size == 0:
            continue
        found.append(
            {
                "name": f"/dev/{name}",
                "model": read(f"{base}/device/model") or "virtual disk",
                "size": size,
                "rotational": read(f"{base}/queue/rotational") == "1",
                "serial": read(f"{base}/serial") or read(f"{base}/device/serial") or None,
                "vendor": read(f"{base}/device/vendor") or None,
                "wwn": read(f"{base}/wwid") or read(f"{base}/device/wwid") or None,
                "wwn_with_extension": None,
                "wwn_vendor_extension": None,
                "hctl": None,
                "by_path": None,
                "logical_sectors": int(read(f"{base}/queue/logical_block_size", "512")),
                "physical_sectors": int(read(f"{base}/queue/physical_block_size", "512")),
            }
        )
    return found


def root_disk(hints=None):
    found = disks()
    wished = (hints or {}).get("name")
    if wished:
        found = [disk for disk in found if disk["name"] == wished]
    big = [disk for disk in found if disk["size"] >= 4 * 1024**3]
    if not found:
        raise AgentError("DeviceNotFound", "No suitable device was found for deployment.")
    return min(big, key=lambda disk: disk["size"]) if big else found[0]


def inventory(params):
    dmi = "/sys/class/dmi/id"
    cpus = re.findall(r"^processor\s*:", read("/proc/cpuinfo"), re.M)
    model = re.search(r"^model name\s*:\s*(.*)$", read("/proc/cpuinfo"), re.M)
    flags = re.search(r"^flags\s*:\s*(.*)$", read("/proc/cpuinfo"), re.M)
    total_kb = int(re.search(r"MemTotal:\s*(\d+)", read("/proc/meminfo")).group(1))
    boot_mac = params.get("BOOTIF", "").lower().replace("-", ":")
    return {
        "interfaces": [
            {
                "name": name,
                "mac_address": read(f"/sys/class/net/{name}/address"),
                "ipv4_address": address_of(name),
                "ipv6_address": None,
                "has_carrier": read(f"/sys/class/net/{name}/carrier") == "1",
                "lldp": None,
                "vendor": read(f"/sys/class/net/{name}/device/vendor") or None,
                "product": read(f"/sys/class/net/{name}/device/device") or None,
                "client_id": None,
                "biosdevname": None,
                "speed_mbps": None,
            }
            for name in ports()
        ],
        "cpu": {
            "model_name": model.group(1) if model else "",
            "frequency": "",
            "count": len(cpus),
            "architecture": os.uname().machine,
            "flags": flags.group(1).split() if flags else [],
            "socket_count": 1,
        },
        "disks": disks(),
        "memory": {"total": total_kb * 1024, "physical_mb": -(-total_kb // 1024)},
        "bmc_address": bmc_address(),
        "bmc_v6address": None,
        "system_vendor": {
            "product_name": read(f"{dmi}/product_name"),
            "serial_number": read(f"{dmi}/product_serial"),
            "manufacturer": read(f"{dmi}/sys_vendor"),
            "system_uuid": read(f"{dmi}/product_uuid").lower(),
            "firmware": {
                "vendor": read(f"{dmi}/bios_vendor"),
                "version": read(f"{dmi}/bios_version"),
                "build_date": read(f"{dmi}/bios_date"),
            },
        },
        "boot": {
            "current_boot_mode": "uefi" if os.path.exists("/sys/firmware/efi") else "bios",
            "pxe_interface": boot_mac[3:] if len(boot_mac) == 20 else boot_mac or None,
        },
        "hostname": os.uname().nodename,
    }


def bmc_address():
    if not os.path.exists("/dev/ipmi0"):
        return None
    reply = subprocess.run(["ipmitool", "lan", "print", "1"], capture_output=True, text=True, timeout=60).stdout
    found = re.search(r"^IP Address\s+: ([\d.]+)", reply, re.M)
    return found.group(1) if found else None


# --- Disks ------------------------------------------------------------------------------------------------------------


def open_url(url):
    """The response of a GET, after at most five redirections."""
    for _ in range(5):
        parts = urllib.parse.urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = kind(parts.hostname, parts.port, timeout=60)
        connection.request("GET", path)
        reply = connection.getresponse()
        if reply.status in (301, 302, 303, 307, 308):
            url = urllib.parse.urljoin(url, reply.getheader("location", ""))
            continue
        if reply.status != 200:
            raise AgentError("ImageDownloadError", f"Download of {url} failed: status {reply.status}")
        return reply
    raise AgentError("ImageDownloadError", f"Download of {url} failed: too many redirections")


DECOMPRESS = {
    b"\x1f\x8b": lambda: _Gzip(),
    b"\xfd7": lambda: lzma.LZMADecompressor(),
    b"BZ": lambda: bz2.BZ2Decompressor(),
}


class _Gzip:
    """zlib's decompressor with gzip's header, and the eof that the others have."""

    def __init__(self):
        import zlib

        self._inner = zlib.decompressobj(31)

    def decompress(self, data):
        return self._inner.decompress(data)

    @property
    def eof(self):
        return self._inner.eof


def checksum_of(info):
    """(algorithm, wished value) of an image. @raise AgentError when the image has none"""
    algorithm, wished = info.get("os_hash_algo"), info.get("os_hash_value")
    if not (algorithm and wished):
        algorithm, wished = None, info.get("checksum")
    if not wished:
        raise AgentError("InvalidCommandParamsError", "Image checksum is not available.", 400)
    if re.match(r"https?://", wished):
        name = urllib.parse.urlsplit(info["urls"][0]).path.rsplit("/", 1)[-1]
        lines = [line.split() for line in open_url(wished).read(CHUNK).decode().splitlines() if line.strip()]
        rows = [row for row in lines if len(row) == 1 or row[-1].lstrip("*") == name]
        if not rows:
            raise AgentError("ImageDownloadError", f"The checksum file {wished} does not name {name}.")
        wished = rows[0][0]
    algorithm = algorithm or {64: "sha256", 128: "sha512"}.get(len(wished))
    if algorithm not in ("sha256", "sha384", "sha512"):
        raise AgentError("ImageDownloadError", f"The checksum algorithm {algorithm} is not accepted.")
    return algorithm, wished.lower()


def write_image(params):
    info = params.get("image_info")
    if not isinstance(info, dict) or not isinstance(info.get("urls"), list) or not info["urls"]:
        raise AgentError("InvalidCommandParamsError", "Image 'urls' must be a list with at least one element.", 400)
    if info.get("image_type") == "partition":
        raise AgentError("ImageWriteError", "Partition images are not written by this agent: use a whole-disk image.")
    if info.get("disk_format", "raw") not in ("raw", "gpt", "iso"):
        raise AgentError("ImageWriteError", f"Images of the format {info.get('disk_format')} are not converted here.")
    disk = root_disk((params.get("node") or {}).get("properties", {}).get("root_device"))
    algorithm, wished = checksum_of(info)
    started = time.monotonic()
    failures = []
    for url in info["urls"]:
        try:
            reply = open_url(url)
            break
        except (OSError, AgentError) as error:
            failures.append(f"{url}: {error}")
    else:
        raise AgentError("ImageDownloadError", f"Download of image {info.get('id')} failed: {'; '.join(failures)}")
    size, found = stream_to_disk(reply, disk, hashlib.new(algorithm))
    if found != wished:
        # What was written is no image: a disk that is half of one must not boot.
        wipe_ends(disk)
        raise AgentError(
            "ImageChecksumError",
            f"Image failed to verify against checksum. location: {url}; image ID: {info.get('id')}; "
            f"image checksum: {wished}; verification checksum: {found}",
        )
    drive = params.get("configdrive") or info.get("configdrive")
    if drive:
        write_configdrive(disk, size, drive)
    reread(disk)
    say(f"{size} bytes written to {disk['name']} in {time.monotonic() - started:.1f} s")
    return f"image ({info.get('id')}) written to device {disk['name']}"


def stream_to_disk(reply, disk, digest):
    """Writes a download to a disk, unpacked when it is packed. @return bytes on the disk, checksum of what came"""
    size = 0
    with open(disk["name"], "wb", buffering=0) as target:
        decompressor = None
        first = True
        while chunk := reply.read(CHUNK):
            digest.update(chunk)
            if first:
                make = DECOMPRESS.get(chunk[:2])
                decompressor = make() if make else None
                first = False
            data = decompressor.decompress(chunk) if decompressor and not decompressor.eof else chunk
            if size + len(data) > disk["size"]:
                wipe_ends(disk)
                raise AgentError(
                    "ImageWriteError", f"{disk['name']} has {disk['size']} bytes; the image is larger."
                )
            view = memoryview(data)
            while view:
                written = target.write(view)
                view = view[written:]
            size += len(data)
        os.fsync(target.fileno())
    return size, digest.hexdigest()


def write_configdrive(disk, image_bytes, value):
    """Puts the config drive, a file system with the label config-2, at the end of the disk in a partition of its own."""
    data = open_url(value).read(MAX_BODY) if re.match(r"https?://", value) else value.encode()
    content = gzip.decompress(base64.b64decode(data))
    sectors = -(-len(content) // 512)
    start = (disk["size"] // 512 - sectors - 2048) // 2048 * 2048
    if start * 512 < image_bytes:
        raise AgentError("InstanceDeployFailure", f"{disk['name']} has no room for the config drive.")
    with open(disk["name"], "r+b", buffering=0) as target:
        table = bytearray(target.read(512))
        if table[510:512] != b"\x55\xaa" or table[450] == 0xEE:
            raise AgentError("InstanceDeployFailure", "A config drive needs an image with an MBR partition table.")
        free = [at for at in range(446, 510, 16) if table[at + 4] == 0]
        if not free:
            raise AgentError("InstanceDeployFailure", "The image has no free partition for the config drive.")
        struct.pack_into("<B3sB3sII", table, free[0], 0, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", start, sectors)
        target.seek(start * 512)
        target.write(content)
        target.seek(0)
        target.write(table)
        os.fsync(target.fileno())


def wipe_ends(disk):
    span = min(CHUNK, disk["size"])
    with open(disk["name"], "r+b", buffering=0) as target:
        for at in (0, disk["size"] - span):
            target.seek(at)
            target.write(bytes(span))
        os.fsync(target.fileno())


def reread(disk):
    with open(disk["name"], "rb") as target:
        try:
            fcntl.ioctl(target, BLKRRPART)
        except OSError:
            pass


def erase(disk):
    """Zeroes a disk: by the kernel's own means, which a disk that can unmap does at once, else by writing."""
    say(f"erasing {disk['name']}")
    size = disk["size"]
    with open(disk["name"], "r+b", buffering=0) as target:
        for at in range(0, size, 1024**3):
            length = min(1024**3, size - at)
            try:
                fcntl.ioctl(target, BLKZEROOUT, struct.pack("QQ", at, length))
            except OSError:
                target.seek(at)
                for begin in range(0, length, CHUNK):
                    target.write(bytes(min(CHUNK, length - begin)))
        os.fsync(target.fileno())
        fcntl.ioctl(target, BLKFLSBUF)
    reread(disk)


def each_disk(act):
    def run(_params):
        for disk in disks():
            act(disk)

    return run


# --- Commands ---------------------------------------------------------------------------------------------------------


def power(action):
    def run(_params):
        def later():
            time.sleep(0.5)
            os.sync()
            say(action)
            subprocess.run([action, "-f"])

        threading.Thread(target=later, daemon=True).start()

    return run


def bootloader(_params):
    """A whole-disk image brings its own; under UEFI the firmware finds /EFI/BOOT by itself."""


ERASE = {
    "erase_devices": (10, each_disk(erase)),
    "erase_devices_metadata": (99, each_disk(wipe_ends)),
    "erase_devices_express": (0, each_disk(erase)),
}
STEPS = {
    "clean": ERASE,
    "deploy": {"erase_devices_metadata": (0, each_disk(wipe_ends)), "write_image": (0, write_image)},
    "service": {"write_image": (0, write_image)},
}


def get_steps(kind):
    def run(_params):
        steps = [
            {"step": name, "priority": priority, "interface": "deploy", "reboot_requested": False, "abortable": True}
            for name, (priority, _) in STEPS[kind].items()
        ]
        return {f"{kind}_steps": {MANAGER: steps}, "hardware_manager_version": MANAGER_VERSION}

    return run


def execute_step(kind):
    def run(params):
        version = params.get(f"{kind}_version")
        if version not in (None, MANAGER_VERSION):
            raise AgentError("VersionMismatch", f"Mismatched hardware managers versions. Agent: {MANAGER_VERSION}")
        step = params.get("step") or {}
        found = STEPS[kind].get(step.get("step"))
        if found is None:
            raise AgentError("CommandExecutionError", f"This agent has no {kind} step {step.get('step')}.")
        return {f"{kind}_result": found[1](step.get("args") or {}), f"{kind}_step": step}

    return run


def system_logs(_params):
    return {"system_logs": base64.b64encode(subprocess.run(["dmesg"], capture_output=True).stdout).decode()}


# Name → (asynchronous, what it does).
COMMANDS = {
    "standby.prepare_image": (True, write_image),
    "standby.sync": (False, lambda _params: os.sync()),
    "standby.power_off": (True, power("poweroff")),
    "standby.run_image": (True, power("reboot")),
    "standby.get_partition_uuids": (False, lambda _params: {}),
    "image.install_bootloader": (True, bootloader),
    "log.collect_system_logs": (False, system_logs),
    "poll.get_hardware_info": (False, lambda _params: inventory(kernel_params())),
    "poll.set_node_info": (False, lambda _params: None),
}
for _kind in STEPS:
    COMMANDS[f"{_kind}.get_{_kind}_steps"] = (False, get_steps(_kind))
    COMMANDS[f"{_kind}.execute_{_kind}_step"] = (True, execute_step(_kind))


class Runner:
    """One command at a time; the results of the last ones."""

    def __init__(self, ended):
        self.results = {}
        self._lock = threading.Lock()
        self._ended = ended

    def start(self, name, params, wait):
        if name not in COMMANDS:
            raise AgentError("InvalidCommandError", f"Unknown command: {name}", 400)
        is_async, act = COMMANDS[name]
        with self._lock:
            busy = [each for each in self.results.values() if each["command_status"] == "RUNNING"]
            if busy:
                raise AgentError("AgentIsBusy", f"executing command {busy[0]['command_name']}", 409)
            result = {
                "id": str(uuid.uuid4()),
                "command_name": name.split(".", 1)[1],
                "command_params": params,
                "command_status": "RUNNING",
                "command_error": None,
                "command_result": None,
            }
            self.results[result["id"]] = result
            while len(self.results) > KEPT_RESULTS:
                del self.results[next(iter(self.results))]
        say(f"command {name}")
        work = threading.Thread(target=self._run, args=(name, act, result, is_async), daemon=True)
        work.start()
        if wait or not is_async:
            work.join()
        return result

    def _run(self, name, act, result, is_async):
        try:
            value = act(result["command_params"])
            if isinstance(value, str):
                value = {"result": f"{result['command_name']}: {value}"}
            result["command_result"] = value
            result["command_status"] = "SUCCEEDED"
        except Exception as error:  # What goes wrong is the result.
            kind = error.kind if isinstance(error, AgentError) else "CommandExecutionError"
            code = error.code if isinstance(error, AgentError) else 500
            result["command_error"] = {"type": kind, "code": code, "message": kind, "details": str(error)}
            result["command_status"] = "VERSION_MISMATCH" if kind == "VersionMismatch" else "FAILED"
            say(f"command {name} failed: {error}")
        if is_async:
            self._ended()


def handler_of(agent):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def log_message(self, *_args):
            pass

        def _send(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _answer(self, method):
            url = urllib.parse.urlsplit(self.path)
            query = dict(urllib.parse.parse_qsl(url.query))
            if url.path in ("/", "/v1/", "/v1/status") and method == "GET":
                return self._send(200, {"name": "agent", "version": VERSION, "started_at": agent.started_at})
            found = re.fullmatch(r"/v1/commands/?([^/]*)", url.path)
            if found is None:
                raise AgentError("NotFound", "404 Not Found: The requested URL was not found.", 404)
            shown = query.get("agent_token", "")
            if agent.token is None or not _same(shown, agent.token):
                raise AgentError("Unauthorized", "401 Unauthorized: Token invalid.", 401)
            wait = query.get("wait", "").lower() == "true"
            if method == "POST":
                length = int(self.headers.get("Content-Length") or 0)
                if length > MAX_BODY:
                    raise AgentError("InvalidCommandParamsError", "The body is too large.", 413)
                body = json.loads(self.rfile.read(length))
                if not isinstance(body.get("name"), str) or not isinstance(body.get("params"), dict):
                    raise AgentError("InvalidCommandParamsError", "Missing or invalid name or params", 400)
                return self._send(200, agent.runner.start(body["name"], body["params"], wait))
            if found.group(1) == "":
                return self._send(200, {"commands": list(agent.runner.results.values())})
            result = agent.runner.results.get(found.group(1))
            if result is None:
                raise AgentError("RequestedObjectNotFoundError", "There is no such command result.", 404)
            while wait and result["command_status"] == "RUNNING":
                time.sleep(0.1)
            return self._send(200, result)

        def _guard(self, method):
            try:
                self._answer(method)
            except AgentError as error:
                fault = {"faultcode": error.kind, "faultstring": f"{error.kind}: {error}"}
                self.close_connection = True
                self._send(error.code, fault)
            except (ValueError, AttributeError):
                self.close_connection = True
                self._send(400, {"faultcode": "Client", "faultstring": "The body is no JSON object."})

        def do_GET(self):
            self._guard("GET")

        def do_POST(self):
            self._guard("POST")

    return Handler


def _same(shown, token):
    import hmac

    return hmac.compare_digest(shown.encode(), token.encode())


# --- The service ------------------------------------------------------------------------------------------------------


class Agent:
    def __init__(self):
        self.params = kernel_params()
        self.api_url = self.params.get("ipa-api-url", "").split(",")[0].rstrip("/")
        self.token = self.params.get("ipa-agent-token")
        self.started_at = time.time()
        self.minor = 31
        self.node_uuid = None
        self._wake = threading.Event()
        self.runner = Runner(self._wake.set)

    def call(self, method, path, body=None, minor=None):
        """(status, JSON or text) of a call to the service."""
        url = urllib.parse.urlsplit(path if path.startswith("http") else self.api_url + path)
        context = ssl._create_unverified_context() if self.params.get("ipa-insecure") == "1" else None
        if url.scheme == "https":
            connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=30, context=context)
        else:
            connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if minor is not None:
            headers["X-OpenStack-Ironic-API-Version"] = f"1.{minor}"
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request(method, target, None if body is None else json.dumps(body), headers)
        reply = connection.getresponse()
        text = reply.read(16 * 1024 * 1024).decode()
        connection.close()
        try:
            return reply.status, json.loads(text)
        except ValueError:
            return reply.status, text

    def run(self):
        try:
            _, root = self.call("GET", "/")
            self.minor = int(root["default_version"]["version"].split(".")[1])
        except (OSError, KeyError, TypeError, ValueError) as error:
            say(f"cannot read the API version: {error}")
        callback = self.params.get("ipa-inspection-callback-url")
        known = self.inspect(callback) if callback else None
        timeout_s = self.lookup(known)
        certificate = self.serve()
        self.heartbeats(certificate, timeout_s)

    def inspect(self, url):
        facts = inventory(self.params)
        found = disks()
        body = {
            "inventory": facts,
            "root_disk": root_disk() if found else None,
            "boot_interface": facts["boot"]["pxe_interface"],
            "configuration": {"collectors": ["default"], "managers": [{"name": MANAGER, "version": "1"}]},
            "error": None,
        }
        for attempt in range(5):
            try:
                status, reply = self.call("POST", url, body)
                if status < 500 and status != 409:
                    say(f"inspection data sent: {status}")
                    return reply.get("uuid") if status < 400 and isinstance(reply, dict) else None
            except OSError as error:
                say(f"inspection data could not be sent: {error}")
            time.sleep(5 * 1.5**attempt)
        raise SystemExit("The service does not take the inspection data.")

    def lookup(self, known):
        addresses = ",".join(read(f"/sys/class/net/{name}/address") for name in ports())
        query = f"addresses={addresses}" + (f"&node_uuid={known}" if known else "")
        deadline = time.monotonic() + float(self.params.get("ipa-lookup-timeout", 600))
        pause = float(self.params.get("ipa-lookup-interval", 1))
        while time.monotonic() < deadline:
            try:
                status, reply = self.call("GET", f"/v1/lookup?{query}", minor=min(self.minor, 62))
                if status == 200:
                    return self.accept(reply)
                say(f"lookup: {status}")
            except OSError as error:
                say(f"lookup: {error}")
            time.sleep(pause * (0.5 + random.random()))
            pause = min(pause * 2, 60)
        raise SystemExit("The service does not know this server.")

    def accept(self, reply):
        config = reply["config"]
        token = config.get("agent_token")
        if token == "******" and self.token is None:
            raise SystemExit("The agent token was issued already: another agent asked before.")
        if token and token != "******":
            self.token = token
        self.node_uuid = reply["node"]["uuid"]
        say(f"this is node {self.node_uuid}")
        return config["heartbeat_timeout"]

    def serve(self):
        own = next((address for address in map(address_of, ports()) if address), "127.0.0.1")
        self.host = self.params.get("ipa-advertise-host", own)
        port = int(self.params.get("ipa-listen-port", 9999))
        self.port = int(self.params.get("ipa-advertise-port", port))
        key, certificate = "/run/agent.key", "/run/agent.pem"
        os.umask(0o077)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-keyout", key, "-out", certificate, "-days", "90", "-subj", "/CN=agent", "-config", "/etc/openssl.cnf"]
            + ["-addext", f"subjectAltName=IP:{self.host}"],
            check=True,
            capture_output=True,
        )
        server = ThreadingHTTPServer(("0.0.0.0", port), handler_of(self))
        server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return read(certificate) + "\n"

    def heartbeats(self, certificate, timeout_s):
        body = {
            "callback_url": f"https://{self.host}:{self.port}",
            "agent_token": self.token,
            "agent_version": VERSION,
            "agent_verify_ca": certificate,
        }
        while True:
            self._wake.clear()
            try:
                status, reply = self.call(
                    "POST", f"/v1/heartbeat/{self.node_uuid}", body, minor=min(self.minor, 68)
                )
                accepted = status == 202
                if not accepted:
                    say(f"heartbeat: {status} {reply}")
            except OSError as error:
                accepted = False
                say(f"heartbeat: {error}")
            pause = timeout_s * random.uniform(0.3, 0.6) if accepted else random.uniform(5, 10)
            if accepted:
                self._wake.wait(pause)
            else:
                time.sleep(pause)


if __name__ == "__main__":
    Agent().run()

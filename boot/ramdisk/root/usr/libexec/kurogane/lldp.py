"""Listens for LLDP on a port: prints [[type, hex value], ...] of the first frame as JSON. `lldp.py PORT SECONDS`."""
import json
import socket
import struct
import sys

ETHERTYPE = 0x88CC
MULTICAST = bytes.fromhex("0180c200000e")


def listen(port, seconds):
    """TLVs of the first LLDP frame that comes within `seconds`; None: no frame came. IEEE 802.1AB-2016 8"""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE)) as wire:
        wire.bind((port, ETHERTYPE))
        # PACKET_ADD_MEMBERSHIP of the multicast address that switches send to.
        request = struct.pack("iHH8s", socket.if_nametoindex(port), 0, 6, MULTICAST)
        wire.setsockopt(263, 1, request)
        wire.settimeout(seconds)
        try:
            frame = wire.recv(2048)
        except TimeoutError:
            return None
    tlvs, at = [], 14
    while at + 2 <= len(frame):
        head = int.from_bytes(frame[at : at + 2], "big")
        kind, length = head >> 9, head & 0x1FF
        if kind == 0 or at + 2 + length > len(frame):
            break
        tlvs.append([kind, frame[at + 2 : at + 2 + length].hex()])
        at += 2 + length
    return tlvs


if __name__ == "__main__":
    print(json.dumps(listen(sys.argv[1], float(sys.argv[2]))))

"""Registers a server by classes that were generated of registration.proto: `smoke-client.py FOLDER TARGET CA TOKEN`."""
import json
import sys

folder, target, ca, token = sys.argv[1:]
sys.path.insert(0, folder)

import grpc
import registration_pb2 as messages
import registration_pb2_grpc as service

with open(ca, "rb") as file:
    channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(file.read()))
stub = service.RegistrationStub(channel)
request = messages.RegisterRequest(
    system_uuid="4C4C4544-0000-4010-8000-B1C04F4B4231",
    serial_number="PY1",
    memory_mb=2**40,
    boot_mode="uefi",
    ports=[
        messages.Port(
            name="eno1",
            mac="52:54:00:00:00:01",
            carrier=True,
            optic=messages.OPTIC_PRESENT,
            lldp=[
                messages.LldpTlv(type=1, value=b"\x04\x52\x54\x00\x00\x00\x01"),
                messages.LldpTlv(type=2, value=b"\x05Eth7"),
            ],
        )
    ],
    bmc=messages.Bmc(address="0.0.0.0"),
)
reply = stub.Register(request, metadata=[("authorization", f"Bearer {token}")], timeout=20)
verdict = stub.Report(
    messages.ReportRequest(
        registration_uuid=reply.registration_uuid,
        secret=reply.secret,
        step="report",
        outcome=messages.OUTCOME_DONE,
    ),
    timeout=20,
)
try:
    stub.Register(request, metadata=[("authorization", "nothing")], timeout=20)
    refused = None
except grpc.RpcError as error:
    refused = [error.code().name, dict(error.trailing_metadata()).get("kurogane-error")]
print(
    json.dumps(
        {
            "action": messages.Action.Name(reply.action),
            "address": reply.bmc.address,
            "verdict": messages.Action.Name(verdict.action),
            "refused": refused,
        }
    )
)

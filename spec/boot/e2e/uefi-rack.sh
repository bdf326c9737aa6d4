# A network with the service, dnsmasq and machines with UEFI firmware. Run by uefi.boot.spec.ts, in a network namespace of its own where there
# may be one (NETWORK=tap): dnsmasq has the configuration that the service makes, and one machine boots by HTTP (UUID), another by TFTP (PXE_UUID),
# which is switched off when it has the script. Else QEMU's own network stands for it (NETWORK=user), for one machine.
# FOLDER, NODE, KUROGANE, ADDRESS (the service as the machines see it), BOOT_PORT, UUID and PXE_UUID are given, and the settings of the service.
set -eu
cd "$FOLDER"

# machine NAME UUID MAC MEMORY NIC [MORE...]: the firmware's own network boot, without iPXE in the card, when it is plugged into a tap device.
machine() {
  name=$1 uuid=$2 mac=$3 memory=$4 nic=$5
  shift 5
  case $nic in tap,*) rom=,romfile= ;; *) rom= ;; esac
  cp /usr/share/OVMF/OVMF_VARS_4M.fd "$name.fd"
  exec qemu-system-x86_64 -accel tcg -M q35 -m "$memory" -display none -monitor none -no-reboot -uuid "$uuid" \
    -serial "file:$FOLDER/$name.log" \
    -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd -drive "if=pflash,format=raw,file=$name.fd" \
    -netdev "$nic" -device "virtio-net-pci,netdev=n0,mac=$mac,bootindex=1$rom" "$@"
}

if [ "$NETWORK" = tap ]; then
  ip link set lo up
  ip link add br0 type bridge
  ip addr add "$ADDRESS/24" dev br0
  ip link set br0 up
  for tap in tap0 tap1; do
    ip tuntap add "$tap" mode tap
    ip link set "$tap" master br0 up
  done
  "$NODE" "$KUROGANE" dnsmasq-config --url "http://$ADDRESS:$BOOT_PORT" --tftp-address "$ADDRESS" \
    --range br0/10.77.0.100/10.77.0.150/255.255.255.0 --tftp-root "$FOLDER/tftp" \
    --lease-file "$FOLDER/leases" --pid-file "$FOLDER/dnsmasq.pid" > dnsmasq.conf
  dnsmasq -C dnsmasq.conf --user=root --group= --keep-in-foreground --log-facility="$FOLDER/dnsmasq.log" &
fi
"$NODE" "$KUROGANE" serve > serve.log 2>&1 &
until grep -q 'kurogane serve ready' serve.log; do sleep 0.2; done
if [ "$NETWORK" = user ]; then
  machine serial "$UUID" 52:54:00:e2:05:01 768 "user,id=n0,bootfile=http://$ADDRESS:$BOOT_PORT/boot.ipxe"
fi
tap=,script=no,downscript=no
(machine pxe "$PXE_UUID" 52:54:00:e2:05:02 256 "tap,id=n0,ifname=tap1$tap") &
pxe=$!
(
  until grep -q "$PXE_UUID" serve.log; do sleep 0.3; done
  kill "$pxe"
) &
# As an operator does in the set-up of the firmware: no PXE, so that HTTP is what is left.
machine serial "$UUID" 52:54:00:e2:05:01 768 "tap,id=n0,ifname=tap0$tap" \
  -fw_cfg name=opt/org.tianocore/IPv4PXESupport,string=n -fw_cfg name=opt/org.tianocore/IPv6PXESupport,string=n

# A network with the service, dnsmasq and a machine with UEFI firmware. Run by uefi.boot.spec.ts, in a network namespace of its own where there
# may be one (NETWORK=tap): dnsmasq has the configuration that the service makes. Else QEMU's own network stands for it (NETWORK=user).
# FOLDER, NODE, KUROGANE, ADDRESS (the service as the machine sees it), BOOT_PORT and UUID are given, and the settings of the service.
set -eu
cd "$FOLDER"
nic="user,id=n0,bootfile=http://$ADDRESS:$BOOT_PORT/boot.ipxe"
rom=
if [ "$NETWORK" = tap ]; then
  ip link set lo up
  ip tuntap add tap0 mode tap
  ip addr add "$ADDRESS/24" dev tap0
  ip link set tap0 up
  "$NODE" "$KUROGANE" dnsmasq-config --url "http://$ADDRESS:$BOOT_PORT" --tftp-address "$ADDRESS" \
    --range tap0/10.77.0.100/10.77.0.150/255.255.255.0 --tftp-root "$FOLDER/tftp" \
    --lease-file "$FOLDER/leases" --pid-file "$FOLDER/dnsmasq.pid" > dnsmasq.conf
  dnsmasq -C dnsmasq.conf --user=root --group= --keep-in-foreground --log-facility="$FOLDER/dnsmasq.log" &
  nic=tap,id=n0,ifname=tap0,script=no,downscript=no
  # The firmware's own PXE, without iPXE in the card.
  rom=,romfile=
fi
"$NODE" "$KUROGANE" serve > serve.log 2>&1 &
until grep -q 'kurogane serve ready' serve.log; do sleep 0.2; done
exec qemu-system-x86_64 -accel tcg -M q35 -m 768 -display none -monitor none -no-reboot -uuid "$UUID" \
  -serial "file:$FOLDER/serial.log" \
  -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd -drive "if=pflash,format=raw,file=$FOLDER/vars.fd" \
  -netdev "$nic" -device "virtio-net-pci,netdev=n0,mac=52:54:00:e2:05:01,bootindex=1$rom"

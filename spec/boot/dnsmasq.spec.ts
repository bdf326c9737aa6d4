import { expect } from 'chai';
import { type DnsmasqFacts, dnsmasqConfig } from '../../boot/dnsmasq.ts';

const FACTS: DnsmasqFacts = {
  ranges: [
    {
      interface: 'eno1',
      first: '192.0.2.10',
      last: '192.0.2.200',
      netmask: '255.255.255.0',
      router: '192.0.2.1',
    },
    {
      interface: 'bond0.12',
      first: '198.51.100.10',
      last: '198.51.100.99',
      netmask: '255.255.255.128',
      router: null,
    },
  ],
  boot_url: 'http://192.0.2.2:8088',
  tftp_address: '192.0.2.2',
  tftp_root: '/var/lib/kurogane/tftp',
  lease_file: '/var/lib/kurogane/dnsmasq.leases',
  lease_s: 3600,
  pid_file: '/run/kurogane/dnsmasq.pid',
};

describe("dnsmasq's configuration", () => {
  it('is this text', () => {
    expect(dnsmasqConfig(FACTS)).to.equal(`# Written by Kurogane: changes are lost.
# No DNS.
port=0
bind-dynamic
no-hosts
no-resolv
no-ping
log-dhcp
pid-file=/run/kurogane/dnsmasq.pid
# Leases of our own; a server that comes back keeps its address.
dhcp-leasefile=/var/lib/kurogane/dnsmasq.leases
dhcp-authoritative
interface=eno1
dhcp-range=set:net0,192.0.2.10,192.0.2.200,255.255.255.0,3600s
dhcp-option=tag:net0,option:router,192.0.2.1
interface=bond0.12
dhcp-range=set:net1,198.51.100.10,198.51.100.99,255.255.255.128,3600s
dhcp-option=tag:net1,option:router
# What asks: iPXE says so itself (option 175), firmware by its architecture (option 93).
dhcp-match=set:ipxe,175
dhcp-match=set:bios,option:client-arch,0
dhcp-match=set:efi64,option:client-arch,7
dhcp-match=set:efi64,option:client-arch,9
dhcp-match=set:efiarm64,option:client-arch,11
dhcp-match=set:http64,option:client-arch,16
dhcp-match=set:httparm64,option:client-arch,19
dhcp-boot=tag:ipxe,http://192.0.2.2:8088/boot.ipxe
dhcp-boot=tag:!ipxe,tag:bios,undionly.kpxe,,192.0.2.2
dhcp-boot=tag:!ipxe,tag:efi64,ipxe.efi,,192.0.2.2
dhcp-boot=tag:!ipxe,tag:efiarm64,ipxe-arm64.efi,,192.0.2.2
dhcp-option-force=tag:!ipxe,tag:http64,60,HTTPClient
dhcp-boot=tag:!ipxe,tag:http64,http://192.0.2.2:8088/images/ipxe.efi
dhcp-option-force=tag:!ipxe,tag:httparm64,60,HTTPClient
dhcp-boot=tag:!ipxe,tag:httparm64,http://192.0.2.2:8088/images/ipxe-arm64.efi
# Files of TFTP, read only.
enable-tftp
tftp-root=/var/lib/kurogane/tftp
tftp-no-fail
`);
  });

  const hostile: readonly [string, Partial<DnsmasqFacts>, RegExp][] = [
    ['a line break in the URL', { boot_url: 'http://a\ndhcp-script=/bin/x' }, /the boot URL cannot be/],
    ['a comma in the URL', { boot_url: 'http://a,b' }, /the boot URL cannot be/],
    ['a name for the TFTP address', { tftp_address: 'host' }, /the TFTP address must be an IPv4 address/],
    ['a relative folder', { tftp_root: 'tftp' }, /the TFTP folder cannot be/],
    ['a comment in a path', { lease_file: '/a#b' }, /the lease file cannot be/],
    [
      'an interface with a blank',
      { ranges: [{ ...(FACTS.ranges[0] as DnsmasqFacts['ranges'][number]), interface: 'a b' }] },
      /an interface cannot be/,
    ],
  ];
  for (const [what, change, message] of hostile)
    it(`refuses ${what}`, () => {
      expect(() => dnsmasqConfig({ ...FACTS, ...change })).to.throw(message);
    });
});

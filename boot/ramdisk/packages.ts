/** What a ramdisk is made of. */
export interface Recipe {
  /** Debian's kernel: the package that depends on the newest one. */
  kernel_meta: string;
  /**
   * Debian packages, each with the files that are kept (regular expressions over paths without the leading slash, `usr/` put
   * before bin, sbin and lib). kmod and its libraries have to be among them.
   */
  packages: Readonly<Record<string, readonly RegExp[]>>;
  /** Files that are not kept after all. */
  left_out: readonly RegExp[];
  /** Kernel modules, with what they depend on. */
  modules: readonly string[];
}

const PACKAGES: Readonly<Record<string, readonly RegExp[]>> = {
  'busybox-static': [/^usr\/bin\/busybox$/],
  bash: [/^usr\/bin\/bash$/],
  libc6: [
    /^usr\/lib64\/ld-linux/,
    /^usr\/lib\/x86_64-linux-gnu\/(ld-linux|lib(c|m|dl|pthread|rt|util|resolv|nss_dns|nss_files)[.-])/,
  ],
  ...libraries([
    ...['libtinfo6', 'libreadline8', 'zlib1g', 'liblzma5', 'libzstd1', 'libbz2-1.0', 'libexpat1', 'libffi8'],
    ...['libssl3', 'libuuid1', 'libcrypt1', 'libfreeipmi17', 'libgcrypt20', 'libgpg-error0'],
    ...['libtomcrypt1', 'libtommath1', 'libgmp10', 'libkmod2'],
    // Debian's kexec is linked with Xen's.
    ...['libxencall1', 'libxendevicemodel1', 'libxenevtchn1', 'libxenforeignmemory1', 'libxengnttab1'],
    ...['libxenmisc4.17', 'libxentoolcore1', 'libxentoollog1'],
  ]),
  kmod: [/^usr\/(s?bin)\//],
  'kexec-tools': [/^usr\/sbin\/kexec$/],
  'dropbear-bin': [/^usr\/s?bin\/dropbear/],
  ipmitool: [/^usr\/bin\/ipmitool$/],
  openssl: [/^usr\/bin\/openssl$/],
  'python3.11-minimal': [/^usr\/bin\/python3\.11$/],
  'libpython3.11-minimal': [/^usr\/lib\/python3\.11\//],
  'libpython3.11-stdlib': [/^usr\/lib\/python3\.11\//],
};

function libraries(names: readonly string[]): Record<string, readonly RegExp[]> {
  return Object.fromEntries(names.map((name) => [name, [/^usr\/lib\/x86_64-linux-gnu\/[^/]+\.so[.\d]*$/]]));
}

/** Parts of Python's library that the agent does not need. */
const LEFT_OUT: readonly RegExp[] = [
  /^usr\/lib\/python3\.11\/(asyncio|concurrent|ctypes|curses|dbm|idlelib|lib2to3|multiprocessing|pydoc_data|sqlite3)\//,
  /^usr\/lib\/python3\.11\/(test|tkinter|turtledemo|unittest|wsgiref|xml|xmlrpc|zoneinfo|tomllib|distutils)\//,
  /^usr\/lib\/python3\.11\/(pydoc|_pydecimal|doctest|turtle|pdb|tarfile|pickletools|sitecustomize)\.pyc$/,
  /lib-dynload\/(_test|_codecs_|xx|_ctypes|_curses|_dbm|_sqlite|_asyncio|_decimal|ossaudio|audioop|nis|_multip)/,
  /\/config-3\.11-/,
  // The compiled form is there.
  /^usr\/lib\/python3\.11\/.*\.py$/,
];

const MODULES: readonly string[] = [
  ...['virtio_pci', 'virtio_net', 'e1000', 'e1000e', 'igb', 'ixgbe', 'i40e', 'ice', 'bnxt_en', 'tg3'],
  ...['mlx5_core', 'r8169', '8139cp', '8139too', 'bonding', '8021q'],
  ...['virtio_blk', 'virtio_scsi', 'ahci', 'sd_mod', 'sr_mod', 'nvme', 'megaraid_sas', 'mpt3sas'],
  ...['isofs', 'vfat', 'nls_cp437', 'nls_iso8859-1', 'nls_ascii', 'loop', 'squashfs', 'overlay', 'ext4'],
  ...['ipmi_si', 'ipmi_devintf', 'ipmi_ssif', 'ipmi_watchdog'],
];

/** The first stage. With IPMI and the NICs of servers, which Debian's cloud kernel lacks. */
export const FIRST_STAGE: Recipe = {
  kernel_meta: 'linux-image-amd64',
  packages: PACKAGES,
  left_out: LEFT_OUT,
  modules: MODULES,
};

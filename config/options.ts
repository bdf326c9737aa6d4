/**
 * Every setting: group → key → facts, grouped and named like Ironic's. The types, the checks, `kurogane --help` and
 * docs/operating.md are made from this literal.
 */
export const OPTIONS = {
  DEFAULT: {
    auth_strategy: choice(
      ['keystone', 'http_basic', 'noauth'],
      'keystone',
      'How API requests are authenticated.',
    ),
    http_basic_auth_user_file: text('', 'htpasswd file (bcrypt entries) for auth_strategy http_basic.'),
    host: text(
      '',
      'Host name of this process as conductors and reservations show it. Empty: the machine name.',
    ),
    state_path: text('/var/lib/kurogane', 'Folder for keys, images and other state of this process.'),
    rbac_service_role_elevated_access: flag(
      false,
      'The service role in the service project may do what system members may.',
    ),
    rbac_service_project_name: text('service', 'Name of that service project.'),
    default_bios_interface: text(
      '',
      'BIOS interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_boot_interface: text(
      '',
      'Boot interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_console_interface: text(
      '',
      'Console interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_deploy_interface: text(
      '',
      'Deploy interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_firmware_interface: text(
      '',
      'Firmware interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_inspect_interface: text(
      '',
      'Inspect interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_management_interface: text(
      '',
      'Management interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_network_interface: text(
      '',
      'Network interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_power_interface: text(
      '',
      'Power interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_raid_interface: text(
      '',
      'RAID interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_rescue_interface: text(
      '',
      'Rescue interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_storage_interface: text(
      '',
      'Storage interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_vendor_interface: text(
      '',
      'Vendor interface of nodes that name none. Empty: the first that is enabled.',
    ),
    default_resource_class: text('', 'Resource class of new nodes that name none.'),
    default_conductor_group: text('', 'Conductor group of new nodes that name none.'),
    ignore_project_check_for_admin_tasks: flag(
      true,
      "An admin's deployments may use images of Glance that belong to other projects.",
    ),
    log_level: choice(['debug', 'info', 'warn', 'error'], 'info', 'Least severity of log lines.'),
    notification_level: choice(
      ['off', 'debug', 'info', 'warning', 'error', 'critical'],
      'off',
      'Least level of the notifications sent on RabbitMQ in the form of oslo.messaging.',
    ),
    versioned_notifications_topics: list(
      ['ironic_versioned_notifications'],
      'Topics of those notifications; each level has a queue, `<topic>.<level>`, that somebody must read.',
    ),
    enabled_hardware_types: list(['ipmi', 'redfish'], 'Hardware types that conductors load.'),
    driver_packages: list(
      [],
      'npm packages with drivers of others: names, found from the folder where the process starts, or absolute paths (docs/drivers.md).',
    ),
    enabled_bios_interfaces: list(['no-bios', 'redfish'], 'BIOS interfaces that nodes may use.'),
    enabled_boot_interfaces: list(
      ['ipxe', 'pxe', 'redfish-virtual-media'],
      'Boot interfaces that nodes may use; also http-ipxe and http, for UEFI HTTP boot.',
    ),
    isolinux_bin: text(
      '/usr/lib/ISOLINUX/isolinux.bin',
      'ISOLINUX on the boot service, with which a BIOS boots CDs by virtual media. Empty: none does.',
    ),
    ldlinux_c32: text('/usr/lib/syslinux/modules/bios/ldlinux.c32', 'The part of ISOLINUX that it loads.'),
    esp_image: text(
      '',
      'EFI system partition, as a file on the boot service, whose loader reads /boot/grub/grub.cfg of CDs by virtual media. Empty: no UEFI boots them.',
    ),
    enabled_console_interfaces: list(['no-console'], 'Console interfaces that nodes may use.'),
    enabled_deploy_interfaces: list(['direct', 'ramdisk'], 'Deploy interfaces that nodes may use.'),
    enabled_firmware_interfaces: list(['no-firmware', 'redfish'], 'Firmware interfaces that nodes may use.'),
    enabled_inspect_interfaces: list(
      ['no-inspect', 'agent', 'redfish'],
      'Inspect interfaces that nodes may use.',
    ),
    enabled_management_interfaces: list(
      [],
      'Management interfaces. Empty: those of the enabled hardware types.',
    ),
    enabled_network_interfaces: list(['noop'], 'Network interfaces that nodes may use.'),
    enabled_power_interfaces: list([], 'Power interfaces. Empty: those of the enabled hardware types.'),
    enabled_raid_interfaces: list(['agent', 'no-raid', 'redfish'], 'RAID interfaces that nodes may use.'),
    enabled_rescue_interfaces: list(['no-rescue'], 'Rescue interfaces that nodes may use.'),
    enabled_storage_interfaces: list(['noop'], 'Storage interfaces that nodes may use.'),
    enabled_vendor_interfaces: list(
      ['ipmitool', 'redfish', 'no-vendor'],
      'Vendor interfaces that nodes may use.',
    ),
  },
  api: {
    host_ip: text('127.0.0.1', 'Address that the API listens on.'),
    port: integer(6385, 'Port that the API listens on. 0: any free one.', 0, 65_535),
    enable_ssl_api: flag(false, 'Serve the API over TLS, with the certificate of [ssl].'),
    shutdown_delay: integer(
      0,
      'Seconds after SIGTERM in which the API still takes requests while /readyz is red, for load balancers to notice.',
      0,
    ),
    max_limit: integer(1000, 'Most items in one page of a list.', 1, 100_000),
    public_endpoint: text('', 'Base URL in links. Empty: taken from the request.'),
    enable_ramdisk_endpoints: flag(
      true,
      'Serve lookup, heartbeat and continue_inspection, which ramdisks call without credentials.',
    ),
    restrict_lookup: flag(true, 'Look-up only in states where an agent is expected.'),
    ramdisk_heartbeat_timeout: integer(300, 'Seconds that an agent may stay silent.', 1),
    disallowed_enrollment_boot_modes: list(
      [],
      'Boot modes that the capabilities of a new node may not name: bios, uefi.',
    ),
    project_admin_can_manage_own_nodes: flag(
      true,
      'Project administrators may create and delete nodes of their own.',
    ),
  },
  healthcheck: {
    enabled: flag(false, 'Answer GET /healthcheck, to anybody.'),
  },
  audit: {
    enabled: flag(true, 'Write who did what to which node into the chain of the audit.'),
  },
  tracing: {
    endpoint: text(
      '',
      'Base URL of a receiver of OpenTelemetry traces (OTLP over HTTP, as http://collector:4318). Empty: no traces.',
    ),
  },
  metrics: {
    enabled: flag(
      true,
      'Serve /metrics, /healthz and /readyz on a listener of their own, to anybody who reaches it.',
    ),
    host_ip: text('127.0.0.1', 'Address of that listener.'),
    port: integer(
      0,
      'Its port; each process of a machine needs its own. 0: any free one, named in the log.',
      0,
      65_535,
    ),
  },
  ssl: {
    cert_file: text('', 'Certificate of the API and the chain above it (PEM).'),
    key_file: text('', 'Its private key (PEM).'),
  },
  conductor: {
    conductor_group: text('', 'Group of this conductor: it serves nodes of the same group only.'),
    heartbeat_interval: integer(10, 'Seconds between heartbeats of a conductor.', 1),
    heartbeat_timeout: integer(60, 'Seconds after which a silent conductor counts as dead.', 1),
    lease_timeout: integer(15, 'Seconds that a claimed job stays with a conductor that is silent.', 1),
    workers_pool_size: integer(300, 'Jobs that a conductor runs at once.', 1),
    poll_interval: integer(5, 'Seconds between looks into the job table when the bus is silent.', 1),
    graceful_shutdown_timeout: integer(
      20,
      'Seconds that running steps may take to end after SIGTERM; then they are interrupted or left to their lease.',
      0,
    ),
    call_timeout: integer(60, 'Seconds that an API request waits for the answer of a conductor.', 1),
    automated_clean: flag(true, 'Clean nodes before they become available.'),
    disallowed_deployment_boot_modes: list([], 'Boot modes that nodes may not be deployed with: bios, uefi.'),
    automated_cleaning_step_source: choice(
      ['autogenerated', 'runbook', 'hybrid'],
      'autogenerated',
      'Where the steps of an automated clean come from: from the hardware, from a runbook, or from a runbook where there is one.',
    ),
    automated_cleaning_runbook: text('', 'That runbook, by name or UUID.'),
    automated_cleaning_runbook_by_resource_class: list(
      [],
      'That runbook by resource class, each `class:runbook`; before the one of all.',
    ),
    automated_cleaning_runbook_from_node: flag(
      false,
      'driver_info/cleaning_runbook of a node goes first. Whoever may change driver_info can then choose what is cleaned.',
    ),
    automated_cleaning_runbook_validate_traits: flag(
      true,
      'Such a runbook is for nodes only that have one of its traits.',
    ),
    automatic_lessee: flag(true, 'Lend a node to the project that it is deployed for.'),
    automatic_lessee_source: choice(
      ['instance', 'request', 'none'],
      'instance',
      'Where that project stands: in instance_info/project_id (Nova), or in the token of the request.',
    ),
    file_url_allowed_paths: list(
      ['/var/lib/kurogane/images'],
      'Folders whose files may be images by file:// URLs, as the boot service sees them. Empty: none.',
    ),
    deploy_callback_timeout: integer(
      1800,
      'Seconds in wait call-back before the deploy fails. 0: no limit.',
      0,
    ),
    deploy_stalled_after: integer(
      900,
      'Seconds without progress after which a deploy is marked as stalled and people are told. 0: never.',
      0,
    ),
    clean_callback_timeout: integer(1800, 'Seconds in clean wait before the cleaning fails. 0: no limit.', 0),
    inspect_wait_timeout: integer(
      1800,
      'Seconds in inspect wait before the inspection fails. 0: no limit.',
      0,
    ),
    rescue_callback_timeout: integer(1800, 'Seconds in rescue wait before the rescue fails. 0: no limit.', 0),
    service_callback_timeout: integer(
      1800,
      'Seconds in service wait before the service fails. 0: no limit.',
      0,
    ),
    check_provision_state_interval: integer(60, 'Seconds between sweeps for waits past their deadline.', 1),
    sync_power_state_interval: integer(120, 'Seconds between power synchronisations. 0: never.', 0),
    sync_power_state_workers: integer(64, 'BMCs read at once by the power synchronisation.', 1),
    enable_health_monitoring: flag(true, 'Read the health of the hardware in each power synchronisation.'),
    power_state_sync_max_retries: integer(3, 'Failed power reads or corrections before maintenance.', 0),
    force_power_state_during_sync: flag(
      true,
      'Drive a node back to its recorded power state when they differ.',
    ),
    power_failure_recovery_interval: integer(
      300,
      'Seconds between looks at nodes in power failure. 0: never.',
      0,
    ),
    pending_settings_interval: integer(
      300,
      'Seconds between looks at BIOS settings that wait for the next boot of their server. 0: never.',
      0,
    ),
    bmc_failure_threshold: integer(
      5,
      'Calls in a row without an answer after which a BMC is left alone for a while. 0: never.',
      0,
    ),
    bmc_backoff: integer(
      5,
      'Seconds that it is left alone first; each call that fails then doubles them.',
      1,
    ),
    bmc_backoff_max: integer(60, 'Seconds that it is left alone at most.', 1),
    bmc_calls_per_second: integer(20, 'Calls to one BMC per second; more of them wait. 0: no limit.', 0),
    power_state_change_timeout: integer(60, 'Seconds that a hard power action may take.', 1),
    soft_power_off_timeout: integer(600, 'Seconds that a soft power action may take.', 1),
    node_locked_retry_attempts: integer(3, 'Times that a locked node is tried again.', 0),
    node_locked_retry_interval: integer(1, 'Seconds between those tries.', 0),
    max_concurrent_deploy: integer(250, 'Deploys at once over all conductors.', 1),
    max_concurrent_clean: integer(50, 'Cleanings at once over all conductors.', 1),
    allow_deleting_available_nodes: flag(true, 'Nodes in available may be deleted.'),
    allow_provisioning_in_maintenance: flag(true, 'Nodes in maintenance may be provided and cleaned.'),
    node_history: flag(true, 'Keep a history of errors and events per node.'),
    node_history_max_entries: integer(300, 'History entries kept per node.', 0),
    automatic_baseline: flag(
      false,
      'Take the baseline of a server, which it is brought back to after each tenant, when it is first cleaned.',
    ),
    clean_step_priority_override: list(
      [],
      'Priorities of steps in automated cleaning, as interface.step:priority; 0 leaves one out. Steps of the BMC run only with one.',
    ),
    disallow_clean_steps: list(['vendor.send_raw'], 'Steps (interface.step) that no cleaning may ask for.'),
    disallow_deploy_steps: list(['vendor.send_raw'], 'Steps that no deployment and no template may ask for.'),
    disallow_service_steps: list(['vendor.send_raw'], 'Steps that no service may ask for.'),
    hardware_step_poll_interval: integer(10, 'Seconds between looks at work that a BMC goes on with.', 1),
    hardware_step_timeout: integer(
      3600,
      'Seconds that a BMC may take for the work of one step, such as a firmware update.',
      1,
    ),
    deploy_kernel: text('', 'Kernel of the deploy ramdisk for nodes that name none.'),
    deploy_ramdisk: text('', 'Deploy ramdisk for nodes that name none.'),
  },
  database: {
    connection: text(
      '',
      'mysql://user:password@host:port/name, or sqlite:///path. Empty: sqlite in state_path.',
      true,
    ),
    max_pool_size: integer(10, 'Connections to MariaDB/MySQL kept by one process.', 1),
  },
  secrets: {
    key: text('', 'Key for secrets at rest: 32 bytes in base64. Or use key_file.', true),
    key_file: text('', 'File with one key per line (base64, 32 bytes): the first encrypts, all decrypt.'),
  },
  oslo_messaging: {
    transport_url: text(
      'memory://',
      'amqp(s)://user:password@host:port/vhost, or memory:// inside one process.',
      true,
    ),
    redeliveries: integer(3, 'Times that a message whose handler failed is delivered again.', 0),
  },
  keystone_authtoken: {
    www_authenticate_uri: text('', 'Keystone URL told to clients that come without a token.'),
    auth_url: text('', 'Keystone v3 URL that tokens are validated at.'),
    username: text('', 'User that validates tokens.'),
    password: text('', 'Its password.', true),
    user_domain_name: text('Default', 'Its domain.'),
    project_name: text('service', 'Its project.'),
    project_domain_name: text('Default', 'The domain of its project.'),
    cafile: text('', 'CA certificates for Keystone, beside the system ones.'),
    token_cache_time: integer(
      300,
      'Seconds that a validated token is believed without asking again; while Keystone is unavailable, until it expires. 0: never.',
      0,
    ),
    token_cache_size: integer(10_000, 'Validated tokens kept at once.', 0),
    http_request_timeout: integer(10, 'Seconds that one request to Keystone may take.', 1, 300),
    jws_public_key_repository: text(
      '',
      "Folder with the public keys (PEM) of Keystone's JWS tokens: forged ones are then refused before Keystone is asked.",
    ),
    service_token_roles: list(['service'], 'Roles that make a service token valid.'),
    service_token_roles_required: flag(
      true,
      'A service token without one of these roles is ignored. Off: any valid one counts.',
    ),
  },
  identity: {
    enabled: flag(false, 'Serve a small Keystone v3 of our own at /identity/v3 (embedded mode).'),
    users_file: text('', 'YAML or JSON file with its domains, projects, users and roles.'),
    token_ttl: integer(3600, 'Seconds that its tokens live.', 60),
    key_file: text(
      '',
      'File of the private key (ES256, PEM) that signs its tokens. Empty: identity-key.pem in state_path, made when missing.',
    ),
    region: text('RegionOne', 'Region of the endpoints in its catalogue.'),
    lockout_failure_attempts: integer(6, 'Wrong passwords in a row before an account waits.', 1),
    lockout_duration: integer(60, 'Longest time in seconds that such an account waits.', 1),
  },
  portal: {
    enabled: flag(true, 'Serve the web portal at /portal. It needs auth_strategy keystone.'),
  },
  oslo_policy: {
    enforce_scope: flag(true, 'Refuse tokens of a scope that the rule does not accept.'),
    enforce_new_defaults: flag(
      true,
      'Without the legacy rules, where an admin of any project may do everything.',
    ),
    policy_file: text('', 'policy.yaml with rules that override the built-in ones by name.'),
  },
  neutron: {
    ...serviceOptions('Neutron'),
    cleaning_network: text('', 'Network (uuid or unique name) of ramdisks that clean, for flat and neutron.'),
    provisioning_network: text('', 'Network of ramdisks that deploy, for neutron.'),
    rescuing_network: text('', 'Network of rescue ramdisks, for neutron.'),
    inspection_network: text('', 'Network of ramdisks that inspect, for flat and neutron.'),
    servicing_network: text('', 'Network of ramdisks that service, for neutron.'),
    cleaning_network_security_groups: list([], 'Security groups of ports made for cleaning.'),
    provisioning_network_security_groups: list([], 'Security groups of ports made for provisioning.'),
    rescuing_network_security_groups: list([], 'Security groups of ports made for rescuing.'),
    inspection_network_security_groups: list([], 'Security groups of ports made for inspection.'),
    servicing_network_security_groups: list([], 'Security groups of ports made for servicing.'),
    add_all_ports: flag(
      false,
      'Ramdisks get ports in Neutron on all network cards, not only those with pxe_enabled.',
    ),
    fail_on_port_binding_failure: flag(
      true,
      'With the interface neutron, a port that Neutron could not bind ends the work.',
    ),
  },
  glance: {
    ...serviceOptions('Glance'),
    swift_temp_url_key: text('', 'Key that temporary URLs of Swift are signed with.', true),
    swift_temp_url_duration: integer(1200, 'Seconds that such a URL is good for.', 1),
    swift_endpoint_url: text('', 'URL of Swift without account and version: scheme, host, optional port.'),
    swift_api_version: text('v1', 'API version in such a URL.'),
    swift_account: text('', 'Account that Glance keeps its images in: AUTH_<project id>.'),
    swift_container: text('glance', 'Container that Glance keeps its images in.'),
    swift_store_multiple_containers_seed: integer(
      0,
      'As the setting of that name in Glance: digits of the image in the name of the container.',
      0,
      32,
    ),
  },
  nova: {
    ...serviceOptions('Nova'),
    send_power_notifications: flag(true, "Tell Nova when the power of an instance's server changed."),
  },
  deploy: {
    http_url: text('', 'Base URL of the boot service as nodes reach it. Empty: its own address.'),
    default_boot_mode: choice(['uefi', 'bios'], 'uefi', 'Boot mode of nodes whose capabilities name none.'),
    erase_devices_priority: integer(10, 'Priority of the erase_devices clean step. 0: off.', 0),
    erase_devices_metadata_priority: integer(
      99,
      'Priority of the erase_devices_metadata clean step. 0: off.',
      0,
    ),
    power_off_after_deploy_failure: flag(true, 'Power a node off when its deploy failed.'),
  },
  agent: {
    command_timeout: integer(60, 'Seconds that one HTTP call to an agent may take.', 1),
    max_command_attempts: integer(3, 'Tries of a call to an agent that cannot be reached.', 1),
    require_tls: flag(true, 'Refuse agents whose callback URL is not https.'),
    image_download_source: choice(
      ['http', 'swift'],
      'http',
      'Where agents get images of Glance: from the boot service, or from Swift by a temporary URL.',
    ),
  },
  certificates: {
    signing_key_file: text(
      '',
      'File with the Ed25519 key (PEM, PKCS #8) that erase certificates are signed with. Empty: none are issued.',
    ),
  },
  events: {
    poll_interval: integer(1, 'Seconds between looks for what changed, while anybody watches.', 1),
    max_streams: integer(500, 'Event streams of one API process at once.', 0),
    stream_lifetime: integer(
      300,
      'Seconds after which a stream is ended, so that its client comes back with a token that is still good.',
      1,
    ),
  },
  gateway: {
    public_endpoint: text(
      '',
      'URL at which holders of leases reach the gateway to the BMCs. Empty: there is none.',
    ),
    host_ip: text('127.0.0.1', 'Address that the gateway listens on.'),
    port: integer(6386, 'Port that it listens on. 0: any free one.', 0, 65_535),
    cert_file: text('', 'Certificate of the gateway and the chain above it (PEM).'),
    key_file: text('', 'Its private key (PEM).'),
    console_endpoint: text(
      '',
      'URL (ws or wss) below which browsers and terminals reach consoles. Empty: that of public_endpoint; `kurogane serve` serves them beside its API.',
    ),
    console_idle_timeout: integer(
      1800,
      'Seconds after which a console on which nothing happens is closed.',
      1,
    ),
    ipmi_public_endpoint: text(
      '',
      'host:port (UDP) at which holders of leases reach the gateway to BMCs of the hardware type ipmi. Empty: there is none.',
    ),
    ipmi_port: integer(6623, 'UDP port that it listens on for IPMI. 0: any free one.', 0, 65_535),
  },
  isos: {
    path: text(
      '',
      'Folder of the ISO images that projects bring; API processes and boot services share it. Empty: isos in state_path.',
    ),
    max_size_mib: integer(10_240, 'Largest image, in MiB.', 1),
    project_quota_mib: integer(51_200, 'All images of one project, in MiB.', 1),
    lifetime_days: integer(30, 'Days after which an image is deleted.', 1),
  },
  schedules: {
    max_per_rack: integer(10, 'Servers of one rack that schedules work on at once. 0: no limit.', 0),
    max_per_project: integer(100, 'Servers of one project that they work on at once. 0: no limit.', 0),
  },
  inspection_rules: {
    mask_secrets: choice(
      ['always', 'never', 'sensitive'],
      'always',
      'When inspection rules see *** for passwords in inspection data; sensitive: unless the rule is sensitive.',
    ),
  },
  pxe: {
    kernel_append_params: text('nofb vga=normal', 'Kernel parameters of the deploy ramdisk.'),
  },
  boot: {
    host_ip: text('127.0.0.1', 'Address that the boot service listens on.'),
    port: integer(8088, 'Port that the boot service listens on. 0: any free one.', 0, 65_535),
    image_path: text('', 'Folder of images served under /images. Empty: images in state_path.'),
    image_cache_path: text(
      '',
      'Folder, of this process alone, that images of Glance are kept in. Empty: image-cache in state_path.',
    ),
    image_cache_size: integer(
      20_480,
      'MiB that the images kept there may have, together; the longest unused go first. 0: none is kept.',
      0,
    ),
    enrolment_token: text(
      '',
      'Token (kurogane enrolment token create) that servers which nobody knows register with. Empty: they boot from their disk.',
      true,
    ),
    calls_per_minute: integer(
      600,
      'Questions of one address per minute, downloads not counted; more are refused. 0: no limit.',
      0,
    ),
    rack_bandwidth: integer(
      0,
      'MiB per second that the servers of one rack may download of files, together. 0: no limit.',
      0,
    ),
    rack_prefix: integer(24, 'Servers whose IPv4 addresses agree in so many bits are one rack.', 8, 32),
    script_path: text(
      '',
      'Where register.sh and other scripts lie that servers fetch when they boot: a folder, or s3://bucket/prefix. Empty: those of this version.',
    ),
  },
  s3: {
    endpoint: text('', 'URL of the object storage, without bucket.'),
    region: text('us-east-1', 'Its region; what is no AWS mostly takes any.'),
    access_key: text('', 'Access key that may read the bucket.'),
    secret_key: text('', 'Its secret key.', true),
  },
  registration: {
    enabled: flag(
      false,
      'Serve the gRPC service through which new servers register, in the processes of the API.',
    ),
    host_ip: text('127.0.0.1', 'Address that it listens on.'),
    port: integer(6387, 'Port that it listens on. 0: any free one.', 0, 65_535),
    public_endpoint: text('', 'host:port as servers reach it. Empty: host_ip and port.'),
    cert_file: text(
      '',
      'Its certificate and the chain above it (PEM). Empty: that of [ssl]; `kurogane serve` makes one in state_path.',
    ),
    key_file: text('', 'The private key of that certificate (PEM).'),
    driver: text('ipmi', 'Hardware type of the nodes that are made.'),
    driver_info: list([], 'Entries of their driver_info, as key=value: ipmi_port=6230.'),
    conductor_group: text('', 'Their conductor group.'),
    bmc_pool: text(
      '',
      'Pool (name) that their BMCs get addresses of. Empty: the oldest one whose purpose is bmc.',
    ),
    bmc_username: text(
      'kurogane',
      'Account that is made on their BMCs, with a password of its own for each.',
    ),
    timeout: integer(900, 'Seconds of silence after which a registration has failed.', 1),
    concurrency: integer(32, 'Registrations that one process works on at once; more of them wait.', 1, 1000),
    queue: integer(2000, 'Registrations that wait in one process; more are refused and come again.', 0),
    calls_per_minute: integer(120, 'Calls of one address per minute; more are refused. 0: no limit.', 0),
  },
  auto_discovery: {
    enabled: flag(
      false,
      'Make a node of inspection data (continue_inspection) of a server that nobody knows, with the settings of [registration].',
    ),
    max_nodes: integer(1000, 'Nodes in enroll beyond which no more are made so.', 1),
  },
  notices: {
    slack_url: text('', 'Incoming webhook of Slack for what people have to look after. Empty: none.', true),
    webhook_url: text('', 'URL that the same is posted to as JSON. Empty: none.', true),
    webhook_secret: text(
      '',
      'Secret that these posts are signed with (docs/notices.md). Empty: they are not signed.',
      true,
    ),
    allowed_networks: list(
      [],
      'Private networks that webhooks of projects may lead to, as 10.20.0.0/16. Nothing private, local or of BMCs is allowed else.',
    ),
    smtp_host: text('', 'SMTP server for notices by e-mail. Empty: none are sent.'),
    smtp_port: integer(587, 'Its port.', 1),
    smtp_security: choice(
      ['starttls', 'tls', 'none'],
      'starttls',
      'starttls: by TLS or not at all; tls: from the first byte (port 465); none: in clear.',
    ),
    smtp_cafile: text('', 'Authorities that its certificate is checked with. Empty: those of the system.'),
    smtp_user: text('', 'Account there. Empty: none.'),
    smtp_password: text('', 'Its password.', true),
    email_from: text('kurogane@localhost', 'Sender of the mails.'),
    email_to: list([], 'Addresses that get every notice.'),
    end_of_life_days: list(
      ['90', '30', '7'],
      'People are told so many days before support or warranty of servers ends, once each. Empty: never.',
    ),
    attempts: integer(8, 'Times that a notice is tried; the pause doubles from 5 s up to 10 minutes.', 1),
    timeout: integer(10, 'Seconds that one try may take.', 1),
  },
  console: {
    socat_address: text(
      '127.0.0.1',
      'Address of this conductor on which the serial consoles of servers listen. Whoever gets there needs no password.',
    ),
    link_address: text(
      '127.0.0.1',
      'Address of this conductor at which other conductors and gateways reach the consoles that it has open (TLS). Set it where they run on other machines.',
    ),
    link_port: integer(0, 'TCP port of it. 0: any free one.', 0, 65_535),
    takeover_interval: integer(
      5,
      'Seconds between looks whether consoles run where the hash ring has them.',
      1,
    ),
    log_directory: text(
      '',
      'Where what servers print on their consoles is kept, at most 8 MiB of each. Empty: nowhere.',
    ),
  },
  ipmi: {
    command_timeout: integer(
      1000,
      'Most milliseconds before an unanswered IPMI datagram is sent again; questions are repeated sooner to BMCs that answer sooner.',
      50,
    ),
    command_retries: integer(4, 'Times that a datagram is sent again.', 0),
    min_command_interval: integer(0, 'Least milliseconds between two commands to one BMC.', 0),
    cipher_suite_versions: list(
      ['17', '3'],
      'Cipher suites in order of preference for nodes that name none.',
    ),
    disable_boot_timeout: flag(
      true,
      'Tell BMCs that a boot device override outlives its 60 seconds, for nodes that say nothing else.',
    ),
    session_idle_timeout: integer(45, 'Seconds that an unused session is kept. 0: closed at once.', 0),
    max_sessions: integer(20_000, 'Sessions kept at once.', 0),
  },
  redfish: {
    connection_attempts: integer(5, 'Times that a Redfish BMC which cannot be reached is tried.', 1),
    connection_retry_interval: integer(4, 'Seconds between attempts to reach a Redfish BMC.', 1),
    enable_verify_bmc_clock: flag(
      false,
      'Compare the clock of a BMC with that of the conductor when a node is verified, and set it when it is wrong.',
    ),
    auth_type: choice(
      ['auto', 'basic', 'session'],
      'auto',
      'How to log in to Redfish BMCs; auto: with a session, or with Basic where there are none.',
    ),
    session_idle_timeout: integer(
      150,
      'Seconds that an unused Redfish session is kept. 0: deleted at once. The default outlasts the power synchronisation.',
      0,
    ),
  },
} as const satisfies Record<string, Record<string, Option>>;

export type Option = TextOption | NumberOption | FlagOption | ListOption;

interface TextOption<Choice extends string = string> {
  type: 'string';
  default: Choice;
  description: string;
  choices?: readonly Choice[];
  secret?: true;
}
interface NumberOption {
  type: 'integer';
  default: number;
  description: string;
  min?: number;
  max?: number;
}
interface FlagOption {
  type: 'boolean';
  default: boolean;
  description: string;
}
interface ListOption {
  type: 'list';
  default: readonly string[];
  description: string;
}

/** How an OpenStack service beside this one is reached; not used while auth_url and endpoint_override are empty. */
function serviceOptions(service: string) {
  return {
    auth_url: text(
      '',
      `Keystone v3 URL for ${service}. Empty, without endpoint_override: ${service} is not used.`,
    ),
    username: text('', `Service user for ${service}.`),
    password: text('', 'Its password.', true),
    user_domain_name: text('Default', 'Its domain.'),
    project_name: text('service', 'Its project.'),
    project_domain_name: text('Default', 'The domain of its project.'),
    cafile: text('', `CA certificates for Keystone and ${service}, beside the system ones.`),
    region_name: text('', `Region of ${service} in the catalogue. Empty: any.`),
    valid_interfaces: list(['internal', 'public'], 'Endpoints to use, in order of preference.'),
    endpoint_override: text('', `URL of ${service}, instead of the catalogue's. Alone: no token is sent.`),
    request_timeout: integer(45, `Seconds that one request to ${service} may take.`, 1, 600),
  };
}

function text(value: string, description: string, secret = false): TextOption {
  return { type: 'string', default: value, description, ...(secret ? { secret: true } : {}) };
}

function choice<const C extends string>(
  choices: readonly C[],
  value: NoInfer<C>,
  description: string,
): TextOption<C> {
  return { type: 'string', default: value, description, choices };
}

function integer(value: number, description: string, min?: number, max?: number): NumberOption {
  return {
    type: 'integer',
    default: value,
    description,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}

function flag(value: boolean, description: string): FlagOption {
  return { type: 'boolean', default: value, description };
}

function list(value: readonly string[], description: string): ListOption {
  return { type: 'list', default: value, description };
}

type ValueOf<O> =
  O extends TextOption<infer C>
    ? C
    : O extends NumberOption
      ? number
      : O extends FlagOption
        ? boolean
        : readonly string[];

/** The settings of a process: `settings.conductor.lease_timeout`. Frozen; made once, by a composition root. */
export type Settings = {
  readonly [G in keyof typeof OPTIONS]: {
    readonly [K in keyof (typeof OPTIONS)[G]]: ValueOf<(typeof OPTIONS)[G][K]>;
  };
};

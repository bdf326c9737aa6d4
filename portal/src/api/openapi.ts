// Made from api/lifecycle/openapi.yaml by `npm run portal:api`.

export interface components {
  schemas: {
    "known-step": {
      interface: string;
      step: string;
      /** @description the work in which it may be asked for */
      areas: ("clean" | "deploy" | "service")[];
      args: {
          name: string;
          required: boolean;
        }[];
    };
    "new-model": {
      /** @description the maker */
      vendor: string;
      /** @description the product */
      name: string;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      end_of_sale?: string | null;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      end_of_support?: string | null;
      /**
       * Format: uuid-like
       * @description the model that is bought in its place
       */
      replacement_uuid?: string | null;
      note?: string | null;
    };
    "model-changes": {
      /** @description the maker */
      vendor?: string;
      /** @description the product */
      name?: string;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      end_of_sale?: string | null;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      end_of_support?: string | null;
      /**
       * Format: uuid-like
       * @description the model that is bought in its place
       */
      replacement_uuid?: string | null;
      note?: string | null;
    };
    pool: {
      uuid: string;
      name: string;
      /** @enum {string} */
      purpose: "bmc" | "service";
      network: string;
      netmask: string;
      ranges: components["schemas"]["address-range"][];
      /** @description addresses in its ranges */
      size: number;
      gateway: string | null;
      vlan_id: number | null;
      external_url: string | null;
      /** @description whether there is one, never the token */
      external_token: string | null;
      /** @description only of a pool that is shown by itself */
      counts?: {
        used?: number;
        reserved?: number;
        static?: number;
        free?: number;
      };
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
    };
    "ip-address": {
      uuid: string;
      pool_uuid: string;
      address: string;
      /** @enum {string} */
      state: "used" | "reserved" | "static" | "releasing";
      /** @description system UUID */
      holder: string | null;
      note: string | null;
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
    };
    cable: {
      uuid: string;
      device: string;
      port: string;
      switch_name: string;
      switch_port: string;
      note: string | null;
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
    };
    "firmware-baseline": {
      uuid: string;
      /** @enum {string} */
      component: "bios" | "bmc" | "nic";
      manufacturer: string | null;
      product_name: string | null;
      version: string;
      digest: string | null;
      enforced: boolean;
      update_url: string | null;
      update_checksum: string | null;
      update_script: string | null;
      update_timeout_s: number | null;
      note: string | null;
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
    };
    model: {
      uuid: string;
      vendor: string;
      name: string;
      end_of_sale: components["schemas"]["time"];
      end_of_support: components["schemas"]["time"];
      replacement_uuid: string | null;
      note: string | null;
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
    };
    "enrolment-token": {
      uuid: string;
      name: string;
      /** @description null: any number */
      uses_left: number | null;
      expires_at: components["schemas"]["time"];
      last_used_at: components["schemas"]["time"];
      /** @description only in the answer that makes it */
      token?: string;
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
    };
    subscription: {
      uuid: string;
      name: string;
      project: string | null;
      /** @enum {string} */
      outlet: "webhook" | "email";
      target: string;
      /** @enum {string} */
      severity: "info" | "warning" | "error";
      events: string[];
      enabled: boolean;
      signed: boolean;
      /** @description only in the answer that makes it */
      secret?: string;
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
    };
    "work-order": {
      uuid: string;
      /** @enum {string} */
      kind: "mount" | "cable" | "swap" | "dispose" | "other";
      server_uuid: string | null;
      place: string | null;
      what: string;
      assignee: string | null;
      due_at: components["schemas"]["time"];
      /** @enum {string} */
      state: "open" | "done" | "cancelled";
      done_by: string | null;
      done_at: components["schemas"]["time"];
      hot: boolean | null;
      proposed_from: components["schemas"]["time"];
      proposed_until: components["schemas"]["time"];
      agreed_from: components["schemas"]["time"];
      agreed_until: components["schemas"]["time"];
      agreed_at: components["schemas"]["time"];
      agreed_by: string | null;
      /** @enum {string|null} */
      repair_state: "proposed" | "agreed" | "kept" | "missed" | "done" | "cancelled" | null;
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
    };
    "new-subscription": {
      project?: string | null;
      /** @enum {string} */
      outlet: "webhook" | "email";
      secret?: string;
      name: string;
      /** @description a URL, or an e-mail address */
      target: string;
      /**
       * @description the least one; default info
       * @enum {string}
       */
      severity?: "info" | "warning" | "error";
      /** @description names, or their beginnings as server.; none: all */
      events?: string[];
      /** @default true */
      enabled?: boolean;
    };
    "subscription-changes": {
      name?: string;
      target?: string;
      /** @enum {string} */
      severity?: "info" | "warning" | "error";
      /** @description names, or their beginnings as server.; none: all */
      events?: string[];
      enabled?: boolean;
    };
    "new-work-order": {
      /** @enum {string} */
      kind: "mount" | "cable" | "swap" | "dispose" | "other";
      /** Format: uuid-like */
      server_uuid?: string | null;
      /** @description rack and unit, or a serial number */
      place?: string | null;
      what: string;
      assignee?: string | null;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      due_at?: string | null;
      /** @enum {string} */
      state?: "open" | "done" | "cancelled";
      done_by?: string | null;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      done_at?: string | null;
      /** @description of a repair, whether the server goes on running meanwhile */
      hot?: boolean | null;
      /**
       * Format: iso-time
       * @description ISO 8601; other dates have to be agreed to anew
       */
      proposed_from?: string | null;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      proposed_until?: string | null;
    };
    "work-order-changes": {
      /** @enum {string} */
      kind?: "mount" | "cable" | "swap" | "dispose" | "other";
      /** Format: uuid-like */
      server_uuid?: string | null;
      /** @description rack and unit, or a serial number */
      place?: string | null;
      what?: string;
      assignee?: string | null;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      due_at?: string | null;
      /** @enum {string} */
      state?: "open" | "done" | "cancelled";
      done_by?: string | null;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      done_at?: string | null;
      /** @description of a repair, whether the server goes on running meanwhile */
      hot?: boolean | null;
      /**
       * Format: iso-time
       * @description ISO 8601; other dates have to be agreed to anew
       */
      proposed_from?: string | null;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      proposed_until?: string | null;
    };
    "bmc-lease-request": {
      /**
       * @description on the BMC's own address, or only through the gateway; default direct
       * @enum {string}
       */
      access?: "direct" | "gateway";
      /**
       * @description default operator
       * @enum {string}
       */
      role?: "read-only" | "operator";
      /** @description seconds until it expires; default a day */
      lifetime_s?: number;
    };
    "bmc-lease": {
      uuid: string;
      server_uuid: string;
      project: string | null;
      user: string | null;
      /** @enum {string} */
      side: "customer" | "provider";
      /** @enum {string} */
      access: "direct" | "gateway";
      /** @enum {string} */
      role: "read-only" | "operator";
      username: string;
      /** @description only when it is made */
      password?: string;
      address: string | null;
      /** @enum {string} */
      state: "pending" | "active" | "revoking" | "revoked";
      last_error: string | null;
      expires_at: string;
      revoked_at: string | null;
      created_at: string;
    };
    "new-iso": {
      name: string;
      size_bytes: number;
      sha256?: string | null;
    };
    iso: {
      uuid: string;
      name: string;
      project?: string | null;
      user?: string | null;
      size_bytes: number;
      /** @description where the next part begins */
      received_bytes: number;
      /** @description the largest part */
      part_bytes?: number;
      sha256?: string | null;
      /** @enum {string} */
      state: "uploading" | "ready" | "refused";
      /** @description when it is deleted */
      expires_at?: string;
      created_at?: string;
    };
    "console-request": {
      /** @enum {string} */
      type: "serial" | "graphical";
      /** @description only look; default: whether the caller may not type */
      read_only?: boolean;
      /** @description somebody else who has the serial port at the BMC loses it; default false */
      take_over?: boolean;
    };
    console: {
      uuid: string;
      server_uuid?: string;
      /** @enum {string} */
      type: "serial" | "graphical";
      project?: string | null;
      user?: string | null;
      /** @enum {string} */
      side?: "customer" | "provider";
      read_only?: boolean;
      /** @enum {string} */
      state: "waiting" | "open" | "closed";
      /** @description what closed it */
      why?: string | null;
      /** @description websocket, good once; only when it is made */
      url?: string;
      /** @description end of the ticket */
      expires_at: string;
      opened_at?: string | null;
      closed_at?: string | null;
      created_at?: string;
    };
    "schedule-request": {
      name?: string | null;
      /** @description uuids or names */
      servers: string[];
      /** @description uuid or name of a runbook that was approved for the servers */
      runbook?: string | null;
      /** @enum {string|null} */
      tool?: "power-on" | "power-off" | "soft-power-off" | "reboot" | "soft-reboot" | "bios-settings" | "firmware-update" | null;
      /** @description what the tool's action takes: settings, or updates */
      args?: Record<string, unknown>;
      /** @description ISO 8601 with an offset: the one window's start; with cron: not before it */
      start_at?: string | null;
      /** @description minute, hour, day of the month, month, day of the week */
      cron?: string | null;
      /** @description IANA name that cron is meant in, such as Asia/Tokyo; default UTC */
      time_zone?: string;
      /** @description length of a window: work begins in it or not at all; default 3600 */
      window_s?: number;
      /** @description The operating system is ended first, and the server is on again afterwards */
      os_off?: {
        /** @description it may end by itself so long; default 0 */
        wait_s?: number;
        /** @description then it is asked to, and may take so long; 0: it is not asked; default 600 */
        soft_s?: number;
        /** @description then the power is cut; default: the work is not done */
        hard?: boolean;
      } | null;
      /** @description Servers at once, within those of [schedules] */
      limits?: {
        at_once?: number | null;
        per_rack?: number | null;
        per_project?: number | null;
      };
      /** @description only tells what it would be */
      dry_run?: boolean;
    };
    schedule: {
      uuid: string;
      name: string | null;
      /** @description null: the provider's */
      project: string | null;
      user: string | null;
      /** @enum {string} */
      side: "customer" | "provider";
      /** @description the runbook or tool */
      what: string;
      /** @enum {string} */
      state: "active" | "done" | "cancelled";
      servers: string[];
      cron: string | null;
      time_zone: string;
      window_s: number;
      os_off: {
        wait_s?: number;
        soft_s?: number;
        hard?: boolean;
      } | null;
      limits: {
        at_once?: number | null;
        per_rack?: number | null;
        per_project?: number | null;
      };
      start_at: string | null;
      next_at: string | null;
      cancelled_at: string | null;
      created_at: string;
    };
    "schedule-detail": components["schemas"]["schedule"] & {
      windows: components["schemas"]["window"][];
      progress: {
        [key: string]: number;
      };
      /** @description The latest 500, newest first */
      runs: components["schemas"]["schedule-run"][];
    };
    "schedule-trial": {
      dry_run: boolean;
      what: string;
      /** @enum {string} */
      side: "customer" | "provider";
      servers: string[];
      windows: components["schemas"]["window"][];
    };
    window: {
      start: string;
      end: string;
    };
    "schedule-run": {
      server_uuid: string;
      /** @enum {string} */
      state: "waiting" | "claimed" | "stopping" | "working" | "restoring" | "done" | "failed" | "missed" | "cancelled";
      window_start: string;
      window_end: string;
      started_at: string | null;
      finished_at: string | null;
      last_error: string | null;
    };
    /** @description as the bare metal API has it */
    "raid-config": {
      logical_disks?: ({
          raid_level?: string;
          size_gb?: (number | null) | string;
          physical_disks?: unknown[];
          number_of_physical_disks?: number | null;
        })[];
    };
    "stock-group": {
      count: number;
      resource_class: string | null;
      flavor_uuid: string | null;
      model_uuid: string | null;
      manufacturer: string | null;
      product_name: string | null;
      availability_zone: string | null;
      /** @description Layouts that the disks of such a server allow; empty when its RAID cannot be set up, or its disks are not known */
      raid_layouts: {
          raid_level: string;
          disks: number;
          capacity_gb: number;
          /** @description for the order */
          raid_config: Record<string, unknown>;
        }[];
    };
    certificate: {
      uuid: string;
      created_at: components["schemas"]["time"];
      node_uuid: string;
      /** @description the project that had the server until then */
      custodian: string | null;
      serial_number: string | null;
      key_id: string;
      /** @description canonical JSON, byte for byte what was signed; not in lists */
      document?: string;
      /** @description Ed25519 over the document, base64; not in lists */
      signature?: string;
    };
    /** @description ISO 8601, UTC */
    time: string | null;
    /** @enum {string} */
    stage: "registration" | "inventory" | "building" | "in-use" | "maintenance" | "deletion" | "disposed";
    word: string | null;
    "server-changes": {
      serial_number?: components["schemas"]["word"];
      vendor?: components["schemas"]["word"];
      manufacturer?: components["schemas"]["word"];
      product_name?: components["schemas"]["word"];
      /** Format: uuid-like */
      model_uuid?: string | null;
      /** Format: uuid-like */
      flavor_uuid?: string | null;
      availability_zone?: components["schemas"]["word"];
      service_address?: components["schemas"]["word"];
      vlan_id?: number | null;
      rack?: components["schemas"]["word"];
      rack_unit?: number | null;
      notes?: string | null;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      purchased_at?: string | null;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      racked_at?: string | null;
      /**
       * Format: iso-time
       * @description ISO 8601
       */
      warranty_until?: string | null;
    };
    quota: {
      uuid?: string;
      project: string;
      /** @description null: no limit */
      servers: number | null;
      /** @description servers that it leases */
      used: number;
      /** @description servers of its orders that it awaits */
      ordered: number;
      created_at?: components["schemas"]["time"];
      updated_at?: components["schemas"]["time"];
    };
    notice: {
      uuid: string;
      event: string;
      /** @enum {string} */
      severity: "info" | "warning" | "error";
      /** @description whom it concerns */
      project: string | null;
      /** @enum {string} */
      outlet: "slack" | "webhook" | "email";
      /** @description the server that it is about; null: several, or none */
      server_uuid: string | null;
      /** @description null: of the settings */
      subscription_uuid: string | null;
      /**
       * @description dead: given up. dropped: by somebody
       * @enum {string}
       */
      state: "queued" | "sent" | "dead" | "dropped";
      attempts: number;
      last_error: string | null;
      /** @description what is sent */
      payload: Record<string, unknown>;
      next_at: components["schemas"]["time"];
      sent_at: components["schemas"]["time"];
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
    };
    "ending-server": {
      uuid: string;
      name: string | null;
      serial_number: string | null;
      manufacturer: string | null;
      product_name: string | null;
      stage: components["schemas"]["stage"];
      rack: string | null;
      owner: string | null;
      lessee: string | null;
      /** @enum {string} */
      what: "support" | "warranty";
      /** @description ISO 8601 */
      date: string;
      /** @description below 0: it has ended */
      days_left: number;
    };
    "ending-model": {
      uuid: string;
      vendor: string;
      name: string;
      end_of_support: components["schemas"]["time"];
      servers: number;
      replacement: {
        uuid: string;
        vendor: string;
        name: string;
      } | null;
      /** @description of the replacement */
      in_stock: number;
      to_buy: number;
      list: ({
          uuid: string;
          name: string | null;
          stage: components["schemas"]["stage"];
          lessee: string | null;
          flavor_uuid: string | null;
        })[];
    };
    "new-quota": {
      servers: number;
    };
    "new-order": {
      name?: components["schemas"]["word"];
      /** @description whom it is for; default: the caller's */
      project?: string;
      count: number;
      /** @description uuid of a flavor, or a resource class */
      flavor?: string | null;
      /** @description uuid of a model, or a product's name */
      model?: string | null;
      availability_zone?: components["schemas"]["word"];
      /** @description Ironic's target_raid_config */
      raid_config?: Record<string, unknown> | null;
      bios_settings?: ({
        [key: string]: string | number | boolean;
      }) | null;
      /** @description null: no operating system */
      image?: ({
        image_source: string;
        image_checksum?: string;
        image_os_hash_algo?: string;
        image_os_hash_value?: string;
        /** @enum {string} */
        image_type?: "whole-disk" | "partition";
        root_gb?: number;
        kernel?: string;
        ramdisk?: string;
      }) | null;
      vlan_id?: number | null;
      /** @description of the instances, one for each server */
      names?: string[];
    };
    order: {
      uuid: string;
      name: string | null;
      project: string;
      user: string | null;
      count: number;
      /** @enum {string} */
      state: "open" | "done" | "partial" | "failed" | "cancelled";
      flavor: string | null;
      model: string | null;
      availability_zone: string | null;
      raid_config: ({
        logical_disks?: ({
            raid_level?: string;
            size_gb?: (number | null) | string;
            physical_disks?: unknown[];
            number_of_physical_disks?: number | null;
          })[];
      }) | null;
      bios_settings: Record<string, unknown> | null;
      image: string | null;
      vlan_id: number | null;
      cancelled_at: components["schemas"]["time"];
      created_at: components["schemas"]["time"];
      finished_at: components["schemas"]["time"];
    };
    "order-detail": components["schemas"]["order"] & {
      /** @description state of a server to how many are in it */
      progress: {
        [key: string]: number;
      };
      servers: components["schemas"]["order-line"][];
    };
    "order-line": {
      position: number;
      name: string | null;
      /** @enum {string} */
      state: "waiting" | "claimed" | "building" | "done" | "failed" | "cancelled";
      server_uuid: string | null;
      /** @description servers that failed */
      tried: string[];
      /** @description deployments of this server */
      attempts: number;
      last_error: string | null;
      updated_at: components["schemas"]["time"];
    };
    "action-timeout": {
      /** @description how long the server may take */
      timeout_s?: number;
    };
    "action-boot": {
      /** @enum {string} */
      boot_device: "pxe" | "disk" | "cdrom" | "bios" | "safe" | "wanboot" | "iscsi" | "floppy" | "vmedia" | "uefihttp";
      /** @description for every boot, not the next one only */
      persistent?: boolean;
    };
    "action-iso": {
      /** @description where the BMC fetches it */
      image_url?: string;
      /**
       * Format: uuid-like
       * @description or an image that the project brought
       */
      iso?: string;
    };
    "action-bios": {
      /** @description attribute to value */
      settings: {
        [key: string]: string | number | boolean;
      };
    };
    "action-firmware": {
      updates: {
          component: string;
          url: string;
          wait?: number;
        }[];
    };
    "action-rescue": {
      rescue_password: string;
    };
    "action-maintenance": {
      reason?: string;
      /** @description who does it; default: the caller */
      by?: string;
      /** @description until when, ISO 8601 */
      until?: string;
    };
    server: {
      /** @description the node's */
      uuid: string;
      name: string | null;
      serial_number: string | null;
      /** @description who supplied it */
      vendor: string | null;
      manufacturer: string | null;
      product_name: string | null;
      model_uuid: string | null;
      flavor_uuid: string | null;
      resource_class: string | null;
      availability_zone: string | null;
      bmc_address: string | null;
      service_address: string | null;
      vlan_id: number | null;
      rack: string | null;
      rack_unit: number | null;
      driver: string;
      power_state: string | null;
      stage: components["schemas"]["stage"];
      stage_changed_at: components["schemas"]["time"];
      /** @description whether a person has to look after it */
      attention: boolean;
      provision_state: string;
      target_provision_state: string | null;
      provision_updated_at: components["schemas"]["time"];
      /**
       * @description how far it is on the way to its operating system
       * @enum {string|null}
       */
      install_state: "DEPLOY_START" | "DEPLOYING" | "INSTALLED" | "UNRECOVERABLE_ERROR" | null;
      installed_at: components["schemas"]["time"];
      install_failed_at: components["schemas"]["time"];
      /** @description the last that its system said of its installation */
      install_note: string | null;
      stalled_at: components["schemas"]["time"];
      owner: string | null;
      lessee: string | null;
      order_uuid: string | null;
      retired: boolean;
      health: string | null;
      fault: string | null;
      maintenance: ({
        /** @enum {string} */
        side: "customer" | "provider";
        by: string | null;
        reason: string | null;
        since: components["schemas"]["time"];
        until: components["schemas"]["time"];
      }) | null;
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
      /** @description the provider's */
      notes?: string | null;
      /** @description why it is kept out of stock */
      quarantine?: ({
        by: string | null;
        reason: string | null;
        since: components["schemas"]["time"];
        /** @description in what it differs from its baseline */
        differences: components["schemas"]["difference"][] | null;
      }) | null;
      purchased_at?: components["schemas"]["time"];
      racked_at?: components["schemas"]["time"];
      warranty_until?: components["schemas"]["time"];
      disposed_at?: components["schemas"]["time"];
      disposed_by?: string | null;
      /** @description the record of its disposal */
      disposal?: Record<string, unknown> | null;
    };
    "server-detail": components["schemas"]["server"] & ({
      attention_reasons: string[];
      /** @description the same, for programs */
      attention_codes: components["schemas"]["coded"][];
      /** @description whether other work has it */
      busy: boolean;
      /**
       * @description as whom the caller is seen
       * @enum {string}
       */
      side: "customer" | "provider";
      /** @description what the provision state of the node takes in the bare metal API */
      verbs: string[];
      tools: components["schemas"]["tool"][];
      /** @description what the provider does with it; when a server is shown by itself */
      upkeep?: components["schemas"]["upkeep"][];
      /** @description ISO 8601; null: it has no baseline; when a server is shown by itself */
      baseline_taken_at?: string | null;
    });
    upkeep: {
      /** @enum {string} */
      upkeep: "baseline-take" | "quarantine" | "release" | "dispose";
      allowed: boolean;
      /** @description why not now */
      reason: string | null;
      refusal: components["schemas"]["coded-or-none"];
    };
    tool: {
      /** @enum {string} */
      tool: "power-on" | "soft-power-off" | "power-off" | "soft-reboot" | "reboot" | "boot-device" | "iso-mount" | "iso-eject" | "sensors" | "console" | "bmc-access" | "enter-maintenance" | "leave-maintenance" | "bmc-reset" | "diagnostics" | "bios-settings" | "firmware-update" | "rescue" | "unrescue" | "rebuild" | "return";
      title: string;
      reboots: boolean;
      allowed: boolean;
      /** @description why not */
      reason: string | null;
      refusal: components["schemas"]["coded-or-none"];
      stages: components["schemas"]["stage"][];
    };
    /** @description what a text says, for programs: of a tool's refusal, of attention, of the next thing to do */
    coded: {
      code: string;
      /** @description what its text names */
      values: {
        [key: string]: string;
      };
    };
    "coded-or-none": {
      code: string;
      /** @description what its text names */
      values: {
        [key: string]: string;
      };
    } | null;
    "port-verdict": {
      port: string;
      mac: string | null;
      verdict: string;
      expected: string | null;
      actual: string | null;
      cause: string | null;
    };
    baremetal: {
      server_uuid: string;
      name: string | null;
      project: string | null;
      flavor_uuid: string | null;
      profile_uuid: string | null;
      profile: string | null;
      /** @description the account that the template of the profile makes, for SSH; null: it does not say */
      login: string | null;
      /** @description the VLAN that is planned for it */
      vlan_id: number | null;
      /** @description VLANs that the switches told by LLDP when it was registered; null: they told none */
      switch_vlan_ids: number[] | null;
      service_address: string | null;
      power_state: string | null;
      /** @enum {string|null} */
      install_state: "DEPLOY_START" | "DEPLOYING" | "INSTALLED" | "UNRECOVERABLE_ERROR" | null;
      installed_at: components["schemas"]["time"];
      install_failed_at: components["schemas"]["time"];
      provision_updated_at: components["schemas"]["time"];
      /** @description the last word of the installation */
      install_note: string | null;
    };
    "audit-entry": {
      id: number;
      created_at: components["schemas"]["time"];
      server_uuid: string | null;
      action: string;
      /**
       * @description refused: it was asked for, and nothing of it was done
       * @enum {string}
       */
      outcome: "done" | "refused";
      user: string | null;
      project: string | null;
      request_id: string | null;
      detail: Record<string, unknown>;
    };
    registration: {
      uuid: string;
      system_uuid: string;
      node_uuid: string | null;
      /** @enum {string} */
      state: "running" | "succeeded" | "failed";
      step: string;
      cause: string | null;
      address: string | null;
      bmc_address: string | null;
      serial_number: string | null;
      manufacturer: string | null;
      product_name: string | null;
      agent_version: string | null;
      log_tail: string | null;
      ports: components["schemas"]["port-verdict"][];
      firmware: Record<string, unknown>[];
      finished_at: components["schemas"]["time"];
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
    };
    profile: {
      uuid: string;
      name: string;
      description: string | null;
      owner: string | null;
      public: boolean;
      kernel: string | null;
      initrd: string | null;
      cmdline: string | null;
      squashfs: string | null;
      image: string | null;
      image_checksum: string | null;
      iso: string | null;
      install_script: string | null;
      template_kind: string | null;
      template: string | null;
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
    };
    flavor: {
      uuid: string;
      name: string;
      description: string | null;
      match: components["schemas"]["flavor-condition"][];
      priority: number;
      profile_uuid: string | null;
      availability_zone: string | null;
      resource_class: string | null;
      created_at: components["schemas"]["time"];
      updated_at: components["schemas"]["time"];
    };
    "pending-change": {
      /** @enum {string} */
      component: "bios" | "raid" | "firmware";
      /** @description a BIOS setting, or a component with firmware; null: all of it */
      name: string | null;
      /** @description as it was read last; empty: no volumes */
      from: string | null;
      /** @description null: what the factory sets, or a version that is not known before; of firmware without a version the image's file */
      to: string | null;
      /**
       * @description `running`: work on it has not ended. `waiting-for-restart`: the BMC holds it for the next boot, as it said at `since`. `scheduled`: a schedule asks for it between `at` and `until`. `asked`: it is the target, and nothing works on it. `failed`: it was tried and is not there, for `reason`; until it is tried again, or the hardware is read again.
       * @enum {string}
       */
      state: "running" | "waiting-for-restart" | "scheduled" | "asked" | "failed";
      since: components["schemas"]["time"];
      at: components["schemas"]["time"];
      until: components["schemas"]["time"];
      by: {
        /** @description interface and step, bios.apply_configuration for one; null: only the BMC knows */
        step: string | null;
        /** @description the runbook or the tool that it is part of */
        what: string | null;
        /** @description its uuid */
        schedule: string | null;
        /** @description uuid of the attempt, as in the timeline */
        attempt: string | null;
        user: string | null;
      };
      reason: string | null;
    };
    hardware: {
      /** @description as the bare metal API has it */
      inventory: Record<string, unknown> | null;
      /** @description the verdict on each port, of the latest registration */
      cabling: components["schemas"]["port-verdict"][] | null;
      ports: (({
          uuid: string;
          address: string;
          name: string | null;
          local_link_connection: Record<string, unknown>;
          physical_network: string | null;
          pxe_enabled: boolean | null;
        })[]) | null;
      bios: (({
          name: string;
          value: string | null;
          /** @description Enumeration, Integer, Boolean, String: as the BMC tells it */
          attribute_type: string | null;
          allowable_values: string[] | null;
          lower_bound: number | null;
          upper_bound: number | null;
          read_only: boolean | null;
          /** @description when its value changed last, ISO 8601 */
          updated_at: string | null;
        })[]) | null;
      /** @description when the BIOS settings were read last, ISO 8601; null: never */
      bios_read_at: string | null;
      /** @description the same of the firmware */
      firmware_read_at: string | null;
      firmware: (({
          component: string;
          initial_version: string | null;
          current_version: string | null;
          last_version_flashed: string | null;
        })[]) | null;
      /** @description as the bare metal API has it */
      raid: {
        current: components["schemas"]["raid-config"];
        target: components["schemas"]["raid-config"];
      } | null;
      /** @description what was asked for and is not there yet, in the parts that the caller may see */
      pending: components["schemas"]["pending-change"][];
      properties: Record<string, unknown> | null;
      boot_mode: string | null;
      secure_boot: boolean | null;
    };
    counts: {
      stages: {
        [key: string]: {
          count: number;
          attention: number;
        };
      };
      total: number;
      attention: number;
    };
    "server-page": {
      servers: components["schemas"]["server"][];
      total: number;
      next?: string;
    };
    sensors: {
      sensors: ({
          /** @description Temperature, Fan, Voltage …: as the BMC tells it */
          kind: string;
          name: string;
          /** @description null: it has states, no number */
          value: number | null;
          unit: string;
          /** @description ok, or what is wrong, or the states that it tells */
          state: string | null;
        })[];
      events: ({
          id: number;
          /** @description by the BMC's own clock, ISO 8601 */
          at: string | null;
          message: string;
        })[];
    };
    difference: {
      /** @description bios BootMode, firmware bmc, account eve … */
      what: string;
      baseline: string | null;
      found: string | null;
    };
    /** @description a part that the BMC did not tell is null */
    baseline: {
      server_uuid: string;
      taken_by: string | null;
      taken_at: components["schemas"]["time"];
      bios: ({
        [key: string]: string | null;
      }) | null;
      raid: Record<string, unknown>[] | null;
      accounts: Record<string, unknown>[] | null;
      ntp: string[] | null;
      lan: Record<string, unknown> | null;
      firmware: Record<string, unknown>[] | null;
    };
    repair: {
      uuid: string;
      /** @enum {string} */
      kind: "mount" | "cable" | "swap" | "dispose" | "other";
      what: string;
      /** @description whether the server goes on running meanwhile; null: not said */
      hot: boolean | null;
      /** @enum {string} */
      state: "open" | "done" | "cancelled";
      /** @enum {string|null} */
      repair_state: "proposed" | "agreed" | "kept" | "missed" | "done" | "cancelled" | null;
      proposed_from: components["schemas"]["time"];
      proposed_until: components["schemas"]["time"];
      agreed_from: components["schemas"]["time"];
      agreed_until: components["schemas"]["time"];
      agreed_at: components["schemas"]["time"];
      agreed_by: string | null;
      done_at: components["schemas"]["time"];
    };
    reservation: {
      reserved: boolean;
      /** @description conductor or API process */
      holder: string | null;
      provision_state: string;
      since: components["schemas"]["time"];
      job: ({
        uuid: string;
        kind: string;
        /** @enum {string} */
        state: "queued" | "running" | "waiting";
        step: string | null;
        waits_for: string | null;
        waits_until: components["schemas"]["time"];
        conductor: string | null;
        /** @description the fencing token: how often it was claimed */
        claims: number;
        lease_ends: components["schemas"]["time"];
        lease_ended: boolean | null;
        request_id: string | null;
        user: string | null;
        project: string | null;
        started_at: components["schemas"]["time"];
      }) | null;
      /** @description without anybody's doing */
      what_happens: string;
      /**
       * @description the same, for programs
       * @enum {string}
       */
      what_happens_code: "being-broken" | "free" | "asked" | "held" | "waits" | "queued" | "lease-ended" | "works";
      if_broken: {
        provision_state: string;
        message: string;
      } | null;
    };
    timeline: {
      attempts: components["schemas"]["attempt"][];
      next?: string;
    };
    attempt: {
      uuid: string;
      /** @description deploy, clean, power … */
      kind: string;
      /** @enum {string} */
      state: "queued" | "running" | "waiting" | "done" | "failed" | "cancelled";
      /** @description the request as far as it holds no secrets */
      asked: {
        [key: string]: (string | null) | number | boolean;
      };
      request_id: string | null;
      user: string | null;
      project: string | null;
      conductor: string | null;
      created_at: components["schemas"]["time"];
      started_at: components["schemas"]["time"];
      finished_at: components["schemas"]["time"];
      /** @enum {string|null} */
      waits_for: "heartbeat" | "inspection" | "installed" | "unhold" | "timer" | null;
      waits_until: components["schemas"]["time"];
      /** @description why it failed */
      cause: string | null;
      /** @description the next thing to do */
      next_action: string | null;
      next_code: components["schemas"]["coded-or-none"];
      steps: components["schemas"]["step"][];
      remaining_steps: string[];
      /** @description history entries of that time */
      events: ({
          uuid: string;
          severity: string | null;
          event_type: string | null;
          conductor: string | null;
          user: string | null;
          state: string | null;
          event: string | null;
          created_at: components["schemas"]["time"];
        })[];
    };
    step: {
      /** @description interface.step */
      step: string;
      conductor: string;
      started_at: components["schemas"]["time"];
      ended_at: components["schemas"]["time"];
      /** @enum {string|null} */
      outcome: "done" | "wait" | "again" | "fail" | "interrupted" | null;
      detail: string | null;
      /** @description what was asked of the BMC and what it answered; polls alike count as one */
      commands: {
          command: string;
          answer: string;
          at: components["schemas"]["time"];
          times: number;
          duration_ms: number;
        }[];
    };
    "new-profile": {
      name: string;
      description?: string | null;
      owner?: string | null;
      /**
       * @description every project may use it
       * @default false
       */
      public?: boolean;
      kernel?: string | null;
      initrd?: string | null;
      cmdline?: string | null;
      squashfs?: string | null;
      image?: string | null;
      image_checksum?: string | null;
      iso?: string | null;
      install_script?: string | null;
      /** @enum {string|null} */
      template_kind?: "preseed" | "kickstart" | "cloud-init" | "ignition" | null;
      template?: string | null;
    };
    "profile-changes": {
      name?: string;
      description?: string | null;
      owner?: string | null;
      public?: boolean;
      kernel?: string | null;
      initrd?: string | null;
      cmdline?: string | null;
      squashfs?: string | null;
      image?: string | null;
      image_checksum?: string | null;
      iso?: string | null;
      install_script?: string | null;
      /** @enum {string|null} */
      template_kind?: "preseed" | "kickstart" | "cloud-init" | "ignition" | null;
      template?: string | null;
    };
    "new-flavor": {
      name: string;
      description?: string | null;
      match?: components["schemas"]["flavor-condition"][];
      priority?: number;
      /** Format: uuid-like */
      profile_uuid?: string | null;
      availability_zone?: string | null;
      resource_class?: string | null;
    };
    "flavor-changes": {
      name?: string;
      description?: string | null;
      match?: components["schemas"]["flavor-condition"][];
      priority?: number;
      /** Format: uuid-like */
      profile_uuid?: string | null;
      availability_zone?: string | null;
      resource_class?: string | null;
    };
    "new-pool": {
      name: string;
      /** @enum {string} */
      purpose?: "bmc" | "service";
      network: string;
      ranges?: components["schemas"]["address-range"][];
      gateway?: string | null;
      vlan_id?: number | null;
      external_url?: string | null;
      external_token?: string | null;
    };
    "pool-changes": {
      name?: string;
      /** @enum {string} */
      purpose?: "bmc" | "service";
      network?: string;
      ranges?: components["schemas"]["address-range"][];
      gateway?: string | null;
      vlan_id?: number | null;
      external_url?: string | null;
      external_token?: string | null;
    };
    /** @description With an address: it is reserved, or given to the holder for good. Without: a free one is chosen for the holder, or the one told that it has. */
    "new-ip-address": {
      pool: string;
      address?: string;
      /** Format: uuid-like */
      holder?: string | null;
      note?: string | null;
    };
    "new-cable": {
      device: string;
      port: string;
      switch_name: string;
      switch_port: string;
      note?: string | null;
    };
    "cable-changes": {
      device?: string;
      port?: string;
      switch_name?: string;
      switch_port?: string;
      note?: string | null;
    };
    "new-firmware-baseline": {
      /** @enum {string} */
      component: "bios" | "bmc" | "nic";
      manufacturer?: string | null;
      product_name?: string | null;
      version: string;
      digest?: components["schemas"]["word"];
      /**
       * @description whether an older version fails the registration
       * @default false
       */
      enforced?: boolean;
      /** @description image that the BMC of a server that registers updates an older version with */
      update_url?: string | null;
      /** @description of that image */
      update_checksum?: string | null;
      /** @description run-time script that the server runs for it where its BMC does not update */
      update_script?: string | null;
      /** @description seconds that the script may take; null: 1800 */
      update_timeout_s?: number | null;
      note?: string | null;
    };
    "firmware-baseline-changes": {
      /** @enum {string} */
      component?: "bios" | "bmc" | "nic";
      manufacturer?: string | null;
      product_name?: string | null;
      version?: string;
      digest?: components["schemas"]["word"];
      enforced?: boolean;
      /** @description image that the BMC of a server that registers updates an older version with */
      update_url?: string | null;
      /** @description of that image */
      update_checksum?: string | null;
      /** @description run-time script that the server runs for it where its BMC does not update */
      update_script?: string | null;
      /** @description seconds that the script may take; null: 1800 */
      update_timeout_s?: number | null;
      note?: string | null;
    };
    "new-enrolment-token": {
      name: string;
      uses?: number | null;
      lifetime_s?: number | null;
    };
    "flavor-condition": {
      /** @enum {string} */
      field: "manufacturer" | "product_name" | "serial_number" | "cpu_arch" | "cpus" | "memory_mb" | "disks" | "disk_gb" | "nics";
      /** @enum {string} */
      op: "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "like";
      value: string | number;
    };
    "address-range": {
      first: string;
      last: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}

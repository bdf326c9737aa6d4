import type { Json } from '../../lifecycle/json.ts';
import { VIRTUAL_MEDIA_DEVICES } from '../../lifecycle/virtual-media.ts';
import {
  type CertificateControl,
  DriverError,
  type PassthruMethod,
  type VirtualMediaControl,
} from '../contract.ts';
import { subscriptionCalls } from './subscriptions.ts';
import type { System } from './system.ts';

/** The vendor interface `redfish`: Ironic's names and arguments (ironic/drivers/modules/redfish/vendor.py). */
export function redfishPassthru(
  system: System,
  virtualMedia: VirtualMediaControl,
  certificates: CertificateControl,
): Readonly<Record<string, PassthruMethod>> {
  return {
    eject_vmedia: {
      http_methods: ['POST'],
      async: true,
      description: 'Ejects virtual media. Argument: boot_device, of all when there is none.',
      call: async ({ boot_device }, options) => {
        const device = VIRTUAL_MEDIA_DEVICES.find((each) => each === boot_device);
        if (device === undefined && boot_device !== undefined && boot_device !== null)
          throw new DriverError(
            'rejected',
            `boot_device must be one of ${VIRTUAL_MEDIA_DEVICES.join(', ')}.`,
          );
        await virtualMedia.detach(device === undefined ? null : [device], options);
        return null;
      },
    },
    ...subscriptionCalls(system),
    ...certificateCalls(certificates),
  };
}

/** Not in Ironic. */
function certificateCalls(certificates: CertificateControl): Readonly<Record<string, PassthruMethod>> {
  return {
    list_certificates: {
      http_methods: ['GET'],
      async: false,
      description: "Tells the certificates that the BMC's web server shows.",
      call: async (_data, options) =>
        (await certificates.list(options)).map((each) => ({ ...each, usage: [...each.usage] })),
    },
    generate_csr: {
      http_methods: ['POST'],
      async: false,
      description:
        'Has the BMC make a key and a request of a certificate. Arguments: common_name; alternative_names, organization, organizational_unit, city, state, country.',
      call: async (data, options) => {
        const { common_name, alternative_names = [], ...rest } = data;
        const texts = { common_name, ...rest };
        const wrong = Object.entries(texts).find(
          ([name, value]) => typeof value !== 'string' || !SUBJECT_WORDS.includes(name),
        );
        if (wrong !== undefined || !isTexts(alternative_names))
          throw new DriverError(
            'rejected',
            `${SUBJECT_WORDS.join(', ')} are texts, of which common_name is needed; alternative_names is a list of texts.`,
          );
        const subject = { ...(texts as { common_name: string }), alternative_names };
        return { csr: await certificates.request(subject, options) };
      },
    },
    replace_certificate: {
      http_methods: ['POST'],
      async: false,
      description:
        "Puts a certificate in place of the one that the BMC's web server shows, when we would believe it. Argument: certificate, PEM with those that signed it.",
      call: async ({ certificate }, options) => {
        if (typeof certificate !== 'string')
          throw new DriverError('rejected', 'certificate must be a text in PEM.');
        await certificates.replace(certificate, options);
        return null;
      },
    },
  };
}

const SUBJECT_WORDS: readonly string[] = [
  ...['common_name', 'organization', 'organizational_unit', 'city', 'state', 'country'],
];

function isTexts(value: Json): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

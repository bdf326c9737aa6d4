/** Devices that an image may be put into, in the API's words (ironic API 1.89). */
export const VIRTUAL_MEDIA_DEVICES = ['disk', 'cdrom', 'floppy'] as const;
export type VirtualMediaDevice = (typeof VIRTUAL_MEDIA_DEVICES)[number];

import { join } from 'node:path';
import { buildRamdisk } from '../boot/ramdisk/build.ts';
import { projectRoot } from '../config/project-root.ts';

/** `npm run ramdisk`: builds the first-stage ramdisk; says where its kernel and initrd lie. */
const ramdisk = await buildRamdisk(
  join(projectRoot, 'boot', 'ramdisk', 'root'),
  join(projectRoot, '.build', 'ramdisk'),
);
console.log(JSON.stringify(ramdisk, null, 2));

import type { Work } from '../step.ts';
import { abortWork } from './abort.ts';
import { adoptWork } from './adopt.ts';
import { callWork } from './call.ts';
import { childWork } from './child.ts';
import { cleanWork } from './clean.ts';
import { deployWork } from './deploy.ts';
import { hardwareWork } from './hardware.ts';
import { inspectWork } from './inspect.ts';
import { powerWork } from './power.ts';
import { rescueWork, unrescueWork } from './rescue.ts';
import { serviceWork } from './service.ts';
import { teardownWork } from './teardown.ts';
import { verifyWork } from './verify.ts';

/** Every kind of work of this build. */
export const WORKS: Readonly<Record<string, Work>> = {
  abort: abortWork,
  adopt: adoptWork,
  call: callWork,
  child: childWork,
  clean: cleanWork,
  deploy: deployWork,
  hardware: hardwareWork,
  inspect: inspectWork,
  power: powerWork,
  rescue: rescueWork,
  service: serviceWork,
  teardown: teardownWork,
  unrescue: unrescueWork,
  verify: verifyWork,
};

import { join } from 'node:path';
import { build, type Rolldown } from 'vite';
import { projectRoot } from '../../config/project-root.ts';

/** A module of the portal that needs no browser, as Node can run it. @param path below portal/src */
export async function portalModule<T>(path: string): Promise<T> {
  const output = (await build({
    configFile: false,
    root: join(projectRoot, 'portal'),
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: { entry: join(projectRoot, 'portal/src', path), formats: ['es'] },
    },
  })) as Rolldown.RolldownOutput[];
  const code = output[0]?.output[0].code ?? '';
  return (await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)) as T;
}

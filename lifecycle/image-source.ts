/** Where an image comes from, as `instance_info.image_source` says. */
export type ImageSource =
  | { kind: 'http'; url: string }
  /** An absolute path, with `.` and `..` resolved. */
  | { kind: 'file'; path: string }
  | { kind: 'glance'; image_id: string };

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Never an image, whatever `[conductor]file_url_allowed_paths` says (ironic: BLOCKED_FILE_URL_PATHS). */
const BLOCKED_PATHS = ['/dev', '/sys', '/proc', '/boot', '/etc', '/run'];

/** What kind of image a reference names: an http or https URL, a UUID of Glance's or `glance://UUID`, or `file:///path`. */
export function parseImageSource(reference: string): ImageSource | { problem: string } {
  if (UUID.test(reference)) return { kind: 'glance', image_id: reference.toLowerCase() };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(reference)?.[1]?.toLowerCase();
  if (scheme === 'glance') {
    const image_id = reference.split('/').at(-1) ?? '';
    if (UUID.test(image_id)) return { kind: 'glance', image_id: image_id.toLowerCase() };
    return { problem: `${reference} does not end in the UUID of an image.` };
  }
  if (scheme === 'http' || scheme === 'https')
    return URL.canParse(reference)
      ? { kind: 'http', url: reference }
      : { problem: `${reference} is no valid URL.` };
  if (scheme === 'file') {
    if (!/^file:\/\/\//i.test(reference))
      return { problem: `${reference} must have three slashes: file:///path.` };
    return { kind: 'file', path: resolved(reference.slice('file://'.length)) };
  }
  if (scheme !== undefined) return { problem: `the protocol ${scheme} is not supported.` };
  return { problem: `${reference} is neither a URL nor the UUID of an image of Glance.` };
}

/** Why a file may not be read as an image; null: it may. `path`: absolute, without `.` and `..`. */
export function filePathProblem(path: string, allowed_paths: readonly string[]): string | null {
  const blocked = BLOCKED_PATHS.find((folder) => isWithin(path, folder));
  if (blocked !== undefined) return `The path ${blocked} is not permitted in file URLs.`;
  if (allowed_paths.some((folder) => isWithin(path, resolved(folder)))) return null;
  return `The path ${path} is not allowed for image source file URLs: [conductor]file_url_allowed_paths names where images are.`;
}

/** The path, below the boot service's URL, where a node finds the image of its deployment. */
export function deployImagePath(node_uuid: string, token: string): string {
  return `/deploy-images/${node_uuid}/${token}`;
}

/** The path, below the boot service's URL, of a CD with what a node is to boot. */
export function bootIsoPath(node_uuid: string): string {
  return `/boot-iso/${node_uuid}.iso`;
}

/** The node of such a path; null: it is another one. */
export function bootIsoNode(path: string): string | null {
  return /^\/boot-iso\/([0-9a-f-]{36})\.iso$/.exec(path)?.[1] ?? null;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

function resolved(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

import type { Operation } from './operations.ts';

/** A tree of path segments; a leaf has the operations of a path by method. */
interface Branch {
  literal: Map<string, Branch>;
  parameter: { name: string; branch: Branch } | null;
  methods: Map<string, Operation> | null;
}

export interface Match {
  methods: ReadonlyMap<string, Operation>;
  params: Record<string, string>;
}

/**
 * Finds the operations of a path, as Ironic's router does: a slash at the end is ignored, a missing /v1 is supplied, a
 * literal segment wins over a parameter. null: no such path.
 */
export function createRouteMatcher(operations: readonly Operation[]): (path: string) => Match | null {
  const root = newBranch();
  for (const operation of operations) {
    let branch = root;
    for (const segment of segmentsOf(operation.path)) branch = descend(branch, segment);
    branch.methods ??= new Map();
    branch.methods.set(operation.method, operation);
  }
  return (path) => {
    const segments = segmentsOf(path);
    const direct = find(root, segments, 0, {});
    if (direct !== null || segments[0] === 'v1') return direct;
    return find(root, ['v1', ...segments], 0, {});
  };
}

function newBranch(): Branch {
  return { literal: new Map(), parameter: null, methods: null };
}

function segmentsOf(path: string): string[] {
  const trimmed = path.endsWith('/') ? path.slice(1, -1) : path.slice(1);
  return trimmed === '' ? [] : trimmed.split('/');
}

function descend(branch: Branch, segment: string): Branch {
  if (segment.startsWith('{')) {
    branch.parameter ??= { name: segment.slice(1, -1), branch: newBranch() };
    return branch.parameter.branch;
  }
  const next = branch.literal.get(segment) ?? newBranch();
  branch.literal.set(segment, next);
  return next;
}

function find(
  branch: Branch,
  segments: readonly string[],
  at: number,
  params: Record<string, string>,
): Match | null {
  const segment = segments[at];
  if (segment === undefined) return branch.methods === null ? null : { methods: branch.methods, params };
  const literal = branch.literal.get(segment);
  if (literal !== undefined) {
    const found = find(literal, segments, at + 1, params);
    if (found !== null) return found;
  }
  if (branch.parameter === null || segment === '') return null;
  const value = decode(segment);
  return value === null
    ? null
    : find(branch.parameter.branch, segments, at + 1, { ...params, [branch.parameter.name]: value });
}

function decode(segment: string): string | null {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

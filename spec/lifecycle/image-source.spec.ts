import { expect } from 'chai';
import { filePathProblem, parseImageSource } from '../../lifecycle/image-source.ts';

const UUID = '1bea47ed-f6a9-463b-b423-14b9cca9ad27';

describe('where an image comes from', () => {
  const rows: readonly [string, object | string][] = [
    ['http://images/a.qcow2', { kind: 'http', url: 'http://images/a.qcow2' }],
    ['HTTPS://images/a', { kind: 'http', url: 'HTTPS://images/a' }],
    [UUID, { kind: 'glance', image_id: UUID }],
    [UUID.toUpperCase(), { kind: 'glance', image_id: UUID }],
    [`glance://${UUID}`, { kind: 'glance', image_id: UUID }],
    [`glance://images.example/${UUID}`, { kind: 'glance', image_id: UUID }],
    ['file:///srv/images/a', { kind: 'file', path: '/srv/images/a' }],
    ['file:///srv/images/../../etc/./passwd', { kind: 'file', path: '/etc/passwd' }],
    ['glance://debian', 'UUID'],
    ['file://srv/images/a', 'three slashes'],
    ['ftp://images/a', 'ftp is not supported'],
    ['http://', 'no valid URL'],
    ['debian', 'neither a URL nor the UUID'],
  ];
  for (const [reference, wanted] of rows)
    it(reference, () => {
      const found = parseImageSource(reference);
      if (typeof wanted !== 'string') expect(found).to.deep.equal(wanted);
      else expect('problem' in found && found.problem).to.contain(wanted);
    });

  const paths: readonly [string, readonly string[], boolean][] = [
    ['/srv/images/a', ['/srv/images'], true],
    ['/srv/images/sub/a', ['/srv/images/'], true],
    ['/srv/images-of-others/a', ['/srv/images'], false],
    ['/srv/images/a', [], false],
    ['/etc/shadow', ['/'], false],
    ['/proc/self/environ', ['/proc'], false],
    ['/srv/a', ['/'], true],
  ];
  for (const [path, allowed, good] of paths)
    it(`${path} is ${good ? '' : 'not '}allowed by [${allowed}]`, () => {
      const problem = filePathProblem(path, allowed);
      if (good) expect(problem).to.equal(null);
      else expect(problem).to.be.a('string');
    });
});

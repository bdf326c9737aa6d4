import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { parseDirectory, UsersFileError } from '../../../api/identity/directory.ts';
import { USERS } from './start-identity.ts';

describe('parseDirectory', () => {
  const password_hash = hashSync('x', 4);

  function problemsOf(content: unknown): string {
    try {
      parseDirectory(typeof content === 'string' ? content : JSON.stringify(content));
    } catch (error) {
      if (error instanceof UsersFileError) return error.message;
      throw error;
    }
    throw new Error('The file was accepted.');
  }

  it('reads domains, projects, users and roles', () => {
    const { domains, projects, users, cost, demo } = parseDirectory(JSON.stringify(USERS));
    expect([...domains.keys()]).to.deep.equal(['default', 'tenants']);
    expect([...projects.values()].map(({ name, domain }) => `${domain.name}/${name}`)).to.deep.equal([
      'Default/service',
      'Default/racks',
      'tenants/racks',
    ]);
    const far = [...users.values()].find(({ name }) => name === 'far');
    expect(far?.domain.name).to.equal('tenants');
    expect(far?.assignments).to.deep.equal([
      { role: 'member', on: { project: projects.get('tenant-racks') } },
    ]);
    expect(cost).to.equal(4);
    expect(demo).to.equal(false);
  });

  it('makes the same ids from the same names, different ones for different things', () => {
    const ids = () => {
      const { projects, users } = parseDirectory(JSON.stringify(USERS));
      return [...projects.keys(), ...users.keys()];
    };
    expect(ids()).to.deep.equal(ids());
    expect(new Set(ids()).size).to.equal(ids().length);
  });

  it('takes plain passwords only in a file that says demo: true', () => {
    const users = [{ name: 'a', password: 'hunter2' }];
    const refused = problemsOf({ users });
    expect(refused).to.contain('demo: true').and.not.contain('hunter2');
    const directory = parseDirectory(JSON.stringify({ demo: true, users }));
    expect(directory.demo).to.equal(true);
    expect([...directory.users.values()][0]?.password).to.deep.equal({ plain: 'hunter2' });
  });

  it('names every problem at once with its place', () => {
    const message = problemsOf({
      domain: [],
      projects: [{ name: 'p' }, { name: 'p' }, { id: 'x' }, { name: 'q', domain: 'none' }, 'r'],
      users: [
        { name: 'a', password_hash: 'hunter2' },
        { name: 'b', password_hash, roles: [{ role: 'admin' }, { role: 'admin', project: 'nope' }] },
        { name: 'c', password_hash, roles: [{ role: 'admin', system: 'some' }], passwd: 1 },
        { name: 'd', password_hash, default_project: 'none' },
        { name: 'e', password_hash, id: 'no good' },
        { name: 'f', password_hash, roles: 'admin' },
      ],
    });
    for (const part of [
      'the file: unknown key "domain"',
      'projects[1]: "p" is there twice',
      'projects[2]: needs a name',
      'projects[3]: there is no domain "none"',
      'projects[4]: must hold keys',
      'users[0]: needs a password_hash',
      'users[1].roles[0]: needs a role and one of',
      'users[1].roles[1]: there is no project "nope"',
      'users[2]: unknown key "passwd"',
      'users[2].roles[0]: system must be all',
      'users[3]: there is no project "none"',
      'users[4]: its id must be',
      'users[5].roles: must be a list',
    ]) {
      expect(message).to.contain(part);
    }
    expect(message).not.to.contain('hunter2');
  });

  it('refuses what is no file of users', () => {
    expect(problemsOf('')).to.contain('must hold');
    expect(problemsOf('[1]')).to.contain('must hold');
    expect(problemsOf('users: [{name: a, password: "hunter2}'))
      .to.contain('not valid YAML')
      .not.contain('hunter2');
    expect(problemsOf('users: &a []\nprojects: *a')).to.contain('aliases');
  });
});

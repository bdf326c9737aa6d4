import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { auditTrail } from '../../api/audit.ts';
import type { AuditEntry } from '../../api/types.ts';
import { useSession } from '../../app/session.tsx';
import { Download } from '../../parts/download.tsx';
import { FilterForm, useFilters } from '../../parts/filter-form.tsx';
import { Outcome } from '../../parts/outcome.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Listing, type RowColumn, Value } from '../../parts/rows.tsx';
import { ServerLink } from '../../parts/server-link.tsx';
import { type Say, useLanguage, useText } from '../../text/text.ts';
import { Changes } from './changes.tsx';
import { subjectOf } from './subject.ts';

const FILE = [
  ...(['id', 'created_at', 'user', 'project', 'server_uuid', 'action', 'outcome'] as const),
  ...(['request_id', 'detail'] as const),
] as const;

/** Who did what, to which server or record, what it was before and is now, and what was refused. */
export function AuditPage() {
  const say = useText();
  const language = useLanguage();
  const { system } = useSession().session;
  const fields = useMemo(() => fieldsOf(say, system), [say, system]);
  const query = useInfiniteQuery(auditTrail(useFilters(fields)));
  return (
    <>
      <PageHead title={say('nav.audit')}>
        <Download name="audit" rows={query.data ?? []} columns={FILE} />
      </PageHead>
      <FilterForm label={say('list.filters')} fields={fields} error={query.error} />
      <Listing
        query={query}
        empty={{ title: say('audit.none'), body: say('audit.none.body') }}
        label={say('nav.audit')}
        keyOf={({ id }) => String(id)}
        columns={columnsOf(say, language, system)}
      />
    </>
  );
}

function fieldsOf(say: Say, system: boolean) {
  return [
    { name: 'server', label: say('audit.server') },
    { name: 'user', label: say('audit.user') },
    ...(system ? [{ name: 'project', label: say('audit.project') }] : []),
    { name: 'action', label: say('audit.action') },
    {
      name: 'outcome',
      label: say('audit.outcome'),
      choices: (['done', 'refused'] as const).map((value) => ({ value, label: say(`outcome.${value}`) })),
    },
    { name: 'since', label: say('audit.since'), time: true },
    { name: 'until', label: say('audit.until'), time: true },
    { name: 'request_id', label: say('audit.request') },
  ];
}

function columnsOf(say: Say, language: string, system: boolean): RowColumn<AuditEntry>[] {
  return [
    { key: 'id', label: '#', cell: ({ id }) => id },
    {
      key: 'when',
      label: say('audit.when'),
      cell: ({ created_at }) =>
        created_at !== null && (
          <time dateTime={created_at} title={created_at} className="k-nowrap">
            {new Date(created_at).toLocaleString(language, { dateStyle: 'short', timeStyle: 'medium' })}
          </time>
        ),
    },
    {
      key: 'user',
      label: say('audit.user'),
      cell: ({ user, project }) => (
        <span className="k-who">
          <Value>{user}</Value>
          {system && project !== null && <Value>{`${say('audit.project')}: ${project}`}</Value>}
        </span>
      ),
    },
    {
      key: 'action',
      label: say('audit.action'),
      cell: (entry) => <Action entry={entry} />,
    },
    { key: 'outcome', label: say('audit.outcome'), cell: ({ outcome }) => <Outcome state={outcome} /> },
    {
      key: 'server',
      label: say('audit.server'),
      cell: ({ server_uuid }) => <ServerLink uuid={server_uuid} />,
    },
    { key: 'detail', label: say('audit.detail'), cell: ({ detail }) => <Changes detail={detail} /> },
    {
      key: 'request',
      label: say('audit.request'),
      cell: ({ request_id }) =>
        request_id !== null && (
          <Link
            to={`/audit?request_id=${encodeURIComponent(request_id)}`}
            className="k-mono k-cell-link k-request"
            title={say('audit.request.same')}
          >
            {request_id}
          </Link>
        ),
    },
  ];
}

function Action({ entry }: { entry: AuditEntry }) {
  const to = subjectOf(entry);
  return to === null ? (
    <span className="k-mono">{entry.action}</span>
  ) : (
    <Link to={to} className="k-mono">
      {entry.action}
    </Link>
  );
}

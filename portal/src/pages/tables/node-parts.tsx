import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/http.ts';
import { useSession } from '../../app/session.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { Rows, Value } from '../../parts/rows.tsx';
import { useText } from '../../text/text.ts';
import { Cell } from './cells.tsx';
import { fieldLabel } from './labels.ts';
import { NODE_PARTS, type NodePartFacts } from './node-part-facts.ts';
import { RecordDialog } from './record-dialog.tsx';
import { RowActions } from './row-actions.tsx';
import { isolated, nameOf, type Row, removeRow } from './rows.ts';
import { TraitsDialog } from './traits-dialog.tsx';
import type { Widget } from './widgets.ts';

/** Of one server there are never more. */
const MOST = '1000';

function partsOf({ path, member, columns }: NodePartFacts, node: string) {
  const query = new URLSearchParams({ node, limit: MOST, fields: ['uuid', ...columns].join(',') });
  return {
    queryKey: ['node-parts', node, path],
    queryFn: async ({ signal }: { signal: AbortSignal }) =>
      (await ask<Record<string, Row[]>>(`${path}?${query}`, { signal }))[member] ?? [],
  };
}

/** Ports, port groups, volumes and traits of a server, to be changed by whoever runs the service. */
export function NodeParts({ node }: { node: string }) {
  const { session } = useSession();
  if (!session.system) return null;
  return (
    <>
      {NODE_PARTS.map((facts) => (
        <NodePart key={facts.name} facts={facts} node={node} />
      ))}
      <Traits node={node} />
    </>
  );
}

function NodePart({ facts, node }: { facts: NodePartFacts; node: string }) {
  const say = useText();
  const client = useQueryClient();
  const [editing, setEditing] = useState<Row | 'new' | null>(null);
  const [leaving, setLeaving] = useState<Row | null>(null);
  const { data, error, refetch } = useQuery(partsOf(facts, node));
  const groups = useGroups(node);
  const again = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: ['node-parts', node] });
    await client.invalidateQueries({ queryKey: ['servers', 'hardware', node] });
  };
  const remove = useMutation({ mutationFn: ({ uuid }: Row) => removeRow(facts, uuid), onSettled: again });
  const title = say(`parts.${facts.name}`);
  return (
    <section className="k-node-part" aria-label={title}>
      <div className="k-head">
        <h2 className="k-subtitle">{title}</h2>
        <Button variant="link" isInline onClick={() => setEditing('new')}>
          {say('table.row.add', { label: title })}
        </Button>
      </div>
      <Refusal title={say('refused')} error={remove.error} />
      {error !== null && <Failure error={error} again={() => void refetch()} />}
      {data?.length === 0 && <p className="k-quiet">{say('table.empty')}</p>}
      {data !== undefined && data.length > 0 && (
        <Rows
          label={title}
          rows={data}
          keyOf={({ uuid }) => uuid}
          columns={[
            ...facts.columns.map((field) => ({
              key: field,
              label: fieldLabel(field, say),
              cell: (row: Row) =>
                field === 'portgroup_uuid' ? (
                  <Value>{groups.get(String(row[field])) ?? null}</Value>
                ) : (
                  <Cell field={field} value={row[field]} />
                ),
            })),
            {
              key: say('column.actions'),
              label: '',
              cell: (row) => (
                <RowActions row={row} edit={() => setEditing(row)} remove={() => setLeaving(row)} />
              ),
            },
          ]}
        />
      )}
      {editing !== null && (
        <RecordDialog
          table={facts}
          kind={title}
          row={editing === 'new' ? null : editing}
          known={{ node_uuid: node }}
          inputs={{ portgroup_uuid: groupChoice(groups) }}
          close={() => setEditing(null)}
          done={() => {
            setEditing(null);
            void again();
          }}
        />
      )}
      {leaving !== null && (
        <Confirm
          title={say('table.delete.of', { name: isolated(nameOf(leaving)) })}
          go={say('table.delete')}
          close={() => setLeaving(null)}
          run={() => remove.mutate(leaving)}
        >
          {say('table.delete.body')}
        </Confirm>
      )}
    </section>
  );
}

/** Names of the port groups of a server by their uuid. */
function useGroups(node: string): ReadonlyMap<string, string> {
  const facts = NODE_PARTS.find(({ name }) => name === 'portgroups') as NodePartFacts;
  const { data } = useQuery(partsOf(facts, node));
  return new Map((data ?? []).map((row) => [row.uuid, nameOf(row)]));
}

function groupChoice(groups: ReadonlyMap<string, string>): Widget {
  return { kind: 'choice', values: [...groups.keys()], labels: groups };
}

function Traits({ node }: { node: string }) {
  const say = useText();
  const [open, setOpen] = useState(false);
  const path = `/v1/nodes/${encodeURIComponent(node)}/traits`;
  const { data } = useQuery({
    queryKey: ['traits', path],
    queryFn: ({ signal }) => ask<{ traits: string[] }>(path, { signal }),
  });
  const title = say('field.traits');
  return (
    <section className="k-node-part" aria-label={title}>
      <div className="k-head">
        <h2 className="k-subtitle">{title}</h2>
        <Button variant="link" isInline onClick={() => setOpen(true)}>
          {say('table.edit.of', { name: title })}
        </Button>
      </div>
      <p>
        <Value>{data?.traits.join(', ')}</Value>
      </p>
      {open && <TraitsDialog path={path} name={title} close={() => setOpen(false)} />}
    </section>
  );
}

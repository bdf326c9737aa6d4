import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import {
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from '@patternfly/react-core/dist/dynamic/components/Modal';
import { Progress } from '@patternfly/react-core/dist/dynamic/components/Progress';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Confirm } from '../../parts/confirm.tsx';
import { useLeaveGuard } from '../../parts/leave-guard.ts';
import { FieldHelp, Refusal } from '../../parts/refusal.tsx';
import { Rows, Value } from '../../parts/rows.tsx';
import { type Say, useText } from '../../text/text.ts';
import { allRows } from './all-rows.ts';
import { type Cable, type LineProblem, type PlanLine, readPlan } from './cable-plan.ts';
import { type LineResult, runPlan } from './import-run.ts';
import { fieldLabel } from './labels.ts';
import type { TableFacts } from './table-facts.ts';

const MOST_BYTES = 5 * 1024 * 1024;
/** Of more lines the first ones are shown, those that need a person before all. */
const SHOWN = 200;
const FIELDS = ['device', 'port', 'switch_name', 'switch_port', 'note'] as const;

interface Props {
  table: TableFacts;
  close: () => void;
  /** Something was changed. */
  changed: () => void;
}

/** Brings the cabling plan in as a file: shows what each line would do, then does it line by line, with what came of each. */
export function ImportDialog({ table, close, changed }: Props) {
  const say = useText();
  const [plan, setPlan] = useState<PlanLine[]>([]);
  const [results, setResults] = useState<ReadonlyMap<number, LineResult>>(new Map());
  const over = useRef<AbortController | null>(null);
  useEffect(() => () => over.current?.abort(), []);
  const read = useMutation({
    mutationFn: async (file: File) => {
      if (file.size > MOST_BYTES) throw new Error(say('import.large'));
      const cables = (await allRows(table, {})) as unknown as Cable[];
      return readPlan(await file.text(), cables);
    },
    onMutate: () => {
      setPlan([]);
      setResults(new Map());
    },
    onSuccess: setPlan,
  });
  const run = useMutation({
    mutationFn: async () => {
      over.current = new AbortController();
      const tell = (line: number, result: LineResult) => setResults((now) => new Map(now).set(line, result));
      await runPlan(table, open, tell, over.current.signal);
    },
    onSettled: changed,
  });
  const open = plan.filter(
    ({ line, problem, does }) =>
      problem === null && does !== 'nothing' && results.get(line)?.state !== 'done',
  );
  const wrong = plan.filter(({ problem }) => problem !== null).length;
  const count = (does: PlanLine['does']) =>
    plan.filter((one) => one.problem === null && one.does === does).length;
  const work = count('make') + count('change');
  const done = [...results.values()].filter(({ state }) => state === 'done').length;
  const guard = useLeaveGuard(run.isPending, close);
  return (
    <>
      <Modal isOpen variant="large" onClose={guard.leave} aria-labelledby="import-title">
        <ModalHeader title={say('import.title')} labelId="import-title" description={say('import.format')} />
        <ModalBody>
          <Refusal title={say('refused')} error={read.error ?? run.error} />
          <FormGroup label={say('import.file')} fieldId="import-file">
            <input
              id="import-file"
              type="file"
              accept=".csv,.txt,text/csv,text/plain"
              className="k-file"
              disabled={run.isPending}
              onChange={({ currentTarget }) => {
                const [file] = currentTarget.files ?? [];
                if (file !== undefined) read.mutate(file);
              }}
            />
            <FieldHelp id="import-file-help" help={say('import.help')} />
          </FormGroup>
          {plan.length > 0 && (
            <>
              <p className="k-gap" aria-live="polite">
                {say('import.summary', {
                  ...{ all: plan.length, make: count('make'), change: count('change') },
                  ...{ nothing: count('nothing'), wrong },
                })}
              </p>
              {results.size > 0 && (
                <Progress
                  className="k-gap"
                  aria-label={say('import.title')}
                  value={done}
                  max={work}
                  measureLocation="outside"
                  label={`${done} / ${work}`}
                  valueText={`${done} / ${work}`}
                />
              )}
              <Preview plan={plan} results={results} say={say} />
            </>
          )}
          {read.data?.length === 0 && <p className="k-gap">{say('import.empty')}</p>}
        </ModalBody>
        <ModalFooter>
          <Button
            isDisabled={open.length === 0 || run.isPending}
            isLoading={run.isPending || read.isPending}
            onClick={() => run.mutate()}
          >
            {say(results.size === 0 ? 'import.go' : 'import.again', { count: open.length })}
          </Button>
          <Button variant="link" onClick={guard.leave}>
            {say('close')}
          </Button>
        </ModalFooter>
      </Modal>
      {guard.asking && (
        <Confirm title={say('import.leave')} go={say('import.leave.go')} close={guard.stay} run={guard.go}>
          {say('import.leave.body')}
        </Confirm>
      )}
    </>
  );
}

/** Lines that need a person first. */
function weight({ problem, does }: PlanLine, result: LineResult | undefined): number {
  if (result?.state === 'failed') return 0;
  if (problem !== null) return 1;
  return does === 'nothing' ? 3 : 2;
}

function Preview({
  plan,
  results,
  say,
}: {
  plan: readonly PlanLine[];
  results: ReadonlyMap<number, LineResult>;
  say: Say;
}) {
  const sorted = plan.toSorted(
    (one, other) => weight(one, results.get(one.line)) - weight(other, results.get(other.line)),
  );
  return (
    <>
      <Rows
        label={say('import.lines')}
        keyOf={({ line }) => String(line)}
        rows={sorted.slice(0, SHOWN)}
        columns={[
          { key: 'line', label: say('import.line'), cell: ({ line }) => line },
          ...FIELDS.map((field) => ({
            key: field,
            label: fieldLabel(field, say),
            cell: ({ values }: PlanLine) => <Value>{values[field]}</Value>,
          })),
          {
            key: 'does',
            label: say('import.does'),
            cell: (one) => <Doing one={one} result={results.get(one.line)} say={say} />,
          },
        ]}
      />
      {sorted.length > SHOWN && (
        <p className="k-quiet">{say('import.more', { count: sorted.length - SHOWN })}</p>
      )}
    </>
  );
}

function Doing({ one, result, say }: { one: PlanLine; result: LineResult | undefined; say: Say }) {
  if (result?.state === 'failed')
    return <span className="k-outcome k-outcome-failed k-import-why">{result.why}</span>;
  if (result?.state === 'done')
    return <span className="k-outcome k-outcome-done">{say(`import.done.${result.did}`)}</span>;
  if (one.problem !== null)
    return <span className="k-outcome k-outcome-failed k-import-why">{problemText(one.problem, say)}</span>;
  return say(`import.does.${one.does}`);
}

function problemText(problem: LineProblem, say: Say): string {
  if (problem.code === 'columns') return say('import.problem.columns', { count: problem.count });
  if (problem.code === 'twice') return say('import.problem.twice', { other: problem.other });
  if (problem.code === 'quotes') return say('import.problem.quotes');
  return say(`import.problem.${problem.code}`, { field: fieldLabel(problem.field, say) });
}
